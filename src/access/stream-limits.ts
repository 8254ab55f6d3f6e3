import { GatewayError } from '../errors.js';

/** Counts open streams and refuses those above the caps. */
export interface StreamLimits {
  /** Takes a place for this caller; call the answer once to give it back. Throws SUBSCRIPTION_LIMIT. */
  open(principal: string): () => void;
  readonly size: number;
}

export function createStreamLimits(limits: { readonly total: number; readonly perCaller: number }): StreamLimits {
  const open = new Map<string, number>();
  let total = 0;

  return {
    get size() {
      return total;
    },
    open(principal) {
      const own = open.get(principal) ?? 0;
      if (own >= limits.perCaller)
        throw new GatewayError(
          'SUBSCRIPTION_LIMIT',
          `You have ${own} open subscriptions, the most one caller may have. End one first.`,
        );
      if (total >= limits.total)
        throw new GatewayError(
          'SUBSCRIPTION_LIMIT',
          'This instance has no room for more subscriptions. Try again later.',
        );
      open.set(principal, own + 1);
      total += 1;
      let closed = false;
      return () => {
        if (closed) return;
        closed = true;
        total -= 1;
        const left = (open.get(principal) ?? 1) - 1;
        if (left === 0) open.delete(principal);
        else open.set(principal, left);
      };
    },
  };
}
