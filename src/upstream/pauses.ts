import type { Presence } from '../values/departure.js';
import { Fault } from './fault.js';
import type { RateBudget } from './http.js';
import { PATIENCE_MS } from './retry.js';
import { monotonicNow } from '../values/clock.js';
import { sleep } from '../values/sleep.js';

/** No pause lasts longer, whatever an upstream asks for: its clock or its mind may change. */
const LONGEST_PAUSE_MS = 60_000;
const FINGERPRINT_LIMIT = 10_000;
const LANES_PER_FINGERPRINT = 32;

/** How long the first call in a lane may keep the others waiting for what its answer says about the budget. */
const SCOUT_MS = 1_000;

/** Resets that lie closer together are one: some services tell them in seconds from now. */
const SAME_RESET_MS = 2_000;

interface Lane {
  /** As the last answer told it, less what has been sent since. */
  budget: RateBudget | undefined;
  pausedUntil: number;
  /** Calls that have been let in and have not been answered. */
  inFlight: number;
  /** Settles with the first call in this lane; undefined before it was sent, null afterwards. */
  scout: Promise<void> | undefined | null;
}

/** A call's place in a lane. */
export interface Place {
  /** Gives it up; what was not sent is not spent. */
  leave(sent: boolean): void;
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
    const ofLane = lane === undefined ? undefined : credential.lanes.get(lane);
    const spent = ofLane?.budget && ofLane.budget.remaining <= 0 ? ofLane.budget.resetAt : 0;
    const until = Math.max(credential.pausedUntil, ofLane?.pausedUntil ?? 0, spent);
    return until > now ? until : 0;
  }

  /** Of all budgets that hold, the one with the least left. */
  tightest(now: number): RateBudget | undefined {
    let least: RateBudget | undefined;
    for (const { lanes } of this.credentials.values())
      for (const lane of lanes.values()) {
        const budget = budgetOf(lane, now);
        if (budget && (least === undefined || budget.remaining < least.remaining)) least = budget;
      }
    return least;
  }

  budget(fingerprint: string, lane: string, now: number): RateBudget | undefined {
    const entry = this.credentials.get(fingerprint)?.lanes.get(lane);
    return entry && budgetOf(entry, now);
  }

  /**
   * Lets a call into a lane: its budget is spent before the call leaves, so that calls which leave together do not overrun it.
   * The first one goes alone, and its answer tells the budget. Waits for a pause to end when that is soon and inside the
   * deadline, else rejects with a `rate_limited` Fault.
   */
  async enter(
    fingerprint: string,
    lane: string,
    deadline: number,
    signal: Presence | undefined,
    patience = PATIENCE_MS,
  ): Promise<Place> {
    for (;;) {
      if (this.until(fingerprint, lane, monotonicNow()) > 0) {
        await this.sitOut(fingerprint, lane, deadline, signal, patience);
        continue;
      }
      const entry = this.lane(fingerprint, lane);
      if (!entry.scout) return takePlace(entry);
      await Promise.race([entry.scout, sleep(Math.min(SCOUT_MS, Math.max(0, deadline - monotonicNow())), signal)]);
      entry.scout = null;
    }
  }

  /** Takes down the rate headers of any answer in a lane; an empty budget pauses the lane until it is full again. */
  note(fingerprint: string, lane: string, headers: Readonly<Record<string, string>>, now: number): void {
    const remaining = count(headers['x-ratelimit-remaining']);
    const resetAt = rateReset(headers, now);
    if (remaining === undefined || resetAt === undefined) return;
    const entry = this.lane(fingerprint, lane);
    const known = entry.budget;
    const sameWindow = known !== undefined && Math.abs(known.resetAt - resetAt) < SAME_RESET_MS;
    // Answers overtake each other, so within one window what is left only shrinks. Of a new one the service may not have
    // counted yet what is under way beside this answer.
    const left = sameWindow ? Math.min(known.remaining, remaining) : remaining - Math.max(0, entry.inFlight - 1);
    entry.budget = { remaining: Math.max(0, left), limit: count(headers['x-ratelimit-limit']), resetAt };
    // Never shortened by a later answer: several machines behind one address count each for itself.
    if (remaining <= 0) entry.pausedUntil = Math.max(entry.pausedUntil, resetAt);
  }

  /**
   * Takes down a 429 and returns how long it asks to wait, if it says. It speaks of the lane that it came in, and of the whole
   * credential when it came in none.
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
    const entry = lane === undefined ? this.credential(fingerprint) : this.lane(fingerprint, lane);
    entry.pausedUntil = Math.max(entry.pausedUntil, now + Math.min(wait, LONGEST_PAUSE_MS));
    return wait;
  }

  /** Waits until the pause is over when that is soon and inside the deadline, else rejects with a `rate_limited` Fault. */
  async sitOut(
    fingerprint: string,
    lane: string | undefined,
    deadline: number,
    signal: Presence | undefined,
    patience = PATIENCE_MS,
  ): Promise<void> {
    for (;;) {
      const now = monotonicNow();
      const until = this.until(fingerprint, lane, now);
      if (until === 0) return;
      const retryAfterMs = until - now;
      if (retryAfterMs > patience || until >= deadline) throw new Fault('rate_limited', 'unsent', { retryAfterMs });
      await sleep(retryAfterMs, signal);
    }
  }

  private lane(fingerprint: string, name: string): Lane {
    const { lanes } = this.credential(fingerprint);
    let lane = lanes.get(name);
    if (!lane) {
      dropOldest(lanes, LANES_PER_FINGERPRINT);
      lanes.set(name, (lane = { budget: undefined, pausedUntil: 0, inFlight: 0, scout: undefined }));
    }
    return lane;
  }

  private credential(fingerprint: string): Credential {
    let credential = this.credentials.get(fingerprint);
    if (!credential) {
      dropOldest(this.credentials, FINGERPRINT_LIMIT);
      this.credentials.set(fingerprint, (credential = { pausedUntil: 0, lanes: new Map() }));
    }
    return credential;
  }
}

