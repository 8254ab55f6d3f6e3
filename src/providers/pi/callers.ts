import { callerCredential, isToken } from '../provider.js';

/** A Pi user's access token, as `authorization: Bearer`. Any other scheme is unusable. */
export const piCaller = callerCredential({
  headers: ['authorization'],
  personal: true,
  read(header) {
    const sent = header('authorization');
    if (sent === null) return { state: 'absent' };
    const [scheme, token = null, ...more] = sent.trim().split(/\s+/);
    if (scheme?.toLowerCase() !== 'bearer' || more.length > 0 || !isToken(token)) return { state: 'unusable' };
    return { state: 'usable', fields: { token } };
  },
  identity: ({ token }: { readonly token: string }) => [token],
});

/** What operator keys can be allowed to do with the app's payments. */
export const piScopes = ['pi:read', 'pi:approve', 'pi:complete', 'pi:cancel', 'pi:payout'] as const;
