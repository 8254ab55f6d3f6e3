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
  readonly standing: UpstreamHealth['standing'] | null;
  /** Epoch milliseconds. */
  readonly lastSuccessAt: number | null;
  readonly lastFailure: UpstreamHealth['lastFailure'] | null;
  readonly latencyMs: number | null;
  readonly budget: UpstreamHealth['budget'] | null;
  /** Pings the provider; null when the caller may not. */
  reachable(): Promise<boolean | null>;
}

const PING_TTL_MS = 30_000;

export interface Health {
  report(isOperator: boolean, scope: () => OperationScope): readonly HealthReport[];
}

type Known = Omit<HealthReport, 'name' | 'enabled' | 'configured' | 'reachable'>;

const hidden: Known = {
  circuit: null,
  standing: null,
  lastSuccessAt: null,
  lastFailure: null,
  latencyMs: null,
  budget: null,
};

function shown(health: Omit<UpstreamHealth, 'name' | 'enabled' | 'credential'>): Known {
  const { circuit, standing, lastSuccessAt = null, lastFailure = null, latencyMs = null, budget = null } = health;
  return { circuit, standing, lastSuccessAt, lastFailure, latencyMs, budget };
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
        provider.health().map(({ name, enabled, credential, ...known }) => ({
          name,
          enabled,
          configured: credential,
          ...(isOperator ? shown(known) : hidden),
          reachable: async () => (isOperator && enabled ? ping(provider, name, scope()) : isOperator ? false : null),
        })),
      ),
  };
}
