import { GatewayError } from '../../errors.js';
import type { ProviderDefinition, ProviderDeps } from '../provider.js';
import { createBitMinterClient } from './client.js';
import { createBitMinterAccess, type BitMinterAccess } from './access.js';
import { bitminterCaller, bitminterScopes } from './callers.js';
import { readBitMinterConfig, type BitMinterConfig } from './config.js';
import { openMinerSession, openPoolSession, type SessionParts } from './open-session.js';
import type { BitMinter } from './session.js';
import { createReadCache } from './read-cache.js';

const NAME = 'bitminter';

/** The BitMinter pool: its figures, blocks and shifts, and its miners' accounts. */
export const bitminter: ProviderDefinition<
  BitMinterConfig,
  BitMinter,
  typeof bitminterCaller,
  (typeof bitminterScopes)[number],
  BitMinterAccess
> = {
  name: NAME,
  scopes: bitminterScopes,
  credential: bitminterCaller,
  access: createBitMinterAccess,
  configuredBy: ['BITMINTER_BASE_URL', 'BITMINTER_API_KEY'],
  readConfig: readBitMinterConfig,
  create(config, deps) {
    const { baseUrl, apiKey } = config;
    const parts = baseUrl === undefined ? undefined : createParts(baseUrl, config, deps);
    const opened = (): SessionParts => {
      if (parts) return parts;
      throw new GatewayError('PROVIDER_DISABLED', 'The mining pool is not configured here (BITMINTER_BASE_URL).', {
        provider: NAME,
      });
    };
    return {
      name: NAME,
      baseUrl,
      apiKey,
      health: () => [
        {
          name: NAME,
          credential: apiKey !== undefined,
          ...(parts
            ? { enabled: true, ...parts.client.state() }
            : { enabled: false, circuit: 'CLOSED', standing: 'NOT_ASKED', lastSuccessAt: undefined }),
        },
      ],
      async ping(_name, scope) {
        await opened().client.getPoolStats({ ...scope, fingerprint: 'public', credential: 'none' });
      },
      openPool: (scope) => openPoolSession(opened(), scope),
      openMiners: (credential, scope) => openMinerSession(opened(), credential, scope),
    };
  },
};

function createParts(
  baseUrl: string,
  { cacheTtlMs, pollIntervalMs }: BitMinterConfig,
  deps: ProviderDeps,
): SessionParts {
  const client = createBitMinterClient(deps.http.client({ provider: NAME, baseUrl }), deps.log);
  // Time for one repetition.
  const timeoutMs = 2 * deps.upstreamTimeoutMs;
  const onLookup = (hit: boolean) => deps.onCacheLookup?.(NAME, hit);
  return {
    client,
    pollIntervalMs,
    timeoutMs,
    reads: createReadCache({ provider: NAME, baseUrl, ttlMs: cacheTtlMs, timeoutMs, onLookup }),
  };
}
