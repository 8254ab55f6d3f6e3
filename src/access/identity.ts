import { GatewayError, UpstreamError } from '../errors.js';
import type { OperationScope } from '../providers/provider.js';
import type { User } from '../providers/pi/model.js';
import type { Pi, PiUserCredential } from '../providers/pi/session.js';
import { toMillis } from '../values/instant.js';
import type { Vouched } from './vouched.js';
import { boundedCache } from '../values/bounded-cache.js';
import { monotonicNow } from '../values/clock.js';
import { JointReads } from '../values/joint-reads.js';

/** A user whom Pi vouched for. */
export interface Identity {
  readonly user: User;
  /** When Pi said so, on the monotonic clock. */
  readonly verifiedAt: number;
  /** After which Pi has to be asked again, on the monotonic clock. */
  readonly usableUntil: number;
}

/** Tells who a Pi token stands for: asked of Pi, remembered for a short time, never believed from anywhere else. */
export interface Identities {
  /**
   * Throws UNAUTHENTICATED, or AUTH_PROVIDER_UNAVAILABLE when Pi cannot be asked within the scope's time. `maxAgeMs` bounds
   * what may be remembered.
   */
  verify(credential: PiUserCredential, scope: OperationScope, maxAgeMs?: number): Promise<Identity>;
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

/** A refusal that concerns the one who asked alone, such as a limit of their own. */
class AskersOwn {
  constructor(readonly reason: unknown) {}
}

/** Tokens near their end are refused this early, whatever our clock and Pi's say. */
const EXPIRY_MARGIN_MS = 30_000;
const MAX_REMEMBERED = 10_000;
const LONGEST_NEGATIVE_TTL_MS = 5_000;

export function createIdentities(
  pi: Pi,
  settings: IdentitySettings,
  onLookup?: (result: IdentityLookup) => void,
  vouched?: Pick<Vouched, 'accepted'>,
): Identities {
  const known = boundedCache<Identity>(MAX_REMEMBERED);
  /** Until when (monotonic clock) a refused token stays refused. */
  const rejected = boundedCache<number>(MAX_REMEMBERED);
  const negativeTtlMs = Math.min(settings.negativeTtlMs, LONGEST_NEGATIVE_TTL_MS);
  const asking = new JointReads<Identity>((error) => error instanceof AskersOwn);

  async function ask(credential: PiUserCredential, scope: OperationScope, signal: AbortSignal): Promise<Identity> {
    const key = credential.fingerprint;
    // Without the caller's signal and deadline: others may be waiting for the same answer.
    const question = pi.identify(credential, { ...scope, signal, deadline: monotonicNow() + settings.timeoutMs });
    const user = await question.catch((error: unknown) => {
      throw failure(key, error);
    });
    const verifiedAt = monotonicNow();
    const leftMs = toMillis(user.tokenValidUntil) - EXPIRY_MARGIN_MS - Date.now();
    if (leftMs <= 0) throw deny(key);
    const identity = { user, verifiedAt, usableUntil: verifiedAt + Math.min(settings.ttlMs, leftMs) };
    known.set(key, identity);
    vouched?.accepted(key, `user:${user.uid}`);
    return identity;
  }

  function failure(key: string, error: unknown): unknown {
    if (!(error instanceof UpstreamError)) return new AskersOwn(error);
    if (error.kind !== 'unauthorized') return unavailable(error.retryAfterMs);
    // Only a clear no is remembered: an answer that names nobody, and a page of somebody in between, may be a mistake.
    if (error.reason !== undefined) return refused();
    if (error.status === 401) rejected.set(key, monotonicNow() + negativeTtlMs);
    return deny(key);
  }

  /** What was said before does not hold any more. */
  function deny(key: string): GatewayError {
    known.delete(key);
    return refused();
  }

  /** Asks, or waits with whoever asks already. */
  async function join(credential: PiUserCredential, scope: OperationScope): Promise<Identity> {
    const begin = (signal: AbortSignal) => ask(credential, scope, signal);
    try {
      return (await asking.get(credential.fingerprint, scope, () => unavailable(undefined), begin)).answer;
    } catch (error) {
      throw error instanceof AskersOwn ? error.reason : error;
    }
  }

  return {
    async verify(credential, scope, maxAgeMs = Infinity) {
      const remembered = known.get(credential.fingerprint);
      const now = monotonicNow();
      if (remembered && now < remembered.usableUntil && now - remembered.verifiedAt <= maxAgeMs) {
        onLookup?.('hit');
        return remembered;
      }
      const knownRefused = now < (rejected.get(credential.fingerprint) ?? 0);
      onLookup?.(knownRefused ? 'refused' : 'miss');
      if (knownRefused) throw refused();
      return join(credential, scope);
    },
  };
}

function refused(): GatewayError {
  return new GatewayError(
    'UNAUTHENTICATED',
    'The Pi access token is not accepted. Sign in with Pi again and send the new token.',
    { provider: 'pi' },
  );
}

function unavailable(retryAfterMs: number | undefined): GatewayError {
  return new GatewayError(
    'AUTH_PROVIDER_UNAVAILABLE',
    'Pi cannot be asked right now who this token belongs to. Try again in a moment.',
    {
      provider: 'pi',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}
