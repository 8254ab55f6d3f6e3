import { callerCredential, isToken } from '../provider.js';
import type { MyPitFields } from './config.js';

/** A MyPit pair with its acting user. One header alone counts as sent, so that the server's pair is not used in its place. */
export const mypitCaller = callerCredential({
  headers: ['x-mypit-client-id', 'x-mypit-secret-key', 'x-mypit-user-id', 'x-mypit-issuer-did'],
  personal: false,
  read(header) {
    const clientId = header('x-mypit-client-id');
    const secretKey = header('x-mypit-secret-key');
    const userId = header('x-mypit-user-id');
    const issuerDid = header('x-mypit-issuer-did');
    if (clientId === null && secretKey === null && userId === null && issuerDid === null) return { state: 'absent' };
    const usable = isToken(clientId) && isToken(secretKey) && isToken(userId);
    if (!usable || (issuerDid !== null && !isToken(issuerDid))) return { state: 'unusable' };
    return { state: 'usable', fields: { clientId, secretKey, userId, issuerDid } };
  },
  identity: ({ clientId, secretKey, userId }: MyPitFields) => [clientId, secretKey, userId],
});

/** What operator keys can be allowed to do with badges and holders. */
export const mypitScopes = ['mypit:read', 'mypit:pii', 'mypit:write', 'mypit:delete', 'mypit:issue'] as const;
