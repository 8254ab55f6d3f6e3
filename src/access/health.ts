import { LRUCache } from 'lru-cache';
import { GatewayError } from '../errors.js';
import type { OperationScope, Provider, UpstreamHealth } from '../providers/provider.js';

/** The health of one provider, cut to what the caller may see. */
export interface HealthReport {
  readonly name: string;
  readonly enabled: boolean;
  /** Whether this deployment has a credential of its own for it. */
  readonly configured: boolean;
  readonly circuit: UpstreamHealth['circuit'] | null;
  /** Epoch milliseconds. */
  readonly lastSuccessAt: number | null;
  readonly latencyMs: number | null;
  readonly budget: UpstreamHealth['budget'] | null;
  /** Pings the provider; null when the caller may not. */
  reachable(): Promise<boolean | null>;
}

const PING_TTL_MS = 30_000;

export interface Health {
  report(isOperator: boolean, scope: () => OperationScope): readonly HealthReport[];
}

/** Reports on all providers; pings are shared by all callers for 30 seconds. */
export function createHealth(providers: readonly Provider[]): Health {
  const pings = new LRUCache<string, Promise<boolean>>({ max: 100, ttl: PING_TTL_MS });

  const ping = (provider: Provider, name: string, scope: OperationScope) => {
    let answer = pings.get(name);
    if (!answer) {
      // The answer is everybody's, so the one who happens to ask does not end it by leaving, and cannot spoil it by a limit of theirs.
      const asked = provider.ping(name, { ...scope, signal: undefined }).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof GatewayError && error.code === 'TOO_MANY_REQUESTS')) return false;
          if (pings.get(name) === asked) pings.delete(name);
          throw error;
        },
      );
      pings.set(name, (answer = asked));
    }
    return answer;
  };

  return {
    report: (isOperator, scope) =>
      providers.flatMap((provider) =>
        provider.health().map(({ name, enabled, credential, circuit, lastSuccessAt, latencyMs, budget }) => ({
          name,
          enabled,
          configured: credential,
          circuit: isOperator ? circuit : null,
          lastSuccessAt: isOperator ? (lastSuccessAt ?? null) : null,
          latencyMs: isOperator ? (latencyMs ?? null) : null,
          budget: isOperator ? (budget ?? null) : null,
          reachable: async () => (isOperator && enabled ? ping(provider, name, scope()) : isOperator ? false : null),
        })),
      ),
  };
}
