import type { Presence } from '../values/departure.js';
import type { Dispatcher } from 'undici';
import type { Logger } from '../log.js';
import { monotonicNow } from '../values/clock.js';
import { Answers, type CredentialsHeard } from './answers.js';
import type { Holding } from './answer-room.js';
import { attempt } from './attempt.js';
import type { Verdict } from './breaker.js';
import type { ClassLimits } from './class-limits.js';
import type { CallClasses } from './call-classes.js';
import type { Sockets } from './dispatcher.js';
import { Fault, isUnreachable } from './fault.js';
import type { Gate } from './circuit-gate.js';
import type { Call, CallScope, CallWatch, CircuitState, HttpSettings, HttpTarget, ReceivedAnswer } from './http.js';
import { breakerVerdict, type CallProgress } from './call-progress.js';
import { RecentTimes } from './recent-times.js';
import type { RetryBudget } from './retry.js';
import { Standing } from './standing.js';

/** A host that stays away is told of so often. */
const TELL_AGAIN_MS = 10_000;

/** What a sender shares with the client of the same upstream. */
export interface SenderParts {
  readonly settings: HttpSettings;
  readonly log: Logger;
  readonly sockets: Sockets;
  readonly classes: CallClasses;
  /** Told when the upstream begins to fail, and when it is well again. */
  turned(standing: 'WELL' | 'FAILING'): void;
}

/** What an attempt goes out through, and what its answer takes of the room. */
interface Leaving {
  readonly gate: Gate;
  readonly retryBudget: RetryBudget;
  readonly holding: Holding | undefined;
}

/** Makes single attempts at calls of one upstream, and takes down how they end. */
export class Sender {
  private readonly provider: string;
  private readonly origin: string;
  private readonly prefix: string;
  private readonly answers: Answers;
  /** Of calls with the server's own credential. */
  private readonly times = new RecentTimes();
  private readonly lately: Standing;
  private lastCause: string | undefined;
  private lastToldAt = 0;

  constructor(
    { provider, baseUrl }: HttpTarget,
    private readonly parts: SenderParts,
    vouched: CredentialsHeard | undefined,
  ) {
    const { origin, pathname } = new URL(baseUrl);
    this.provider = provider;
    this.origin = origin;
    this.prefix = pathname.replace(/\/+$/, '');
    this.answers = new Answers(provider, parts, vouched);
    this.lately = new Standing((standing) => parts.turned(standing));
  }

  standing(): Omit<CircuitState, 'circuit' | 'budget'> {
    return { ...this.lately.state(), latencyMs: this.times.median() };
  }

  /** One attempt with all that must be passed before it may leave. */
  attempt<T>(call: Call<T>, scope: CallScope, progress: CallProgress, limits: ClassLimits): Promise<T> {
    progress.stage = 'admission';
    progress.status = progress.askedWaitMs = progress.sentAt = progress.unreachable = undefined;
    const signal = call.effect === 'read' ? progress.waiting.signal : undefined;
    const now = monotonicNow();
    const mustWait = call.lane !== undefined || limits.pauses.until(scope.fingerprint, call.restsWith, now) > 0;
    // Most need not: a promise around a promise would cost them three more turns of the queue of microtasks.
    return mustWait
      ? this.attemptInTurn(call, scope, progress, limits, signal)
      : this.pass(call, scope, progress, limits, signal, now);
  }

  /** The attempt once its pause is over and its lane has a place. */
  private async attemptInTurn<T>(
    call: Call<T>,
    scope: CallScope,
    progress: CallProgress,
    limits: ClassLimits,
    signal: Presence | undefined,
  ): Promise<T> {
    const { pauses } = limits;
    if (call.lane === undefined) {
      await pauses.sitOut(scope.fingerprint, call.restsWith, scope.deadline, signal, scope.patienceMs);
      return this.pass(call, scope, progress, limits, signal, monotonicNow());
    }
    const place = await pauses.enter(scope.fingerprint, call.lane, scope.deadline, signal, scope.patienceMs);
    try {
      return await this.pass(call, scope, progress, limits, signal, monotonicNow());
    } finally {
      place.leave(progress.sentAt !== undefined);
    }
  }

