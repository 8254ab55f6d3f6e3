import { UpstreamError } from '../errors.js';
import { Fault, TlsFault } from './fault.js';

const firstBackoffMs = 100;
const longestBackoffMs = 2000;
/** How far beyond the backoff an upstream's own wish to wait is followed. */
export const patienceMs = 5000;

const bucketSize = 500;
const retryCost = 5;
const timeoutRetryCost = 10;
const slotMs = 1000;
/** One more than the ten seconds of the rule, so that a window that starts inside a slot is covered whole. */
const slotCount = 11;
const ratioApplies = 100;
/** More calls under way at once than this are a crowd: it will pass the hundred before its retries are over. */
const crowd = 10;

/**
 * Keeps retries of one upstream from becoming the load that holds it down: a bucket that successes fill slowly, and a
 * tenth of the requests of the last ten seconds once there are enough of them to tell.
 */
export class RetryBudget {
  private tokens = bucketSize;
  private underWay = 0;
  private slots: { readonly slot: number; requests: number; retries: number }[] = [];

  request(now: number): void {
    this.slotAt(now).requests += 1;
    this.underWay += 1;
  }

  /** Must follow every request, when its last attempt is over. */
  ended(): void {
    this.underWay -= 1;
  }

  success(): void {
    if (this.tokens < bucketSize) this.tokens += 1;
  }

  /** Takes what a retry costs; false when it cannot be afforded. */
  take(timeout: boolean, now: number): boolean {
    const cost = timeout ? timeoutRetryCost : retryCost;
    if (this.tokens < cost) return false;
    const current = this.slotAt(now);
    let requests = 0;
    let retries = 0;
    for (const slot of this.slots) {
      requests += slot.requests;
      retries += slot.retries;
    }
    const counted = requests >= ratioApplies || this.underWay > crowd;
    if (counted && (retries + 1) * 10 > Math.max(requests, ratioApplies)) return false;
    this.tokens -= cost;
    current.retries += 1;
    return true;
  }

  private slotAt(now: number) {
    const slot = Math.floor(now / slotMs);
    const last = this.slots.at(-1);
    if (last && last.slot === slot) return last;
    this.slots = this.slots.filter((old) => old.slot > slot - slotCount && old.slot < slot);
    const fresh = { slot, requests: 0, retries: 0 };
    this.slots.push(fresh);
    return fresh;
  }
}

/** A failed attempt, with what the upstream answered if it did. */
export interface Failure {
  readonly thrown: unknown;
  readonly status: number | undefined;
  /** The wait asked for by a 429 or 503. */
  readonly askedWaitMs: number | undefined;
}

/** The retries of one call: whether another attempt is due after a failure, and when. Made at the first failure. */
export class RetryPlan {
  private sent = 0;
  private resends = 0;
  private timeouts = 0;
  private serverErrors = 0;

  constructor(
    private readonly call: { readonly effect: 'read' | 'write'; readonly retries: number },
    private readonly deadline: number,
    private readonly budget: RetryBudget,
    private readonly random: () => number,
  ) {}

  /** Milliseconds to wait before the next attempt, undefined when there is none. */
  next(failure: Failure, now: number): number | undefined {
    if (!this.mayResend(failure)) return undefined;
    const backoff = this.random() * Math.min(longestBackoffMs, firstBackoffMs * 2 ** (this.sent + this.resends));
    const asked = failure.askedWaitMs ?? 0;
    const wait = Math.max(backoff, asked);
    if (wait > backoff + patienceMs || now + wait >= this.deadline) return undefined;
    const timeout = failure.thrown instanceof Fault && failure.thrown.kind === 'timeout';
    if (!this.budget.take(timeout, now)) return undefined;
    this.count(failure, timeout);
    return wait;
  }

  private mayResend({ thrown, status }: Failure): boolean {
    const repeats = this.sent + this.resends;
    if (thrown instanceof Fault) {
      if (thrown instanceof TlsFault) return false;
      const lost = thrown.kind === 'unavailable' || thrown.kind === 'timeout';
      if (thrown.delivery === 'unsent') return lost && this.resends === 0 && repeats < Math.max(1, this.call.retries);
      if (repeats >= this.call.retries) return false;
      if (thrown.kind === 'timeout') return this.timeouts === 0;
      return lost || thrown.extras.reason === 'truncated';
    }
    if (!(thrown instanceof UpstreamError) || status === undefined || repeats >= this.call.retries) return false;
    if (status === 429) return this.call.effect === 'read';
    if (status === 500) return this.serverErrors === 0;
    return status > 500;
  }

  private count({ thrown, status }: Failure, timeout: boolean): void {
    if (thrown instanceof Fault && thrown.delivery === 'unsent') this.resends += 1;
    else this.sent += 1;
    if (timeout) this.timeouts += 1;
    if (status === 500) this.serverErrors += 1;
  }
}
