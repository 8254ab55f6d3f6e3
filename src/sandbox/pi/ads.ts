import { instantFromMillis } from '../../values/instant.js';
import type { SandboxClock } from '../part.js';

const MINUTE_MS = 60_000;
/** After how long the mediator answers for `ad-soon`, counted from the start of the sandbox. */
const SOON_MS = 20_000;

/** The rewarded ads that the sandbox knows: one per answer that a mediator can give, and one that is still open and changes. */
export const adIds = ['ad-granted', 'ad-revoked', 'ad-failed', 'ad-waiting', 'ad-soon'] as const;

/** The state of an ad in the shape of the Platform API; undefined when it is not known. */
export type AdLookup = (adId: string) => object | undefined;

export function createAds(clock: SandboxClock): AdLookup {
  const start = clock.now();
  const grantedMs = start - 30 * MINUTE_MS;
  const render = (
    identifier: string,
    status: string | null,
    granted: number | null = null,
    revoked: number | null = null,
  ) => ({
    identifier,
    mediator_ack_status: status,
    mediator_granted_at: granted === null ? null : instantFromMillis(granted).text,
    mediator_revoked_at: revoked === null ? null : instantFromMillis(revoked).text,
  });
  const answered = () => clock.speed === Infinity || (clock.now() - start) * clock.speed >= SOON_MS;

  return (adId) => {
    switch (adId) {
      case 'ad-granted':
        return render(adId, 'granted', grantedMs);
      case 'ad-revoked':
        return render(adId, 'revoked', grantedMs, grantedMs + 10 * MINUTE_MS);
      case 'ad-failed':
        return render(adId, 'failed');
      case 'ad-waiting':
        return render(adId, null);
      case 'ad-soon':
        return answered() ? render(adId, 'granted', start + SOON_MS / clock.speed) : render(adId, null);
      default:
        return undefined;
    }
  };
}
