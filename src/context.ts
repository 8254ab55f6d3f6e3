import { createAccess, type Access } from './access/access.js';
import type { Cursors } from './access/cursors.js';
import type { Fingerprint } from './access/fingerprint.js';
import type { Identities } from './access/identity.js';
import type { PayoutCharges } from './access/payout-caps.js';
import type { PaymentRight } from './access/scopes.js';
import type { GatewayReport } from './access/recent-changes.js';
import type { Health, HealthReport } from './access/health.js';
import type { RateLimit } from './access/rate-limit.js';
import type { StreamLimits } from './access/stream-limits.js';
import type { HeaderReader, Viewers } from './access/viewer.js';
import type { Vouched } from './access/vouched.js';
import type { Logger } from './log.js';
import type { Observation, Observe } from './observability/observe.js';
import type { Polling } from './polling/polling.js';
import type { OperationScope } from './providers/provider.js';
import type { Definitions, Providers } from './providers/registry.js';
import type { Writes } from './writes/writes.js';
import { monotonicNow } from './values/clock.js';
import type { Presence } from './values/departure.js';

/** What one operation can touch. Built anew for each, holds nothing of any other, does no I/O by itself. */
export interface Context extends Omit<Observation, 'watcher'> {
  readonly requestId: string;
  /** The name of the operator key that came with it, for the log. */
  readonly operator: string | undefined;
  /** The only way to an upstream: turns a right into an opened provider, or refuses. */
  readonly access: Access;
  readonly cursors: Cursors;
  readonly writes: Writes;
  readonly polling: Polling;
  readonly streams: StreamLimits;
  readonly payoutCharges: PayoutCharges;
  /** All providers, cut to what this caller may see. */
  health(): readonly HealthReport[];
  /** How this instance is doing; the graph says to whom it is told. */
  gateway(): GatewayReport;
  readonly log: Logger;
  /** The same caller's context with fresh loaders and time: one for each event of a subscription, so that none shows an old state. */
  renew(): Context;
  /** Upstream calls made for this operation so far, by provider. */
  readonly calls: () => Readonly<Record<string, number>>;
  /** To be called when the operation is over. */
  readonly release: () => void;
}

/** What all operations share; made once, in parts.ts. */
export interface ContextDeps {
  readonly definitions: Definitions;
  readonly providers: Providers;
  readonly viewers: Viewers;
  readonly fingerprint: Fingerprint;
  readonly cursors: Cursors;
  readonly writes: Writes;
  readonly polling: Polling;
  readonly streams: StreamLimits;
  readonly payoutCharges: PayoutCharges;
  readonly identities: Identities;
  readonly vouched: Vouched;
  readonly piUserActions: ReadonlySet<PaymentRight>;
  readonly health: Health;
  readonly gateway: () => GatewayReport;
  readonly log: Logger;
  readonly rateLimit: RateLimit | undefined;
  readonly observe: Observe;
  readonly operationTimeoutMs: number;
  /** How long one upstream write may take, its read-backs included. */
  readonly writeBudgetMs: number;
}

/** What the server knows of one operation. */
export interface OperationInput {
  readonly header: HeaderReader;
  readonly requestId: string;
  readonly signal: Presence;
  /** Where the caller is; one place for all when left out. */
  readonly address?: string | undefined;
}

/** What an operation goes on with when its context is made anew. */
interface Kept {
  readonly calls: Record<string, number>;
  readonly observed: ReturnType<ContextDeps['observe']>;
}

/** Makes the context of one operation. */
export function createContext(
  deps: ContextDeps,
  input: OperationInput,
  kept: Kept = { calls: {}, observed: deps.observe(input.header) },
): Context {
  const { header, requestId } = input;
  const {
    calls,
    observed: { watcher, trace, upstreamCalls, finished },
  } = kept;
  const scope = (signalOfReads: Presence | undefined, budgetMs: number): OperationScope => ({
    signal: signalOfReads,
    deadline: monotonicNow() + budgetMs,
    onAttempt: (provider, _operation, fingerprint) => {
      calls[provider] = (calls[provider] ?? 0) + 1;
      return deps.rateLimit?.(access.limitedAs(fingerprint));
    },
    callerOf: (fingerprint) => access.limitedAs(fingerprint),
    byStranger: viewer.operator === null,
    watcher,
  });
  const viewer = deps.viewers.read(header);
  const reads = scope(input.signal, deps.operationTimeoutMs);
  const access = createAccess({
    viewer,
    definitions: deps.definitions,
    providers: deps.providers,
    fingerprint: deps.fingerprint,
    identities: deps.identities,
    vouched: deps.vouched,
    address: input.address ?? '',
    piUserActions: deps.piUserActions,
    reads,
    // A client that leaves does not stop a write: it is finished and recorded, so that a repetition finds the result.
    writes: () => scope(undefined, deps.writeBudgetMs),
  });
  const { cursors, writes, polling, streams, payoutCharges, log } = deps;
  const context: Context = {
    requestId,
    operator: viewer.operator?.name,
    access,
    cursors,
    writes,
    polling,
    streams,
    payoutCharges,
    log,
    health: () => deps.health.report(access.isOperator, () => reads),
    gateway: deps.gateway,
    calls: () => calls,
    release: () => access.release(),
    renew: () => createContext(deps, input, kept),
    trace,
    upstreamCalls,
    finished,
  };
  return context;
}
