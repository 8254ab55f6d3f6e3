import { GatewayError } from '../errors.js';
import { createPlaces } from '../values/places.js';

/** Counts open streams and refuses those above the caps. */
export interface StreamLimits {
  /** Takes a place for this caller; call the answer once to give it back. Throws SUBSCRIPTION_LIMIT. */
  open(principal: string): () => void;
  readonly size: number;
}

export function createStreamLimits(limits: { readonly total: number; readonly perCaller: number }): StreamLimits {
  const places = createPlaces(limits.perCaller);
  return {
    get size() {
      return places.taken;
    },
    open(principal) {
      const giveBack = places.take(principal);
      if (giveBack === null)
        throw new GatewayError(
          'SUBSCRIPTION_LIMIT',
          `You have ${limits.perCaller} open subscriptions, the most one caller may have. End one first.`,
        );
      if (places.taken <= limits.total) return giveBack;
      giveBack();
      throw new GatewayError(
        'SUBSCRIPTION_LIMIT',
        'This instance has no room for more subscriptions. Try again later.',
      );
    },
  };
}
