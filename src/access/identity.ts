import { LRUCache } from 'lru-cache';
import { GatewayError, UpstreamError } from '../errors.js';
import type { OperationScope } from '../providers/provider.js';
import type { User } from '../providers/pi/model.js';
import type { Pi, PiUserCredential } from '../providers/pi/session.js';
import { toMillis } from '../values/instant.js';

/** A user whom Pi vouched for, and when. */
interface Verified {
  readonly user: User;
  readonly verifiedAt: number;
}

/** Tells who a Pi token stands for: asked of Pi, remembered for a short time, never believed from anywhere else. */
export interface Identities {
  /** Throws UNAUTHENTICATED, or AUTH_PROVIDER_UNAVAILABLE when Pi cannot be asked. `maxAgeMs` bounds what may be remembered. */
  verify(credential: PiUserCredential, scope: OperationScope, maxAgeMs?: number): Promise<User>;
}

/** Whether an identity was remembered, remembered as refused, or had to be asked for. */
export type IdentityLookup = 'hit' | 'refused' | 'miss';

export interface IdentitySettings {
  readonly ttlMs: number;
  /** How long a refused token stays refused without asking again; at most 5 seconds. */
  readonly negativeTtlMs: number;
  /** Bound on one question to Pi, which no single caller may cut short. */
  readonly timeoutMs: number;
}

/** Tokens near their end are refused this early, whatever our clock and Pi's say. */
const EXPIRY_MARGIN_MS = 30_000;
const MAX_REMEMBERED = 10_000;

const refused = () => new GatewayError('UNAUTHENTICATED', 'The Pi access token is not accepted. Sign in with Pi again and send the new token.', { provider: 'pi' });

export function createIdentities(pi: Pi, settings: IdentitySettings, onLookup?: (result: IdentityLookup) => void): Identities {
  const known = new LRUCache<string, Verified>({ max: MAX_REMEMBERED });
  const rejected = new LRUCache<string, true>({ max: MAX_REMEMBERED, ttl: Math.max(1, Math.min(settings.negativeTtlMs, 5_000)) });
  const asking = new Map<string, Promise<Verified>>();

  const usableFor = ({ user, verifiedAt }: Verified) =>
    Math.min(verifiedAt + settings.ttlMs, toMillis(user.tokenValidUntil) - EXPIRY_MARGIN_MS) - Date.now();

  async function ask(credential: PiUserCredential, scope: OperationScope): Promise<Verified> {
    try {
      // Without the caller's signal and deadline: others may be waiting for the same answer.
      const user = await pi.identify(credential, { ...scope, signal: undefined, deadline: Date.now() + settings.timeoutMs });
      return { user, verifiedAt: Date.now() };
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (error.kind !== 'unauthorized') throw unavailable(error);
      if (settings.negativeTtlMs > 0) rejected.set(credential.fingerprint, true);
      throw refused();
    }
  }

  function shared(credential: PiUserCredential, scope: OperationScope): Promise<Verified> {
    const key = credential.fingerprint;
    let question = asking.get(key);
    if (!question) {
      question = ask(credential, scope).finally(() => asking.delete(key));
      asking.set(key, question);
    }
    return question;
  }

  return {
    async verify(credential, scope, maxAgeMs = Infinity) {
      const key = credential.fingerprint;
      const remembered = known.get(key);
      if (remembered && usableFor(remembered) > 0 && Date.now() - remembered.verifiedAt <= maxAgeMs) {
        onLookup?.('hit');
        return remembered.user;
      }
      const knownRefused = rejected.has(key);
      onLookup?.(knownRefused ? 'refused' : 'miss');
      if (knownRefused) throw refused();
      const fresh = await shared(credential, scope);
      if (toMillis(fresh.user.tokenValidUntil) - EXPIRY_MARGIN_MS <= Date.now()) throw refused();
      if (usableFor(fresh) > 0) known.set(key, fresh);
      return fresh.user;
    },
  };
}

function unavailable(error: UpstreamError): GatewayError {
  return new GatewayError('AUTH_PROVIDER_UNAVAILABLE', 'Pi cannot be asked right now who this token belongs to. Try again in a moment.', {
    provider: 'pi', ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  });
}
