import { Fault } from './fault.js';
import type { RateBudget } from './http.js';
import { patienceMs } from './retry.js';
import { monotonicNow } from '../values/clock.js';
import { sleep } from './sleep.js';

/** No pause lasts longer, whatever an upstream asks for: its clock or its mind may change. */
const longestPauseMs = 60_000;
const fingerprintLimit = 10_000;
const lanesPerFingerprint = 32;

interface Lane {
  budget: RateBudget | undefined;
  pausedUntil: number;
}

interface Credential {
  pausedUntil: number;
  readonly lanes: Map<string, Lane>;
}

/** What one upstream said about the rates of each credential: pauses after a refusal, and budgets of its lanes. */
export class Pauses {
  private readonly credentials = new Map<string, Credential>();

  /** Until when (monotonic clock) this credential, and this lane of it, should rest; 0 when free. */
  until(fingerprint: string, lane: string | undefined, now: number): number {
    const credential = this.credentials.get(fingerprint);
    if (!credential) return 0;
    const ofLane = lane === undefined ? 0 : (credential.lanes.get(lane)?.pausedUntil ?? 0);
    const until = Math.max(credential.pausedUntil, ofLane);
    return until > now ? until : 0;
  }

  budget(fingerprint: string, lane: string, now: number): RateBudget | undefined {
    const budget = this.credentials.get(fingerprint)?.lanes.get(lane)?.budget;
    return budget && budget.resetAt > now ? budget : undefined;
  }

  /** Takes down the rate headers of any answer in a lane; an empty budget pauses the lane until it is full again. */
  note(fingerprint: string, lane: string, headers: Readonly<Record<string, string>>, now: number): void {
    const remaining = count(headers['x-ratelimit-remaining']);
    const resetAt = rateReset(headers, now);
    if (remaining === undefined || resetAt === undefined) return;
    const entry = this.lane(fingerprint, lane);
    entry.budget = { remaining: Math.max(0, remaining), resetAt };
    // Never shortened by a later answer: several machines behind one address count each for itself.
    if (remaining <= 0) entry.pausedUntil = Math.max(entry.pausedUntil, resetAt);
  }

  /**
   * Takes down a 429 and returns how long it asks to wait, if it says. `Retry-After` speaks of the whole credential, a
   * rate reset of the lane it came in.
   */
  refused(
    fingerprint: string,
    lane: string | undefined,
    headers: Readonly<Record<string, string>>,
    now: number,
  ): number | undefined {
    const retryAfter = retryAfterMs(headers);
    const resetAt = rateReset(headers, now);
    const wait = retryAfter ?? (resetAt === undefined ? undefined : resetAt - now);
    if (wait === undefined) return undefined;
    const entry =
      retryAfter === undefined && lane !== undefined ? this.lane(fingerprint, lane) : this.credential(fingerprint);
    entry.pausedUntil = Math.max(entry.pausedUntil, now + Math.min(wait, longestPauseMs));
    return wait;
  }

  /** Waits until the pause is over when that is soon and inside the deadline, else rejects with a `rate_limited` Fault. */
  async sitOut(
    fingerprint: string,
    lane: string | undefined,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (;;) {
      const now = monotonicNow();
      const until = this.until(fingerprint, lane, now);
      if (until === 0) return;
      const retryAfterMs = until - now;
      if (retryAfterMs > patienceMs || until >= deadline) throw new Fault('rate_limited', 'unsent', { retryAfterMs });
      await sleep(retryAfterMs, signal);
    }
  }

  private lane(fingerprint: string, name: string): Lane {
    const { lanes } = this.credential(fingerprint);
    let lane = lanes.get(name);
    if (!lane) {
      dropOldest(lanes, lanesPerFingerprint);
      lanes.set(name, (lane = { budget: undefined, pausedUntil: 0 }));
    }
    return lane;
  }

  private credential(fingerprint: string): Credential {
    let credential = this.credentials.get(fingerprint);
    if (!credential) {
      dropOldest(this.credentials, fingerprintLimit);
      this.credentials.set(fingerprint, (credential = { pausedUntil: 0, lanes: new Map() }));
    }
    return credential;
  }
}

/** The wait that `Retry-After` asks for, as seconds or as a date; undefined when absent, unreadable or not in the future. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, date = Date.now()): number | undefined {
  const value = headers['retry-after']?.trim();
  if (!value) return undefined;
  const wait = number.test(value) ? Number(value) * 1000 : Date.parse(value) - date;
  // A day is long enough for a number that clients are told.
  return wait > 0 ? Math.min(Math.ceil(wait), 86_400_000) : undefined;
}

const number = /^[+-]?\d+(\.\d+)?$/;

/** When the reset is, on the clock of `now`: said in epoch seconds or in seconds from now, at most a minute ahead. */
function rateReset(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const value = count(headers['x-ratelimit-reset']);
  if (value === undefined || value <= 0) return undefined;
  const at = now + value * 1000 - (value > 1e9 ? Date.now() : 0);
  return at > now ? Math.min(at, now + longestPauseMs) : undefined;
}

function count(value: string | undefined): number | undefined {
  return value !== undefined && number.test(value.trim()) ? Number(value) : undefined;
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  if (map.size < limit) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
