import { monotonicNow } from './clock.js';

/** Upstreams blink: one answer that an object is missing is none. So many looks in a row have to say so… */
const LOOKS = 3;
/** …and so long a time has to lie between the first and the last of them, in milliseconds. */
const SPAN_MS = 10_000;

/** Tells when an object that was seen before is gone for certain. */
export class Absences {
  private readonly missed = new Map<string, { readonly since: number; looks: number }>();

  constructor(private readonly now: () => number = monotonicNow) {}

  /** A look that did not find it; true once enough of them say so, and then it is forgotten here. */
  missing(id: string): boolean {
    const now = this.now();
    const miss = this.missed.get(id) ?? { since: now, looks: 0 };
    miss.looks += 1;
    const gone = miss.looks >= LOOKS && now - miss.since >= SPAN_MS;
    if (gone) this.missed.delete(id);
    else this.missed.set(id, miss);
    return gone;
  }

  /** A look that found it. */
  found(id: string): void {
    this.missed.delete(id);
  }
}
