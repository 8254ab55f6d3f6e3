import type { Dispatcher } from 'undici';
import { UpstreamError } from '../errors.js';
import type { Logger } from '../log.js';
import { monotonicNow, preciseNow } from '../values/clock.js';
import type { CredentialsHeard } from './answers.js';
import type { ClassLimits } from './class-limits.js';
import { CallClasses } from './call-classes.js';
import { createDispatchers, type Sockets } from './dispatcher.js';
import { Fault } from './fault.js';
import type {
  Call,
  CallFact,
  CallScope,
  CallWatcher,
  CircuitState,
  Http,
  HttpClient,
  HttpSettings,
  HttpTarget,
  RateBudget,
  UpstreamLoad,
} from './http.js';
import { beginProgress, callEnd, type CallProgress, type Waiting } from './call-progress.js';
import { RetryPlan, type RetryBudget } from './retry.js';
import { Sender } from './sender.js';
import { sleep } from '../values/sleep.js';

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
  /** Told when the last calls begin to say that an upstream fails, and when they no longer do. */
  onStanding?(provider: string, standing: 'WELL' | 'FAILING'): void;
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

/** Calls of one upstream, each with its retries. */
class UpstreamClient implements HttpClient {
  readonly provider: string;
  readonly baseUrl: string;
  private readonly classes: CallClasses;
  private readonly sender: Sender;
  private readonly random: () => number;

  constructor(
    target: HttpTarget,
    settings: HttpSettings,
    private readonly options: HttpOptions,
    sockets: Sockets,
  ) {
    this.provider = target.provider;
    this.baseUrl = target.baseUrl;
    this.random = options.random ?? Math.random;
    this.classes = new CallClasses(settings, (name, effect, circuit) => {
      options.log.warn('upstream_circuit', { provider: this.provider, class: name, effect, circuit });
      if (name === 'server') options.onCircuit?.(this.provider, circuit);
    });
    const turned = (standing: 'WELL' | 'FAILING') => options.onStanding?.(this.provider, standing);
    const parts = { settings, log: options.log, sockets, classes: this.classes, turned };
    this.sender = new Sender(target, parts, options.vouched);
  }

  call<T>(call: Call<T>, scope: CallScope): Promise<T> {
    const limits = this.classes.of(call, scope);
    const run = (waiting: Waiting) => this.run(call, scope, limits, waiting);
    if (call.effect === 'write') return limits.inFlight.apart(() => run(scope));
    // What must not be mistaken for another's answer has a socket, and an answer, of its own.
    return call.freshSocket === true ? run(scope) : limits.inFlight.share(call, scope, this.provider, run);
  }

  private async run<T>(call: Call<T>, scope: CallScope, limits: ClassLimits, waiting: Waiting): Promise<T> {
    const { retryBudget } = limits;
    const watch = (scope.watcher ?? this.options.watcher)?.begin({
      provider: this.provider,
      operation: call.operation,
      effect: call.effect,
    });
    const progress = beginProgress(watch, waiting);
    let plan: RetryPlan | undefined;
    for (;;) {
      try {
        const value = await this.sender.attempt(call, scope, progress, limits);
        retryBudget.success();
        this.finished(call, progress, undefined);
        return value;
      } catch (thrown) {
        waive(progress, retryBudget);
        // What onAttempt or our own code threw is not the upstream's failure and is passed on as it is.
        const theirs = thrown instanceof Fault || (thrown instanceof UpstreamError && progress.stage === 'answered');
        plan ??= new RetryPlan(call, scope.deadline, retryBudget, this.random, scope.patienceMs);
        const failure = { thrown, status: progress.status, askedWaitMs: progress.askedWaitMs };
        const waitMs = theirs ? plan.next(failure, monotonicNow()) : undefined;
        if (waitMs === undefined) {
          const error =
            thrown instanceof Fault ? thrown.toError(this.provider, call.operation, scope.credential) : thrown;
          this.finished(call, progress, error);
          throw error;
        }
        progress.granted = true;
        this.options.log.debug('upstream_retry', {
          provider: this.provider,
          operation: call.operation,
          attempt: progress.attempts,
          waitMs: Math.round(waitMs),
        });
        await this.rest(call, progress, retryBudget, waitMs);
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
    const state = { ...this.sender.standing(), ...this.classes.standing() };
    return state.circuit === 'CLOSED' ? state : { ...state, standing: 'FAILING' };
  }

  load(): readonly UpstreamLoad[] {
    return this.classes.load(this.provider);
  }

  /** The wait between two attempts; a client that leaves meanwhile ends the call. */
  private async rest(
    call: Call<unknown>,
    progress: CallProgress,
    retryBudget: RetryBudget,
    waitMs: number,
  ): Promise<void> {
    try {
      await sleep(waitMs, call.effect === 'read' ? progress.waiting.signal : undefined);
    } catch (thrown) {
      progress.stage = 'admission';
      waive(progress, retryBudget);
      this.finished(call, progress, thrown);
      throw thrown;
    }
  }

  private finished(call: Call<unknown>, progress: CallProgress, thrown: unknown): void {
    if (!this.options.onFinished && !progress.watch) return;
    const fact: CallFact = {
      provider: this.provider,
      operation: call.operation,
      effect: call.effect,
      attempts: progress.attempts,
      ms: preciseNow() - progress.startedAt,
      status: progress.status,
      kind: thrown === undefined ? undefined : callEnd(thrown, progress.stage),
      cause: progress.unreachable,
    };
    this.options.onFinished?.(fact);
    progress.watch?.ended(fact);
  }
}

/** Gives back a retry that did not go out. */
function waive(progress: CallProgress, retryBudget: RetryBudget): void {
  if (progress.granted) retryBudget.waived();
  progress.granted = false;
}
