import { GatewayError } from '../../errors.js';
import { callScope, noCredential, type ProviderDefinition } from '../provider.js';
import { createLedgerClient } from './client.js';
import { readLedgerConfig, type LedgerConfig } from './config.js';
import { openLedgerSession, sessionOff } from './open-session.js';
import type { Ledger, LedgerAccess } from './session.js';

const NAME = 'ledger';

/** Pi's ledger (Horizon), read only: what became of payments on the chain. */
export const ledger: ProviderDefinition<LedgerConfig, Ledger, typeof noCredential, never, LedgerAccess> = {
  name: NAME,
  scopes: [],
  credential: noCredential,
  configuredBy: ['PI_LEDGER_URL'],
  readConfig: readLedgerConfig,
  create({ baseUrl }, deps) {
    const refuse = () =>
      new GatewayError('PROVIDER_DISABLED', "Pi's ledger is not configured here (PI_LEDGER_URL).", { provider: NAME });
    if (baseUrl === undefined)
      return {
        name: NAME,
        enabled: false,
        health: () => [
          {
            name: NAME,
            enabled: false,
            credential: true,
            circuit: 'CLOSED',
            standing: 'NOT_ASKED',
            lastSuccessAt: undefined,
          },
        ],
        async ping() {
          throw refuse();
        },
        open: () => sessionOff,
      };
    const client = createLedgerClient(deps.http.client({ provider: NAME, baseUrl }));
    return {
      name: NAME,
      enabled: true,
      health: () => [{ name: NAME, enabled: true, credential: true, ...client.state() }],
      async ping(_name, scope) {
        await client.getNetwork(callScope(scope, null));
      },
      open: (scope) => openLedgerSession(client, scope),
    };
  },
  access: (provider, { reads, writes }) => ({ ...provider.open(reads), forWrite: () => provider.open(writes()) }),
};
