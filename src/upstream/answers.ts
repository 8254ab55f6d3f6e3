import { UpstreamError } from '../errors.js';
import type { Logger } from '../log.js';
import { monotonicNow } from '../values/clock.js';
import type { MaybePromise } from '../values/maybe-promise.js';
import { AnswerRoom, type Holding } from './answer-room.js';
import type { Comer } from './bulkhead.js';
import type { Sockets } from './dispatcher.js';
import type { ClassLimits } from './class-limits.js';
import { Fault, noRoom } from './fault.js';
import type { Answer, Call, CallClass, CallScope, HttpSettings, ReceivedAnswer } from './http.js';
import { LongAnswers } from './long-answers.js';
import { withRetryAfter, type CallProgress } from './call-progress.js';
import { retryAfterMs } from './pauses.js';
import { disbelief } from './refusal.js';
import { withoutSecrets } from './secrets.js';
import { withPlainCode } from './upstream-code.js';

/** What providers say to credentials that callers brought. */
export interface CredentialsHeard {
  accepted(fingerprint: string): void;
  refused(fingerprint: string): void;
}

/** What answers share with the sender of the same upstream. */
interface AnswerParts {
  readonly settings: Pick<HttpSettings, 'upstreamTimeoutMs' | 'upstreamMaxBytes'>;
  readonly log: Logger;
  readonly sockets: Sockets;
}

/** Long answers to reads of one class take no more room than so many of the longest. */
const MOST_LONGEST = 8;

/** Who asked, and what the answer takes of the room for long ones. */
export interface Asker {
  readonly comer: Comer;
  readonly holding: Holding | undefined;
}

/** What the answers of one upstream mean, for whoever asked and for all who ask later. */
export class Answers {
  private readonly long: Readonly<Record<CallClass, LongAnswers>> = {
    server: new LongAnswers(),
    caller: new LongAnswers(),
    identity: new LongAnswers(),
  };
  private readonly rooms: Readonly<Record<CallClass, AnswerRoom>>;

  constructor(
    private readonly provider: string,
    private readonly parts: AnswerParts,
    private readonly heard: CredentialsHeard | undefined,
  ) {
    const room = (): AnswerRoom => new AnswerRoom(MOST_LONGEST * parts.settings.upstreamMaxBytes);
    this.rooms = { server: room(), caller: room(), identity: room() };
  }

  /** Room for the answer of a read, to be given back; what became of a write is read whatever room it takes. */
  asker(call: Call<unknown>, scope: CallScope, name: CallClass, comer: Comer): Asker {
    if (call.effect === 'write') return { comer, holding: undefined };
    return { comer, holding: this.rooms[name].holding(comer, () => this.noRoom(call, scope)) };
  }

  /** The value of a 2xx; throws what any other answer stands for. Waits that were asked for are taken down. */
  understand<T>(
    call: Call<T>,
    scope: CallScope,
    progress: CallProgress,
    { name, pauses }: Pick<ClassLimits, 'name' | 'pauses'>,
    asker: Asker,
    answer: ReceivedAnswer,
    now: number,
  ): MaybePromise<T> {
    const { status } = answer;
    if (call.lane !== undefined) pauses.note(scope.fingerprint, call.lane, answer.headers, now);
    if (status >= 200 && status < 300) {
      if (answer.long)
        return this.acceptLater(call, scope, this.readLong(call, scope, progress, this.long[name], asker, answer));
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

  /** A read ends when its client left, or its attempt has taken too long; what became of a write is always read. */
  private async readLong<T>(
    call: Call<T>,
    scope: CallScope,
    progress: CallProgress,
    line: LongAnswers,
    asker: Asker,
    answer: Answer,
  ): Promise<T> {
    const { effect } = call;
    const write = effect === 'write';
    const signal = write ? undefined : progress.waiting.signal;
    const sentAt = progress.sentAt ?? monotonicNow();
    const endsAt = write
      ? Infinity
      : Math.min(progress.waiting.deadline, sentAt + this.parts.settings.upstreamTimeoutMs);
    const wish = { ...asker, signal, endsAt, late: () => this.late(call, scope) };
    try {
      return await line.inTurn(effect, answer, wish, (long) => call.accept(long));
    } catch (thrown) {
      if (signal?.aborted === true && thrown === signal.reason) progress.stage = 'given_up';
      throw thrown;
    }
  }

  /** An error already, no fault: it is not asked for again, as reading that would take as long. */
  private late({ operation }: Call<unknown>, { credential }: CallScope): UpstreamError {
    return new Fault('timeout', 'unclear', { detail: 'reading' }).toError(this.provider, operation, credential);
  }

  /** An error for the same reason, and not one of the upstream's: what others ask for takes the room. */
  private noRoom({ operation }: Call<unknown>, { credential }: CallScope): UpstreamError {
    return noRoom('unclear', { detail: 'long answers' }).toError(this.provider, operation, credential);
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
    this.parts.sockets.discard();
    this.parts.log.warn('upstream_identity_mismatch', { provider: this.provider, operation });
  }
}
