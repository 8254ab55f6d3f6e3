import { detailsOf, UpstreamError } from '../errors.js';
import type { Verdict } from './breaker.js';
import { Fault } from './fault.js';
import type { CallEnd, CallScope, CallWatch } from './http.js';
import { preciseNow } from '../values/clock.js';

/** Where a call is: before anything may leave, asking its scope, on the wire, with an answer in hand, or with one that was given up. */
export type CallStage = 'admission' | 'asking' | 'sending' | 'answered' | 'given_up';

/** Who waits for a call: it is stopped when they have left, and at their deadline, which may be put off meanwhile. */
export type Waiting = Pick<CallScope, 'signal' | 'deadline'>;

/** What one call went through so far. */
export interface CallProgress {
  /** On the monotonic clock, as are all moments here. */
  readonly startedAt: number;
  readonly watch: CallWatch | undefined;
  /** Who waits for it, and until when: its scope, or all who share it. */
  readonly waiting: Waiting;
  attempts: number;
  stage: CallStage;
  /** Of the last attempt's answer. */
  status: number | undefined;
  askedWaitMs: number | undefined;
  /** When the last attempt went out, if it did. */
  sentAt: number | undefined;
  /** Why the last attempt could not connect, if it could not: a code such as ENOTFOUND. */
  unreachable: string | undefined;
  /** Whether a retry was granted that has not gone out yet. */
  granted: boolean;
}

export function beginProgress(watch: CallWatch | undefined, waiting: Waiting): CallProgress {
  return {
    startedAt: preciseNow(),
    watch,
    waiting,
    attempts: 0,
    stage: 'admission',
    status: undefined,
    askedWaitMs: undefined,
    sentAt: undefined,
    unreachable: undefined,
    granted: false,
  };
}

/** What a failed attempt tells the breaker. */
export function breakerVerdict(
  thrown: unknown,
  stage: CallStage,
  status: number | undefined,
  byStranger = false,
): Verdict {
  if (stage === 'sending') return thrown instanceof Fault && thrown.kind !== 'rejected' ? 'bad' : 'neutral';
  if (stage !== 'answered' || status === undefined) return 'neutral';
  if (status === 500) return byStranger ? 'neutral' : 'server_error';
  if (status > 500) return 'bad';
  if (status >= 300 || !(thrown instanceof UpstreamError) || thrown.kind !== 'bad_response') return 'good';
  // A shape that we do not know is a change or our mistake; the upstream itself is well.
  return thrown.reason === 'shape' || thrown.reason === 'pagination_stuck' ? 'good' : 'bad';
}

/** The end of a call that threw. */
export function callEnd(thrown: unknown, stage: CallStage): CallEnd {
  if (thrown instanceof UpstreamError) return thrown.kind;
  if (stage === 'asking') return 'refused';
  return stage === 'answered' ? 'defect' : 'aborted';
}

/** The error with the wait that the upstream asked for, unless it names one already. */
export function withRetryAfter(error: UpstreamError, retryAfterMs: number | undefined): UpstreamError {
  if (retryAfterMs === undefined || error.retryAfterMs !== undefined) return error;
  return new UpstreamError(error.kind, { ...detailsOf(error), retryAfterMs });
}
