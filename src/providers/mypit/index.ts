import { GatewayError } from '../../errors.js';
import type { ProviderDefinition } from '../provider.js';
import { createMyPitClient } from './client.js';
import { createMyPitAccess, type MyPitAccess } from './access.js';
import { mypitCaller, mypitScopes } from './callers.js';
import { readMyPitConfig, type MyPitConfig } from './config.js';
import { createFormerStates } from './writes/former-states.js';
import { createIssueMemory } from './writes/issue-memory.js';
import { createListSizes } from './listing/list-sizes.js';
import { openMyPitSession, type SessionParts } from './open-session.js';
import type { MyPit } from './session.js';

const NAME = 'mypit';

/** The MyPit OPEN API: badge templates, holders, issued badges. */
export const mypit: ProviderDefinition<
  MyPitConfig,
  MyPit,
  typeof mypitCaller,
  (typeof mypitScopes)[number],
  MyPitAccess
> = {
  name: NAME,
  scopes: mypitScopes,
  credential: mypitCaller,
  access: createMyPitAccess,
  configuredBy: ['MYPIT_CLIENT_ID', 'MYPIT_BASE_URL'],
  readConfig: readMyPitConfig,
  create({ baseUrl, fields }, deps) {
    const client = createMyPitClient(deps.http.client({ provider: NAME, baseUrl }), deps.log);
    const memories = { sizes: createListSizes(), memory: createIssueMemory(), former: createFormerStates() };
    const parts: SessionParts = { client, ...memories, deps };
    return {
      name: NAME,
      baseUrl,
      fields,
      health: () => [{ name: NAME, enabled: true, credential: fields !== undefined, ...client.state() }],
      async ping(name, scope) {
        if (name !== NAME || fields === undefined) {
          throw new GatewayError('PROVIDER_DISABLED', 'There is no server credential to ask with.', { provider: NAME });
        }
        await client.hello({ scope: { ...scope, fingerprint: `${NAME}:ping`, credential: 'server' }, fields });
      },
      open: (credential, scope) => openMyPitSession(parts, credential, scope),
    };
  },
};
