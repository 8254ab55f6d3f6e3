import { UpstreamError } from '../errors.js';
import { Fault, TlsFault } from './fault.js';

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2000;
/** How far beyond the backoff an upstream's own wish to wait is followed. */
export const PATIENCE_MS = 5000;

const BUCKET_SIZE = 500;
const RETRY_COST = 5;
const TIMEOUT_RETRY_COST = 10;
/** The ten seconds of the rule, and a little for what goes out apart and arrives closer together. */
const WINDOW_MS = 10_500;
/** In each window so many retries are free: a tenth of the requests from which on the rule holds. */
const FREE_RETRIES = 10;

/** A retry that went out. */
interface Repeated {
  readonly at: number;
  /** Requests that had gone out before it. */
  readonly asked: number;
}

/**
 * Keeps retries of one upstream from becoming the load that holds it down: a bucket that successes fill slowly, and at most
 * a tenth of the requests in whichever ten seconds hold a hundred of them. Every suffix of the window is checked, because any
 * of them may begin a ten-second span.
 */
export class RetryBudget {
  private tokens = BUCKET_SIZE;
  private requests = 0;
  private granted = 0;
  /** The retries of the last window, oldest first. */
  private repeats: Repeated[] = [];

  /** A request goes out for the first time. */
  asked(): void {
    this.requests += 1;
  }

  success(): void {
    if (this.tokens < BUCKET_SIZE) this.tokens += 1;
  }

  /** Takes what a retry costs; false when it cannot be afforded. `repeated` or `waived` must follow a grant. */
  take(timeout: boolean, now: number): boolean {
    const cost = timeout ? TIMEOUT_RETRY_COST : RETRY_COST;
    if (this.tokens < cost || !this.staysWithinTenth(now)) return false;
    this.tokens -= cost;
    this.granted += 1;
    return true;
  }

  /** A granted retry goes out. */
  repeated(now: number): void {
    this.granted -= 1;
    this.repeats.push({ at: now, asked: this.requests });
  }

  /** A granted retry does not go out after all. */
  waived(): void {
    this.granted -= 1;
  }

  private staysWithinTenth(now: number): boolean {
    // What a clock that was set back left in the future is forgotten as well.
    this.repeats = this.repeats.filter(({ at }) => now - at <= WINDOW_MS && at <= now);
    // Those granted may all go out after the last request, so they and this one must be free together.
    let retries = this.granted + 1;
    if (retries > FREE_RETRIES) return false;
    for (let i = this.repeats.length - 1; i >= 0; i -= 1) {
      retries += 1;
      const since = this.requests - (this.repeats[i]?.asked ?? 0);
      if (retries > FREE_RETRIES && retries * 10 > since) return false;
    }
    return true;
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
    private readonly patience: number = PATIENCE_MS,
  ) {}

  /** Milliseconds to wait before the next attempt, undefined when there is none. */
  next(failure: Failure, now: number): number | undefined {
    if (!this.mayResend(failure)) return undefined;
    const backoff = this.random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.sent + this.resends));
    const asked = failure.askedWaitMs ?? 0;
    const wait = Math.max(backoff, asked);
    if (wait > backoff + this.patience || now + wait >= this.deadline) return undefined;
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
    // What a gateway that lost its way answers to a read: no object of the provider's is missing.
    if (status === 404) return thrown.kind === 'unavailable' && this.call.effect === 'read';
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
