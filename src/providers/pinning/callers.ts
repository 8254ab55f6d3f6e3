import { callerCredential, isToken } from '../provider.js';

/** A token of one pinning service. */
export const pinningCaller = callerCredential({
  headers: ['x-pinning-token'],
  personal: false,
  read(header) {
    const token = header('x-pinning-token');
    if (token === null) return { state: 'absent' };
    return isToken(token) ? { state: 'usable', fields: { token } } : { state: 'unusable' };
  },
  identity: ({ token }: { readonly token: string }) => [token],
});

/** What operator keys can be allowed to do with pins. */
export const pinningScopes = ['pin:read', 'pin:write'] as const;
