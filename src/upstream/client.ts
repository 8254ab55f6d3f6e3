import type { Dispatcher } from 'undici';
import { UpstreamError } from '../errors.js';
import type { Logger } from '../log.js';
import { attempt } from './attempt.js';
import type { Verdict } from './breaker.js';
import { createDispatchers, type Sockets } from './dispatcher.js';
import { callClasses, classOf, createClassLimits, type ClassLimits } from './call-class.js';
import { Fault, isUnreachable } from './fault.js';
import type { Gate } from './gate.js';
import type {
  AnnouncedBudget,
  Answer,
  Call,
  CallClass,
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
import { beginTrace, endOf, judge, withRetryAfter, type Trace } from './outcome.js';
import { retryAfterMs, type Pauses } from './pauses.js';
import { RecentTimes } from './recent-times.js';
import { disbelief } from './refusal.js';
import { RetryPlan, type RetryBudget } from './retry.js';
import { withoutSecrets } from './secrets.js';
import { sleep } from './sleep.js';
import { withPlainCode } from './upstream-code.js';
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
  readonly vouched?: {
    accepted(fingerprint: string): void;
    refused(fingerprint: string): void;
  };
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
  private readonly classes: Readonly<Record<CallClass, ClassLimits>>;
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
    this.classes = {
      server: this.limitsOf('server'),
      caller: this.limitsOf('caller'),
      identity: this.limitsOf('identity'),
    };
  }

  call<T>(call: Call<T>, scope: CallScope): Promise<T> {
    const limits = this.classes[classOf(call, scope)];
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
    const now = monotonicNow();
    // A fingerprint names a credential, and a credential is of one class.
    for (const name of callClasses) {
      const budget = this.classes[name].pauses.budget(fingerprint, lane, now);
      if (budget !== undefined) return budget;
    }
    return undefined;
  }

  pausedUntil(fingerprint: string, lane?: string): number {
    const now = monotonicNow();
    return Math.max(...callClasses.map((name) => this.classes[name].pauses.until(fingerprint, lane, now)));
  }

  state(): CircuitState {
    const now = monotonicNow();
    const { read, write } = this.classes.server.gates;
    const circuits = [read.circuit(now), write.circuit(now)];
    const circuit = circuits.includes('OPEN') ? 'OPEN' : circuits.includes('HALF_OPEN') ? 'HALF_OPEN' : 'CLOSED';
    return { circuit, lastSuccessAt: this.lastSuccessAt, latencyMs: this.times.median(), budget: this.tightest(now) };
  }

  private tightest(now: number): AnnouncedBudget | undefined {
    const budget = this.classes.server.pauses.tightest(now);
    if (budget === undefined) return undefined;
    const { remaining, limit, resetAt } = budget;
    return { remaining, limit, resetsAt: Date.now() + resetAt - now };
  }

  load(): readonly UpstreamLoad[] {
    const now = monotonicNow();
    return callClasses.flatMap((name) =>
      (['read', 'write'] as const).map((effect) => ({
        provider: this.provider,
        class: name,
        effect,
        ...this.classes[name].gates[effect].load(now),
      })),
    );
  }

  /** One attempt with all that must be passed before it may leave. */
  private async attempt<T>(call: Call<T>, scope: CallScope, trace: Trace, limits: ClassLimits): Promise<T> {
    const { pauses } = limits;
    trace.stage = 'admission';
    trace.status = trace.askedWaitMs = trace.sentAt = trace.unreachable = undefined;
    const signal = call.effect === 'read' ? scope.signal : undefined;
    if (call.lane === undefined) {
      if (pauses.until(scope.fingerprint, undefined, monotonicNow()) > 0)
        await pauses.sitOut(scope.fingerprint, undefined, scope.deadline, signal, scope.patienceMs);
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
      return this.understand(call, scope, trace, pauses, answer);
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
    for (const name of callClasses) if (name !== limits.name) this.classes[name].gates[effect].unreachable();
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
    return attempt(dispatcher, this.requestOf(call, trace.watch?.headers), {
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

  private requestOf(call: Call<unknown>, along: CallWatch['headers']): Dispatcher.DispatchOptions {
    const headers = ['accept', 'application/json', 'accept-encoding', 'gzip', 'user-agent', 'headgate'];
    for (const name in call.headers) headers.push(name, call.headers[name] ?? '');
    for (const name in along) headers.push(name, along[name] ?? '');
    const path = this.prefix + call.path;
    if (call.body === undefined) return { origin: this.origin, path, method: call.method, headers };
    headers.push('content-type', 'application/json');
    return { origin: this.origin, path, method: call.method, headers, body: call.body };
  }

  private understand<T>(call: Call<T>, scope: CallScope, trace: Trace, pauses: Pauses, answer: Answer): T {
    const { status } = answer;
    const now = monotonicNow();
    if (call.lane !== undefined) pauses.note(scope.fingerprint, call.lane, answer.headers, now);
    if (status >= 200 && status < 300) {
      const value = this.accept(call, answer);
      if (scope.credential === 'caller') this.options.vouched?.accepted(scope.fingerprint);
      this.lastSuccessAt = Date.now();
      return value;
    }
    if (status === 401 && scope.credential === 'caller') this.options.vouched?.refused(scope.fingerprint);
    if (status === 429) trace.askedWaitMs = pauses.refused(scope.fingerprint, call.lane, answer.headers, now);
    else if (status === 503) trace.askedWaitMs = retryAfterMs(answer.headers);
    throw withoutSecrets(
      withRetryAfter(withPlainCode(this.refusal(call, scope, answer), call.headers), trace.askedWaitMs),
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

  private accept<T>(call: Call<T>, answer: Answer): T {
    try {
      return call.accept(answer);
    } catch (thrown) {
      if (thrown instanceof UpstreamError && thrown.reason === 'identity_mismatch') {
        // The answer may belong to another request: whatever else waits on these sockets must not be believed.
        this.sockets.discard();
        this.options.log.warn('upstream identity mismatch', { provider: this.provider, operation: call.operation });
      }
      throw thrown;
    }
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

  private limitsOf(name: CallClass): ClassLimits {
    return createClassLimits(name, this.settings, (effect, circuit) => {
      this.options.log.warn('upstream circuit', { provider: this.provider, class: name, effect, circuit });
      if (name === 'server') this.options.onCircuit?.(this.provider, circuit);
    });
  }
}

/** Gives back a retry that did not go out. */
function waive(trace: Trace, retryBudget: RetryBudget): void {
  if (trace.granted) retryBudget.waived();
  trace.granted = false;
}
