import { GatewayError, invalidInput, UpstreamError } from '../../errors.js';
import { callScope, type OperationScope, type ProviderDefinition, type ProviderDeps } from '../provider.js';
import { listingOf } from './listing/all-rows.js';
import { createPinningClient } from './client.js';
import { createPinningAccess, type PinningAccess } from './access.js';
import { pinningCaller, pinningScopes } from './callers.js';
import { readPinningConfig, type PinningConfig, type PinningServiceConfig } from './config.js';
import { openSession, type OpenService } from './open-session.js';
import { createHabitMemory } from './listing/pages.js';
import { createServiceMemory } from './service-memory.js';
import type { Pinning } from './session.js';

/** IPFS pinning services: any number, all speaking one protocol. */
export const pinning: ProviderDefinition<
  PinningConfig,
  Pinning,
  typeof pinningCaller,
  (typeof pinningScopes)[number],
  PinningAccess
> = {
  name: 'pinning',
  scopes: pinningScopes,
  credential: pinningCaller,
  access: createPinningAccess,
  configuredBy: [/^PINNING_.+$/],
  readConfig: readPinningConfig,
  create: createPinning,
};

function createPinning(config: PinningConfig, deps: ProviderDeps): Pinning {
  const opened = new Map(config.services.map((service) => [service.name, openService(service, config, deps)]));
  return {
    services: config.services,
    open(name, credential, scope) {
      const service = opened.get(name);
      if (!service) throw invalidInput('service', 'is not a configured pinning service');
      return openSession(service, credential, scope);
    },
    health: () =>
      config.services.flatMap(({ name, token }) => {
        const client = opened.get(name)?.client;
        return client
          ? { name: client.provider, enabled: true, credential: token !== undefined, ...client.state() }
          : [];
      }),
    async ping(provider, scope) {
      const service = config.services.find(({ name }) => providerName(name) === provider);
      const client = service && opened.get(service.name)?.client;
      if (!client) throw new GatewayError('PROVIDER_DISABLED', 'There is no such pinning service.', { provider });
      await ping(client, service.token ?? null, scope);
    },
  };
}

function providerName(service: string): string {
  return `pinning:${service}`;
}

function openService(
  service: PinningServiceConfig,
  { pollIntervalMs }: PinningConfig,
  deps: ProviderDeps,
): OpenService {
  const http = deps.http.client({ provider: providerName(service.name), baseUrl: service.baseUrl });
  const client = createPinningClient(service.name, http, deps.log);
  return { client, memory: createServiceMemory(), order: createHabitMemory(), pollIntervalMs, deps };
}

/** A service without a token of ours is asked without one: that it refuses shows that it is there. */
async function ping(client: OpenService['client'], token: string | null, operation: OperationScope): Promise<void> {
  const scope = {
    ...callScope(operation, null),
    ...(token !== null && { credential: 'server' as const, fingerprint: 'ping' }),
  };
  try {
    await client.getPins(scope, token, { ...listingOf([]), status: ['PINNED'], limit: 1 });
  } catch (error) {
    const refused = error instanceof UpstreamError && (error.kind === 'unauthorized' || error.kind === 'forbidden');
    if (token !== null || !refused) throw error;
  }
}
