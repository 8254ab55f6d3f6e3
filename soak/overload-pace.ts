/**
 * When requests of a crowd are due. The pace rises evenly for a while and is then held. A crowd is many machines: when this one
 * stands still, the others would not, and would not all send at once afterwards. So its clock stands still as well, and what
 * is sent late because of the sender is as late as one of its turns.
 */
export interface Pace {
  /** Calls `due` for each request that is due by now, with the instant; false = all were due. */
  tick(now: number, due: (at: number, counted: boolean) => void): boolean;
  /** How long the sender stood still in all, in milliseconds: longer than it may. */
  stoodStill(): number;
  /** How long the held pace really took, with what it stood still in it. */
  countedMs(now: number): number;
}

/** A turn of the sender longer than this is no delay of the crowd. */
const MOST_TURN_MS = 20;

export function createPace(began: number, perSecond: number, riseMs: number, forMs: number): Pace {
  /** The first half of the rise's requests take most of its time. */
  const rising = (riseMs / 1_000) * perSecond * 0.5;
  const instant = (number: number): number =>
    number < rising ? riseMs * Math.sqrt(number / rising) : riseMs + ((number - rising) / perSecond) * 1_000;
  let [number, last, still, heldSince] = [0, began, 0, NaN];
  return {
    tick(now, due) {
      still += Math.max(0, now - last - MOST_TURN_MS);
      last = now;
      const time = now - began - still;
      if (Number.isNaN(heldSince) && time >= riseMs) heldSince = now;
      for (; instant(number) <= time && instant(number) < riseMs + forMs; number += 1)
        due(began + still + instant(number), number >= rising);
      return time < riseMs + forMs;
    },
    stoodStill: () => still,
    countedMs: (now) => now - heldSince,
  };
}
