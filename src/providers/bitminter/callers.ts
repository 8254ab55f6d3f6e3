import { callerCredential, isToken } from '../provider.js';

/** An API key of a miner's account. */
export const bitminterCaller = callerCredential({
  headers: ['x-bitminter-key'],
  personal: false,
  read(header) {
    const key = header('x-bitminter-key');
    if (key === null) return { state: 'absent' };
    return isToken(key) ? { state: 'usable', fields: { key } } : { state: 'unusable' };
  },
  identity: ({ key }: { readonly key: string }) => [key],
});

/** What operator keys can be allowed to do with miner accounts. */
export const bitminterScopes = ['bm:read'] as const;
