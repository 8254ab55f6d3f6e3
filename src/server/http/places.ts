/** Places for connections that stay: WebSockets and event streams, so many for each address. */
export interface Places {
  /** Takes one; call the answer once to give it back. Null when this address has all of its own. */
  take(address: string): (() => void) | null;
}

export const SOCKETS_PER_ADDRESS = 2_000;
export const NO_PLACE = 'There are too many open connections from this address. Close one first.';

export function createPlaces(perAddress: number): Places {
  const taken = new Map<string, number>();
  return {
    take(address) {
      const own = taken.get(address) ?? 0;
      if (own >= perAddress) return null;
      taken.set(address, own + 1);
      let back = false;
      return () => {
        if (back) return;
        back = true;
        const left = (taken.get(address) ?? 1) - 1;
        if (left === 0) taken.delete(address);
        else taken.set(address, left);
      };
    },
  };
}
