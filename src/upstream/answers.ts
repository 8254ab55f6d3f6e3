import { UpstreamError } from '../errors.js';
import type { Logger } from '../log.js';
import { monotonicNow } from '../values/clock.js';
import type { MaybePromise } from '../values/maybe-promise.js';
import type { Sockets } from './dispatcher.js';
import type { Answer, Call, CallScope } from './http.js';
import { withRetryAfter, type CallProgress } from './call-progress.js';
import { retryAfterMs, type Pauses } from './pauses.js';
import { disbelief } from './refusal.js';
import { withoutSecrets } from './secrets.js';
import { withPlainCode } from './upstream-code.js';

/** What providers say to credentials that callers brought. */
export interface CredentialsHeard {
  accepted(fingerprint: string): void;
  refused(fingerprint: string): void;
}

/** What the answers of one upstream mean, for whoever asked and for all who ask later. */
export class Answers {
  constructor(
    private readonly provider: string,
    private readonly sockets: Sockets,
    private readonly log: Logger,
    private readonly heard: CredentialsHeard | undefined,
  ) {}

  /** The value of a 2xx; throws what any other answer stands for. Waits that were asked for are taken down. */
  understand<T>(
    call: Call<T>,
    scope: CallScope,
    progress: CallProgress,
    pauses: Pauses,
    answer: Answer,
  ): MaybePromise<T> {
    const { status } = answer;
    const now = monotonicNow();
    if (call.lane !== undefined) pauses.note(scope.fingerprint, call.lane, answer.headers, now);
    if (status >= 200 && status < 300) {
      return this.accept(call, scope, answer);
    }
    if (status === 401 && scope.credential === 'caller') this.heard?.refused(scope.fingerprint);
    if (status === 429)
      progress.askedWaitMs = pauses.refused(scope.fingerprint, call.lane ?? call.restsWith, answer.headers, now);
    else if (status === 503) progress.askedWaitMs = retryAfterMs(answer.headers);
    throw withoutSecrets(
      withRetryAfter(withPlainCode(this.refusal(call, scope, answer), call.headers), progress.askedWaitMs),
      call.headers,
    );
  }

  /** What the provider refused; an answer that cannot be the provider's own refuses nothing, and a write may have happened. */
  private refusal(call: Call<unknown>, { credential }: CallScope, answer: Answer): UpstreamError {
    const reason = disbelief(answer, call.refusesInText);
    if (reason === undefined) return call.refuse(answer);
    return new UpstreamError('bad_response', {
      provider: this.provider,
      operation: call.operation,
      credential,
      delivery: call.effect === 'write' ? 'unclear' : 'answered',
      status: answer.status,
      reason,
    });
  }

  private accept<T>(call: Call<T>, scope: CallScope, answer: Answer): MaybePromise<T> {
    try {
      const value = call.accept(answer);
      if (value instanceof Promise) return this.acceptLater(call, scope, value);
      this.accepted(scope);
      return value;
    } catch (thrown) {
      this.notAccepted(call, thrown);
      throw thrown;
    }
  }

  private async acceptLater<T>(call: Call<T>, scope: CallScope, later: Promise<T>): Promise<T> {
    try {
      const value = await later;
      this.accepted(scope);
      return value;
    } catch (thrown) {
      this.notAccepted(call, thrown);
      throw thrown;
    }
  }

  private accepted({ credential, fingerprint }: CallScope): void {
    if (credential === 'caller') this.heard?.accepted(fingerprint);
  }

  private notAccepted({ operation }: Call<unknown>, thrown: unknown): void {
    if (!(thrown instanceof UpstreamError) || thrown.reason !== 'identity_mismatch') return;
    // The answer may belong to another request: whatever else waits on these sockets must not be believed.
    this.sockets.discard();
    this.log.warn('upstream_identity_mismatch', { provider: this.provider, operation });
  }
}
