/** Places for what stays open, so many for each who takes them. */
export interface Places {
  /** Takes one; call the answer once to give it back. Null when this one has all of their own. */
  take(who: string): (() => void) | null;
  /** How many are taken by all together. */
  readonly taken: number;
}

export function createPlaces(forEach: number): Places {
  const takenBy = new Map<string, number>();
  let taken = 0;
  return {
    get taken() {
      return taken;
    },
    take(who) {
      const own = takenBy.get(who) ?? 0;
      if (own >= forEach) return null;
      takenBy.set(who, own + 1);
      taken += 1;
      let back = false;
      return () => {
        if (back) return;
        back = true;
        taken -= 1;
        const left = (takenBy.get(who) ?? 1) - 1;
        if (left === 0) takenBy.delete(who);
        else takenBy.set(who, left);
      };
    },
  };
}
