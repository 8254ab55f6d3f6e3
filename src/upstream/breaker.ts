import type { CircuitState, HttpSettings } from './http.js';
import { SlidingWindow, type Said } from './sliding-window.js';

/** What an attempt says about the health of an upstream; `neutral` says nothing (the client left, the caller was refused). */
export type Verdict = Said | 'neutral';

type Circuit = CircuitState['circuit'];
type BreakerSettings = Pick<HttpSettings, 'breakerWindowMs' | 'breakerMinRequests' | 'breakerSleepMs'>;

/**
 * A circuit breaker over a sliding window: at least half of enough attempts bad opens it, then one probe at a time finds
 * out whether to close it. Failures in a row, with nothing good between them, are a window of their own, so that an upstream
 * that dies is not measured against how well it did just before. Attempts that say nothing neither open it nor settle a
 * probe, and nobody waits for a probe.
 */
export class Breaker {
  private readonly recent: SlidingWindow;
  /** What came after the last good end. */
  private readonly run: SlidingWindow;
  private runLength = 0;
  private state: Circuit = 'CLOSED';
  private openUntil = 0;
  private probing = false;
  private probedAt = 0;
  /** Changes with the state, so that attempts begun before do not speak about what came after. */
  private era = 0;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly onChange: (circuit: Circuit) => void,
  ) {
    this.recent = new SlidingWindow(settings.breakerWindowMs);
    this.run = new SlidingWindow(settings.breakerWindowMs);
  }

  circuit(now: number): Circuit {
    return this.state === 'OPEN' && now >= this.openUntil ? 'HALF_OPEN' : this.state;
  }

  /** Whether an attempt would be turned away now. */
  refuses(now: number): boolean {
    if (this.state === 'CLOSED') return false;
    return this.probing || now < this.openUntil;
  }

  get closed(): boolean {
    return this.state === 'CLOSED';
  }

  /** Failures since the last good end that count still. */
  recentFailures(now: number): number {
    return this.runLength === 0 ? 0 : this.run.total(now);
  }

  /** Lets an attempt through: the pass for `leave`, or undefined when the circuit is open. */
  enter(now: number): number | undefined {
    if (this.state === 'CLOSED') return this.era;
    if (this.refuses(now)) return undefined;
    if (this.state === 'OPEN') this.change('HALF_OPEN');
    this.probing = true;
    this.probedAt = now;
    return this.era;
  }

  /** Must follow every `enter`. The subject tells 500s about one thing from 500s about many. */
  leave(pass: number, verdict: Verdict, subject: string, now: number): void {
    if (pass !== this.era) return;
    if (verdict !== 'neutral') this.record(verdict, subject, now);
    if (this.state === 'HALF_OPEN') this.settleProbe(verdict, now);
    else if (verdict !== 'good' && verdict !== 'neutral' && this.sick(now)) this.open(now);
  }

  /** What an attempt that did not pass here says of the host as a whole: that nobody can connect to it. */
  note(now: number): void {
    if (this.state !== 'CLOSED') return;
    this.record('bad', '', now);
    if (this.sick(now)) this.open(now);
  }

  private record(said: Said, subject: string, now: number): void {
    this.recent.record(said, subject, now);
    if (said !== 'good') {
      this.runLength += 1;
      this.run.record(said, subject, now);
    } else if (this.runLength > 0) this.endRun();
  }

  private endRun(): void {
    this.runLength = 0;
    this.run.clear();
  }

  private sick(now: number): boolean {
    const { breakerMinRequests } = this.settings;
    return (
      this.recent.sick(breakerMinRequests, now) ||
      (this.runLength >= breakerMinRequests && this.run.sick(breakerMinRequests, now))
    );
  }

  private settleProbe(verdict: Verdict, now: number): void {
    this.probing = false;
    if (verdict === 'good') {
      this.recent.clear();
      this.change('CLOSED');
    } else if (verdict === 'bad' || (verdict === 'server_error' && this.recent.manySubjects(now))) {
      // The sleep counts from when it left: an upstream that is back is found no later for a probe that hung on to its deadline.
      this.open(this.probedAt);
    }
  }

  private open(from: number): void {
    this.openUntil = from + this.settings.breakerSleepMs;
    this.endRun();
    this.change('OPEN');
  }

  private change(state: Circuit): void {
    this.state = state;
    this.era += 1;
    this.onChange(state);
  }
}
