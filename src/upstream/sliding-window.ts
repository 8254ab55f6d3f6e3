/** What an attempt that says something says: `server_error` is a 500, which some upstreams give for one odd request alone. */
export type Said = 'good' | 'bad' | 'server_error';

const BUCKET_COUNT = 10;
/** This many distinct subjects must see a 500 before 500s count. */
const DISTINCT_SUBJECTS = 3;

interface Bucket {
  readonly slot: number;
  total: number;
  bad: number;
  serverErrors: number;
  /** Subjects that saw a 500; never more than matter. */
  readonly subjects: Set<string>;
}

/** What attempts said in the last while, in slots of a tenth of it. */
export class SlidingWindow {
  private buckets: Bucket[] = [];

  constructor(private readonly windowMs: number) {}

  /** The subject tells 500s about one thing from 500s about many. */
  record(said: Said, subject: string, now: number): void {
    const bucket = this.bucketAt(now);
    bucket.total += 1;
    if (said === 'bad') bucket.bad += 1;
    if (said !== 'server_error') return;
    bucket.serverErrors += 1;
    if (bucket.subjects.size < DISTINCT_SUBJECTS) bucket.subjects.add(subject);
  }

  clear(): void {
    this.buckets = [];
  }

  total(now: number): number {
    this.forget(this.slotAt(now));
    return this.buckets.reduce((sum, { total }) => sum + total, 0);
  }

  /** Whether at least half of enough attempts failed. */
  sick(enough: number, now: number): boolean {
    this.forget(this.slotAt(now));
    let total = 0;
    let bad = 0;
    let serverErrors = 0;
    for (const bucket of this.buckets) {
      total += bucket.total;
      bad += bucket.bad;
      serverErrors += bucket.serverErrors;
    }
    if (total < enough) return false;
    if (bad * 2 >= total) return true;
    return (bad + serverErrors) * 2 >= total && this.manySubjects(now);
  }

  /** Whether enough different objects met a 500 to take it for the upstream's state. */
  manySubjects(now: number): boolean {
    this.forget(this.slotAt(now));
    const subjects = new Set<string>();
    for (const bucket of this.buckets) for (const subject of bucket.subjects) subjects.add(subject);
    return subjects.size >= DISTINCT_SUBJECTS;
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
    return Math.floor(now / (this.windowMs / BUCKET_COUNT));
  }

  /** Drops what is older than the window, and whatever a clock that was set back left in the future. */
  private forget(slot: number): void {
    this.buckets = this.buckets.filter((bucket) => bucket.slot > slot - BUCKET_COUNT && bucket.slot <= slot);
  }
}
