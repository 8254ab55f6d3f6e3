import type { Dispatcher } from 'undici';
import { UpstreamError } from '../errors.js';
import type { Logger } from '../log.js';
import { Answers, type CredentialsHeard } from './answers.js';
import { attempt } from './attempt.js';
import type { Verdict } from './breaker.js';
import { createDispatchers, type Sockets } from './dispatcher.js';
import type { ClassLimits } from './call-class.js';
import { CallClasses } from './call-classes.js';
import { Fault, isUnreachable } from './fault.js';
import type { Gate } from './gate.js';
import type {
  Answer,
  Call,
  CallFact,
  CallScope,
  CallWatch,
  CallWatcher,
  CircuitState,
  Http,
  HttpClient,
  HttpSettings,
  HttpTarget,
  RateBudget,
  UpstreamLoad,
} from './http.js';
import { beginTrace, endOf, judge, type Trace } from './outcome.js';
import { RecentTimes } from './recent-times.js';
import { RetryPlan, type RetryBudget } from './retry.js';
import { sleep } from './sleep.js';
import { monotonicNow } from '../values/clock.js';

export interface HttpOptions {
  readonly log: Logger;
  /** Serves every origin in place of real sockets, and stays the caller's to close. */
  readonly dispatcher?: Dispatcher;
  /** In [0, 1), for the jitter. */
  readonly random?: () => number;
  /** Follows the calls of scopes that have no watcher of their own. */
  readonly watcher?: CallWatcher;
  /** Told what providers say to credentials that callers brought. */
  readonly vouched?: CredentialsHeard;
  /** Told once per call, whatever its end. */
  onFinished?(fact: CallFact): void;
  /** Told when a circuit of calls with the server's own credential changes. */
  onCircuit?(provider: string, circuit: CircuitState['circuit']): void;
}

/** Makes clients; those of the same provider and base URL are one and the same, limits and all. */
export function createHttp(settings: HttpSettings, options: HttpOptions): Http {
  const dispatchers = createDispatchers(settings, options.dispatcher);
  const clients = new Map<string, UpstreamClient>();
  return {
    client(target) {
      const key = `${target.provider} ${target.baseUrl}`;
      let client = clients.get(key);
      if (!client)
        clients.set(
          key,
          (client = new UpstreamClient(target, settings, options, dispatchers.to(new URL(target.baseUrl).origin))),
        );
      return client;
    },
    load: () => [...clients.values()].flatMap((client) => client.load()),
    close: () => dispatchers.close(),
  };
}

/** A host that stays away is told of so often. */
const TELL_AGAIN_MS = 10_000;

class UpstreamClient implements HttpClient {
  readonly provider: string;
  readonly baseUrl: string;
  private readonly origin: string;
  private readonly prefix: string;
  private readonly answers: Answers;
  private readonly classes: CallClasses;
  private readonly random: () => number;
  private lastSuccessAt: number | undefined;
  /** Of calls with the server's own credential. */
  private readonly times = new RecentTimes();
  private lastCause: string | undefined;
  private lastToldAt = 0;

  constructor(
    target: HttpTarget,
    private readonly settings: HttpSettings,
    private readonly options: HttpOptions,
    private readonly sockets: Sockets,
  ) {
    const { origin, pathname } = new URL(target.baseUrl);
    this.provider = target.provider;
    this.baseUrl = target.baseUrl;
    this.origin = origin;
    this.prefix = pathname.replace(/\/+$/, '');
    this.random = options.random ?? Math.random;
    this.answers = new Answers(target.provider, sockets, options.log, options.vouched);
    this.classes = new CallClasses(settings, (name, effect, circuit) => {
      options.log.warn('upstream circuit', { provider: this.provider, class: name, effect, circuit });
      if (name === 'server') options.onCircuit?.(this.provider, circuit);
    });
  }

  call<T>(call: Call<T>, scope: CallScope): Promise<T> {
    const limits = this.classes.of(call, scope);
    const run = () => this.run(call, scope, limits);
    if (call.effect === 'write') return limits.inFlight.apart(run);
    // What must not be mistaken for another's answer has a socket, and an answer, of its own.
    return call.freshSocket === true ? run() : limits.inFlight.share(call, scope, this.provider, run);
  }

