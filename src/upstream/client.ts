import type { Dispatcher } from 'undici';
import { UpstreamError } from '../errors.js';
import type { Logger } from '../log.js';
import { attempt } from './attempt.js';
import type { Verdict } from './breaker.js';
import { createDispatchers, type Sockets } from './dispatcher.js';
import { Fault } from './fault.js';
import { Gate } from './gate.js';
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
import { InFlight } from './in-flight.js';
import { beginTrace, endOf, judge, withRetryAfter, type Trace } from './outcome.js';
import { Pauses, retryAfterMs } from './pauses.js';
import { disbelief } from './refusal.js';
import { RetryBudget, RetryPlan } from './retry.js';
import { withoutSecrets } from './secrets.js';
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
  /** Told once per call, whatever its end. */
  onFinished?(fact: CallFact): void;
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

class UpstreamClient implements HttpClient {
  readonly provider: string;
  readonly baseUrl: string;
  private readonly origin: string;
  private readonly prefix: string;
  private readonly gates: { readonly read: Gate; readonly write: Gate };
  private readonly pauses = new Pauses();
  private readonly retryBudget = new RetryBudget();
  private readonly inFlight = new InFlight();
  private readonly random: () => number;
  private lastSuccessAt: number | undefined;

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
    this.gates = {
      read: this.gate('read', settings.upstreamConcurrency),
      write: this.gate('write', Math.max(1, Math.floor(settings.upstreamConcurrency / 5))),
    };
  }

  call<T>(call: Call<T>, scope: CallScope): Promise<T> {
    const run = () => this.run(call, scope);
    if (call.effect === 'write') return this.inFlight.apart(run);
    // What must not be mistaken for another's answer has a socket, and an answer, of its own.
    return call.freshSocket === true ? run() : this.inFlight.share(call, scope, this.provider, run);
  }

  private async run<T>(call: Call<T>, scope: CallScope): Promise<T> {
    const watch = (scope.watcher ?? this.options.watcher)?.begin({
      provider: this.provider,
      operation: call.operation,
      effect: call.effect,
    });
    const trace = beginTrace(watch);
    let plan: RetryPlan | undefined;
    for (;;) {
      try {
        const value = await this.attempt(call, scope, trace);
        this.retryBudget.success();
        this.finished(call, trace, undefined);
        return value;
      } catch (thrown) {
        this.waive(trace);
        // What onAttempt or our own code threw is not the upstream's failure and is passed on as it is.
        const theirs = thrown instanceof Fault || (thrown instanceof UpstreamError && trace.stage === 'answered');
        plan ??= new RetryPlan(call, scope.deadline, this.retryBudget, this.random, scope.patienceMs);
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
        await this.rest(call, scope, trace, waitMs);
      }
    }
  }

  budget(fingerprint: string, lane: string): RateBudget | undefined {
    return this.pauses.budget(fingerprint, lane, monotonicNow());
  }

  pausedUntil(fingerprint: string, lane?: string): number {
    return this.pauses.until(fingerprint, lane, monotonicNow());
  }

  state(): CircuitState {
    const now = monotonicNow();
    const circuits = [this.gates.read.circuit(now), this.gates.write.circuit(now)];
    const circuit = circuits.includes('OPEN') ? 'OPEN' : circuits.includes('HALF_OPEN') ? 'HALF_OPEN' : 'CLOSED';
    return { circuit, lastSuccessAt: this.lastSuccessAt };
  }

  load(): readonly UpstreamLoad[] {
    const now = monotonicNow();
    return (['read', 'write'] as const).map((effect) => ({
      provider: this.provider,
      effect,
      ...this.gates[effect].load(now),
    }));
  }

  /** One attempt with all that must be passed before it may leave. */
  private async attempt<T>(call: Call<T>, scope: CallScope, trace: Trace): Promise<T> {
    trace.stage = 'admission';
    trace.status = trace.askedWaitMs = trace.sentAt = undefined;
    const signal = call.effect === 'read' ? scope.signal : undefined;
    if (call.lane === undefined) {
      if (this.pauses.until(scope.fingerprint, undefined, monotonicNow()) > 0)
        await this.pauses.sitOut(scope.fingerprint, undefined, scope.deadline, signal, scope.patienceMs);
      return this.pass(call, scope, trace, signal);
    }
    const place = await this.pauses.enter(scope.fingerprint, call.lane, scope.deadline, signal, scope.patienceMs);
    try {
      return await this.pass(call, scope, trace, signal);
    } finally {
      place.leave(trace.sentAt !== undefined);
    }
  }

  /** The attempt itself, through the gate. */
  private async pass<T>(call: Call<T>, scope: CallScope, trace: Trace, signal: AbortSignal | undefined): Promise<T> {
    const gate = this.gates[call.effect];
    const pass = gate.tryEnter(monotonicNow()) ?? (await gate.wait(scope.deadline - monotonicNow(), signal));
    let verdict: Verdict = 'good';
    try {
      trace.stage = 'asking';
      const asked = scope.onAttempt?.(this.provider, call.operation);
      if (asked) await asked;
      const answer = await this.send(call, scope, trace, gate, signal);
      trace.stage = 'answered';
      trace.status = answer.status;
      return this.understand(call, scope, trace, answer);
    } catch (thrown) {
      verdict = judge(thrown, trace.stage, trace.status);
      throw thrown;
    } finally {
      gate.leave(pass, verdict, call.subject, trace.sentAt, trace.status !== undefined);
    }
  }

  /** Sends it; throws when it is too late for that. */
  private send(
    call: Call<unknown>,
    scope: CallScope,
    trace: Trace,
    gate: Gate,
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
    this.departs(trace, gate, now);
    return attempt(dispatcher, this.requestOf(call, trace.watch?.headers), {
      timeoutMs,
      maxBytes: this.settings.upstreamMaxBytes,
      signal,
    });
  }

  /** Takes down that an attempt goes out now. */
  private departs(trace: Trace, gate: Gate, now: number): void {
    trace.sentAt = now;
    trace.attempts += 1;
    gate.sent();
    if (trace.attempts === 1) this.retryBudget.asked();
    else this.retryBudget.repeated(now);
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

  private understand<T>(call: Call<T>, scope: CallScope, trace: Trace, answer: Answer): T {
    const { status } = answer;
    const now = monotonicNow();
    if (call.lane !== undefined) this.pauses.note(scope.fingerprint, call.lane, answer.headers, now);
    if (status >= 200 && status < 300) {
      const value = this.accept(call, answer);
      this.lastSuccessAt = Date.now();
      return value;
    }
    if (status === 429) trace.askedWaitMs = this.pauses.refused(scope.fingerprint, call.lane, answer.headers, now);
    else if (status === 503) trace.askedWaitMs = retryAfterMs(answer.headers);
    throw withoutSecrets(withRetryAfter(this.refusal(call, scope, answer), trace.askedWaitMs), call.headers);
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
  private async rest(call: Call<unknown>, scope: CallScope, trace: Trace, waitMs: number): Promise<void> {
    try {
      await sleep(waitMs, call.effect === 'read' ? scope.signal : undefined);
    } catch (thrown) {
      trace.stage = 'admission';
      this.waive(trace);
      this.finished(call, trace, thrown);
      throw thrown;
    }
  }

  /** Gives back a retry that did not go out. */
  private waive(trace: Trace): void {
    if (trace.granted) this.retryBudget.waived();
    trace.granted = false;
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
    };
    this.options.onFinished?.(fact);
    trace.watch?.ended(fact);
  }

  private gate(effect: 'read' | 'write', limit: number): Gate {
    return new Gate(this.settings, limit, (circuit) =>
      this.options.log.warn('upstream circuit', { provider: this.provider, effect, circuit }),
    );
  }
}
