import type { CircuitState, HttpSettings } from './http.js';

/**
 * What an attempt says about the health of an upstream. `server_error` is a 500, which some upstreams give for one odd id
 * alone; `neutral` says nothing (the client left, the caller was refused).
 */
export type Verdict = 'good' | 'bad' | 'server_error' | 'neutral';

type Circuit = CircuitState['circuit'];
type BreakerSettings = Pick<HttpSettings, 'breakerWindowMs' | 'breakerMinRequests' | 'breakerSleepMs'>;

const bucketCount = 10;
/** This many distinct subjects must see a 500 before 500s count. */
const distinctSubjects = 3;

interface Bucket {
  readonly slot: number;
  total: number;
  bad: number;
  serverErrors: number;
  /** Subjects that saw a 500; never more than matter. */
  readonly subjects: Set<string>;
}

/**
 * A circuit breaker over a sliding window: at least half of enough attempts bad opens it, then one probe at a time finds
 * out whether to close it. Attempts that say nothing neither open it nor settle a probe, and nobody waits for a probe.
 */
export class Breaker {
  private buckets: Bucket[] = [];
  private state: Circuit = 'CLOSED';
  private openUntil = 0;
  private probing = false;
  /** Changes with the state, so that attempts begun before do not speak about what came after. */
  private era = 0;
  private anonymous = 0;

  constructor(private readonly settings: BreakerSettings, private readonly onChange: (circuit: Circuit) => void) {}

  circuit(now: number): Circuit {
    return this.state === 'OPEN' && now >= this.openUntil ? 'HALF_OPEN' : this.state;
  }

  /** Whether an attempt would be turned away now. */
  refuses(now: number): boolean {
    if (this.state === 'CLOSED') return false;
    return this.probing || now < this.openUntil;
  }

  /** Lets an attempt through: the pass for `leave`, or undefined when the circuit is open. */
  enter(now: number): number | undefined {
    if (this.refuses(now)) return undefined;
    if (this.state !== 'CLOSED') {
      if (this.state === 'OPEN') this.change('HALF_OPEN');
      this.probing = true;
    }
    return this.era;
  }

  /** Must follow every `enter`. The subject tells 500s about one object from 500s about many. */
  leave(pass: number, verdict: Verdict, subject: string | undefined, now: number): void {
    if (pass !== this.era) return;
    if (verdict !== 'neutral') this.record(verdict, subject, now);
    if (this.state === 'HALF_OPEN') this.settleProbe(verdict, now);
    else if (verdict !== 'good' && verdict !== 'neutral' && this.sick(now)) this.open(now);
  }

  private settleProbe(verdict: Verdict, now: number): void {
    this.probing = false;
    if (verdict === 'good') {
      this.buckets = [];
      this.change('CLOSED');
    } else if (verdict === 'bad' || (verdict === 'server_error' && this.manySubjects(now))) {
      this.open(now);
    }
  }

  private open(now: number): void {
    this.openUntil = now + this.settings.breakerSleepMs;
    this.change('OPEN');
  }

  private change(state: Circuit): void {
    this.state = state;
    this.era += 1;
    this.onChange(state);
  }

  private record(verdict: Exclude<Verdict, 'neutral'>, subject: string | undefined, now: number): void {
    const bucket = this.bucketAt(now);
    bucket.total += 1;
    if (verdict === 'bad') bucket.bad += 1;
    if (verdict !== 'server_error') return;
    bucket.serverErrors += 1;
    if (bucket.subjects.size < distinctSubjects) bucket.subjects.add(subject === undefined ? `#${++this.anonymous}` : `=${subject}`);
  }

  private bucketAt(now: number): Bucket {
    const slot = this.slotAt(now);
    const last = this.buckets.at(-1);
    if (last && last.slot === slot) return last;
    this.forget(slot);
    const bucket: Bucket = { slot, total: 0, bad: 0, serverErrors: 0, subjects: new Set() };
    this.buckets.push(bucket);
    return bucket;
  }

  private slotAt(now: number): number {
    return Math.floor(now / (this.settings.breakerWindowMs / bucketCount));
  }

  /** Drops what is older than the window, and whatever a clock that was set back left in the future. */
  private forget(slot: number): void {
    this.buckets = this.buckets.filter((bucket) => bucket.slot > slot - bucketCount && bucket.slot <= slot);
  }

  private sick(now: number): boolean {
    this.forget(this.slotAt(now));
    let total = 0;
    let bad = 0;
    let serverErrors = 0;
    for (const bucket of this.buckets) {
      total += bucket.total;
      bad += bucket.bad;
      serverErrors += bucket.serverErrors;
    }
    if (total < this.settings.breakerMinRequests) return false;
    if (bad * 2 >= total) return true;
    return (bad + serverErrors) * 2 >= total && this.manySubjects(now);
  }

  private manySubjects(now: number): boolean {
    this.forget(this.slotAt(now));
    const subjects = new Set<string>();
    for (const bucket of this.buckets) for (const subject of bucket.subjects) subjects.add(subject);
    return subjects.size >= distinctSubjects;
  }
}