  private async run<T>(call: Call<T>, scope: CallScope, limits: ClassLimits): Promise<T> {
    const { retryBudget } = limits;
    const watch = (scope.watcher ?? this.options.watcher)?.begin({
      provider: this.provider,
      operation: call.operation,
      effect: call.effect,
    });
    const trace = beginTrace(watch);
    let plan: RetryPlan | undefined;
    for (;;) {
      try {
        const value = await this.attempt(call, scope, trace, limits);
        retryBudget.success();
        this.finished(call, trace, undefined);
        return value;
      } catch (thrown) {
        waive(trace, retryBudget);
        // What onAttempt or our own code threw is not the upstream's failure and is passed on as it is.
        const theirs = thrown instanceof Fault || (thrown instanceof UpstreamError && trace.stage === 'answered');
        plan ??= new RetryPlan(call, scope.deadline, retryBudget, this.random, scope.patienceMs);
        const failure = { thrown, status: trace.status, askedWaitMs: trace.askedWaitMs };
        const waitMs = theirs ? plan.next(failure, monotonicNow()) : undefined;
        if (waitMs === undefined) {
          const error =
            thrown instanceof Fault ? thrown.toError(this.provider, call.operation, scope.credential) : thrown;
          this.finished(call, trace, error);
          throw error;
        }
        trace.granted = true;
        this.options.log.debug('upstream retry', {
          provider: this.provider,
          operation: call.operation,
          attempt: trace.attempts,
          waitMs: Math.round(waitMs),
        });
        await this.rest(call, scope, trace, retryBudget, waitMs);
      }
    }
  }

  budget(fingerprint: string, lane: string): RateBudget | undefined {
    return this.classes.budget(fingerprint, lane);
  }

  pausedUntil(fingerprint: string, lane?: string): number {
    return this.classes.pausedUntil(fingerprint, lane);
  }

  state(): CircuitState {
    return { ...this.classes.standing(), lastSuccessAt: this.lastSuccessAt, latencyMs: this.times.median() };
  }

  load(): readonly UpstreamLoad[] {
    return this.classes.load(this.provider);
  }

  /** One attempt with all that must be passed before it may leave. */
  private async attempt<T>(call: Call<T>, scope: CallScope, trace: Trace, limits: ClassLimits): Promise<T> {
    const { pauses } = limits;
    trace.stage = 'admission';
    trace.status = trace.askedWaitMs = trace.sentAt = trace.unreachable = undefined;
    const signal = call.effect === 'read' ? scope.signal : undefined;
    if (call.lane === undefined) {
      if (pauses.until(scope.fingerprint, call.restsWith, monotonicNow()) > 0)
        await pauses.sitOut(scope.fingerprint, call.restsWith, scope.deadline, signal, scope.patienceMs);
      return this.pass(call, scope, trace, limits, signal);
    }
    const place = await pauses.enter(scope.fingerprint, call.lane, scope.deadline, signal, scope.patienceMs);
    try {
      return await this.pass(call, scope, trace, limits, signal);
    } finally {
      place.leave(trace.sentAt !== undefined);
    }
  }