/** The budget while it holds; a full one again once it has been reset, as far as it is known how much that is. */
function budgetOf({ budget }: Lane, now: number): RateBudget | undefined {
  if (!budget || budget.resetAt > now) return budget;
  return budget.limit === undefined
    ? undefined
    : { remaining: budget.limit, limit: budget.limit, resetAt: now + LONGEST_PAUSE_MS };
}

function takePlace(lane: Lane): Place {
  const now = monotonicNow();
  const budget = budgetOf(lane, now);
  lane.budget = budget && { ...budget, remaining: budget.remaining - 1 };
  lane.inFlight += 1;
  let arrive = (): void => {};
  if (lane.scout === undefined) {
    lane.scout = new Promise((resolve) => {
      arrive = resolve;
    });
  }
  return {
    leave(sent) {
      lane.inFlight -= 1;
      if (!sent && lane.budget) lane.budget = { ...lane.budget, remaining: lane.budget.remaining + 1 };
      arrive();
    },
  };
}

/** The wait that `Retry-After` asks for, as seconds or as a date; undefined when absent, unreadable or not in the future. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, date = Date.now()): number | undefined {
  const value = headers['retry-after']?.trim();
  if (!value) return undefined;
  const wait = NUMBER.test(value) ? Number(value) * 1000 : Date.parse(value) - date;
  // A day is long enough for a number that clients are told.
  return wait > 0 ? Math.min(Math.ceil(wait), 86_400_000) : undefined;
}

const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** When the reset is, on the clock of `now`: said in epoch seconds or in seconds from now, at most a minute ahead. */
function rateReset(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const value = count(headers['x-ratelimit-reset']);
  if (value === undefined || value <= 0) return undefined;
  const at = now + value * 1000 - (value > 1e9 ? Date.now() : 0);
  return at > now ? Math.min(at, now + LONGEST_PAUSE_MS) : undefined;
}

function count(value: string | undefined): number | undefined {
  return value !== undefined && NUMBER.test(value.trim()) ? Number(value) : undefined;
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  if (map.size < limit) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
