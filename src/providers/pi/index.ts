import { GatewayError } from '../../errors.js';
import { callScope, type ProviderDefinition } from '../provider.js';
import { createPiClient } from './client.js';
import { piCaller, piScopes } from './callers.js';
import { readPiConfig, type PiConfig } from './config.js';
import { RecentIds } from '../../values/recent-ids.js';
import { SeenNetworks } from './networks.js';
import { openPiSession } from './open-session.js';
import type { Pi } from './session.js';

const NAME = 'pi';
/** For how long a payout that was begun here may not be found yet. */
const MADE_MS = 60_000;

/** The Pi Platform API: payments, rewarded ads, the signed-in user. */
export const pi: ProviderDefinition<PiConfig, Pi, typeof piCaller, (typeof piScopes)[number]> = {
  name: NAME,
  scopes: piScopes,
  credential: piCaller,
  configuredBy: ['PI_API_KEY', 'PI_BASE_URL'],
  readConfig: readPiConfig,
  create(config, deps) {
    const client = createPiClient(
      deps.http.client({ provider: NAME, baseUrl: config.baseUrl }),
      config.appId,
      deps.log,
    );
    const made = new RecentIds(MADE_MS);
    const networks = new SeenNetworks();
    return {
      name: NAME,
      baseUrl: config.baseUrl,
      apiKey: config.apiKey,
      health: () => [{ name: NAME, enabled: true, credential: config.apiKey !== undefined, ...client.state() }],
      async ping(name, scope) {
        if (name !== NAME || config.apiKey === undefined) {
          throw new GatewayError('PROVIDER_DISABLED', 'There is no server key to ask with.', { provider: NAME });
        }
        await client.getIncompleteServerPayments(
          { ...scope, fingerprint: `${NAME}:ping`, credential: 'server' },
          config.apiKey,
        );
      },
      open: (credential, scope) => openPiSession({ client, config, made, networks, deps }, credential, scope),
      identify: (credential, scope) => client.getMe(callScope(scope, credential), credential.fields.token),
    };
  },
};