  /** The attempt itself, through the gate; it comes there at `now`. */
  private async pass<T>(
    call: Call<T>,
    scope: CallScope,
    progress: CallProgress,
    limits: ClassLimits,
    signal: Presence | undefined,
    now: number,
  ): Promise<T> {
    const { retryBudget } = limits;
    const gate = limits.gates[call.effect];
    const comer = { caller: scope.caller?.() ?? '', byStranger: scope.byStranger };
    const pass = gate.tryEnter(comer, now) ?? (await gate.wait(comer, scope.deadline - now, signal));
    const asker = this.answers.asker(call, scope, limits.name, comer);
    let verdict: Verdict = 'good';
    try {
      progress.stage = 'asking';
      const asked = scope.onAttempt?.(this.provider, call.operation);
      if (asked) await asked;
      const answer = await this.send(call, progress, { gate, retryBudget, holding: asker.holding }, signal);
      progress.stage = 'answered';
      progress.status = answer.status;
      // One reading of the clock for all that follows: each costs as much as the rest of it.
      const answeredAt = monotonicNow();
      if (limits.name === 'server') this.times.add(answeredAt - (progress.sentAt ?? answeredAt));
      const understood = this.answers.understand(call, scope, progress, limits, asker, answer, answeredAt);
      const value = understood instanceof Promise ? await understood : understood;
      this.lately.succeeded(limits.name, answeredAt);
      return value;
    } catch (thrown) {
      verdict = breakerVerdict(thrown, progress.stage, progress.status, scope.byStranger);
      this.lately.threw(thrown, limits.name, scope, progress);
      if (isUnreachable(thrown)) this.unreachable(limits, call.effect, progress, thrown.extras.detail ?? 'UNKNOWN');
      throw thrown;
    } finally {
      asker.holding?.giveBack();
      gate.leave({
        pass,
        comer,
        verdict,
        shape: call.subject ?? `${call.method} ${call.path} ${call.body ?? ''}`,
        sentAt: progress.sentAt,
        answered: progress.status !== undefined,
      });
    }
  }

  /** A host that one class cannot connect to is as far away for the others. */
  private unreachable(limits: ClassLimits, effect: 'read' | 'write', progress: CallProgress, cause: string): void {
    progress.unreachable = cause;
    const now = monotonicNow();
    if (cause !== this.lastCause || now - this.lastToldAt >= TELL_AGAIN_MS) {
      this.lastCause = cause;
      this.lastToldAt = now;
      this.parts.log.warn('upstream_unreachable', { provider: this.provider, cause });
    }
    this.parts.classes.unreachable(limits.name, effect);
  }

  /** Sends it; throws when it is too late for that. */
  private send(
    call: Call<unknown>,
    progress: CallProgress,
    { gate, retryBudget, holding }: Leaving,
    signal: Presence | undefined,
  ): Promise<ReceivedAnswer> {
    progress.stage = 'admission';
    signal?.throwIfAborted();
    const now = monotonicNow();
    const left = progress.waiting.deadline - now;
    if (left <= 0) throw new Fault('timeout', 'unsent', { detail: 'deadline' });
    const read = call.effect === 'read';
    const { upstreamTimeoutMs, writeTimeoutMs, upstreamMaxBytes } = this.parts.settings;
    const dispatcher = call.freshSocket === true || !read ? this.parts.sockets.fresh : this.parts.sockets.reused;
    progress.stage = 'sending';
    this.noteSending(progress, gate, retryBudget, now);
    return attempt(dispatcher, requestOf(this.origin, this.prefix, call, progress.watch?.headers), {
      timeoutMs: read ? Math.min(upstreamTimeoutMs, left) : writeTimeoutMs,
      // Only where it is the deadline that ends it: another who waits may have a later one.
      putOff: read && left < upstreamTimeoutMs ? putOff(progress, now + upstreamTimeoutMs) : undefined,
      maxBytes: upstreamMaxBytes,
      signal,
      holding,
    });
  }

  /** Takes down that an attempt goes out now. */
  private noteSending(progress: CallProgress, gate: Gate, retryBudget: RetryBudget, now: number): void {
    progress.sentAt = now;
    progress.attempts += 1;
    gate.sent();
    if (progress.attempts === 1) retryBudget.asked();
    else retryBudget.repeated(now);
    progress.granted = false;
  }
}

/** Tells at the end of an attempt for how long it may go on, because somebody with a later deadline has joined meanwhile. */
function putOff({ waiting }: CallProgress, latest: number): () => number {
  let until = waiting.deadline;
  return () => {
    const before = until;
    until = Math.min(latest, waiting.deadline);
    return until - before;
  };
}

/** The request of a call, with the headers of whoever follows it. */
function requestOf(
  origin: string,
  prefix: string,
  call: Call<unknown>,
  along: CallWatch['headers'],
): Dispatcher.DispatchOptions {
  const headers = ['accept', 'application/json', 'accept-encoding', 'gzip', 'user-agent', 'headgate'];
  for (const name in call.headers) headers.push(name, call.headers[name] ?? '');
  for (const name in along) headers.push(name, along[name] ?? '');
  const { method, body } = call;
  const path = prefix + call.path;
  if (body === undefined) return { origin, path, method, headers };
  headers.push('content-type', 'application/json');
  return { origin, path, method, headers, body };
}