  /** The attempt itself, through the gate. */
  private async pass<T>(
    call: Call<T>,
    scope: CallScope,
    trace: Trace,
    limits: ClassLimits,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { pauses, retryBudget } = limits;
    const gate = limits.gates[call.effect];
    const caller = scope.caller?.() ?? '';
    const pass =
      gate.tryEnter(caller, monotonicNow()) ?? (await gate.wait(caller, scope.deadline - monotonicNow(), signal));
    let verdict: Verdict = 'good';
    try {
      trace.stage = 'asking';
      const asked = scope.onAttempt?.(this.provider, call.operation);
      if (asked) await asked;
      const answer = await this.send(call, scope, trace, { gate, retryBudget }, signal);
      trace.stage = 'answered';
      trace.status = answer.status;
      if (limits.name === 'server') this.times.add(monotonicNow() - (trace.sentAt ?? monotonicNow()));
      const value = this.answers.understand(call, scope, trace, pauses, answer);
      this.lastSuccessAt = Date.now();
      return value;
    } catch (thrown) {
      verdict = judge(thrown, trace.stage, trace.status, scope.byStranger);
      if (isUnreachable(thrown)) this.unreachable(limits, call.effect, trace, thrown.extras.detail ?? 'UNKNOWN');
      throw thrown;
    } finally {
      gate.leave({
        pass,
        caller,
        verdict,
        shape: call.subject ?? `${call.method} ${call.path} ${call.body ?? ''}`,
        sentAt: trace.sentAt,
        answered: trace.status !== undefined,
      });
    }
  }

  /** A host that one class cannot connect to is as far away for the others. */
  private unreachable(limits: ClassLimits, effect: 'read' | 'write', trace: Trace, cause: string): void {
    trace.unreachable = cause;
    const now = monotonicNow();
    if (cause !== this.lastCause || now - this.lastToldAt >= TELL_AGAIN_MS) {
      this.lastCause = cause;
      this.lastToldAt = now;
      this.options.log.warn('upstream unreachable', { provider: this.provider, cause });
    }
    this.classes.unreachable(limits.name, effect);
  }

  /** Sends it; throws when it is too late for that. */
  private send(
    call: Call<unknown>,
    scope: CallScope,
    trace: Trace,
    { gate, retryBudget }: { readonly gate: Gate; readonly retryBudget: RetryBudget },
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    trace.stage = 'admission';
    signal?.throwIfAborted();
    const now = monotonicNow();
    const left = scope.deadline - now;
    if (left <= 0) throw new Fault('timeout', 'unsent', { detail: 'deadline' });
    const read = call.effect === 'read';
    const timeoutMs = read ? Math.min(this.settings.upstreamTimeoutMs, left) : this.settings.writeTimeoutMs;
    const dispatcher = call.freshSocket === true || !read ? this.sockets.fresh : this.sockets.reused;
    trace.stage = 'sending';
    this.departs(trace, gate, retryBudget, now);
    return attempt(dispatcher, requestOf(this.origin, this.prefix, call, trace.watch?.headers), {
      timeoutMs,
      maxBytes: this.settings.upstreamMaxBytes,
      signal,
    });
  }

  /** Takes down that an attempt goes out now. */
  private departs(trace: Trace, gate: Gate, retryBudget: RetryBudget, now: number): void {
    trace.sentAt = now;
    trace.attempts += 1;
    gate.sent();
    if (trace.attempts === 1) retryBudget.asked();
    else retryBudget.repeated(now);
    trace.granted = false;
  }

  /** The wait between two attempts; a client that leaves meanwhile ends the call. */
  private async rest(
    call: Call<unknown>,
    scope: CallScope,
    trace: Trace,
    retryBudget: RetryBudget,
    waitMs: number,
  ): Promise<void> {
    try {
      await sleep(waitMs, call.effect === 'read' ? scope.signal : undefined);
    } catch (thrown) {
      trace.stage = 'admission';
      waive(trace, retryBudget);
      this.finished(call, trace, thrown);
      throw thrown;
    }
  }

  private finished(call: Call<unknown>, trace: Trace, thrown: unknown): void {
    if (!this.options.onFinished && !trace.watch) return;
    const fact: CallFact = {
      provider: this.provider,
      operation: call.operation,
      effect: call.effect,
      attempts: trace.attempts,
      ms: performance.now() - trace.startedAt,
      status: trace.status,
      kind: thrown === undefined ? undefined : endOf(thrown, trace.stage),
      cause: trace.unreachable,
    };
    this.options.onFinished?.(fact);
    trace.watch?.ended(fact);
  }
}

/** Gives back a retry that did not go out. */
function waive(trace: Trace, retryBudget: RetryBudget): void {
  if (trace.granted) retryBudget.waived();
  trace.granted = false;
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
