/**
 * When requests of a crowd are due: the pace rises evenly for a while, and is then held. A crowd is many machines. When the one
 * that plays it here stands still for some milliseconds, the others would not have, and would not all send at once afterwards:
 * so its clock stands still as well, and then goes a quarter faster until it has caught up.
 */
export interface Pace {
  /** Calls `due` for each request that is due by now, with the instant; false = all were due. */
  tick(now: number, due: (at: number, counted: boolean) => void): boolean;
  /** How long the sender stood still in all, in milliseconds. */
  stoodStill(): number;
  /** How long the held pace took until now. */
  countedMs(now: number): number;
}

/** What a turn of the sender may be late without anybody else on the machine. */
const MOST_TURN_MS = 4;
const CATCHING_UP = 1.25;

export function createPace(began: number, perSecond: number, riseMs: number, forMs: number): Pace {
  /** The first half of the rise's requests take most of its time. */
  const rising = (riseMs / 1_000) * perSecond * 0.5;
  const instant = (number: number): number =>
    number < rising ? riseMs * Math.sqrt(number / rising) : riseMs + ((number - rising) / perSecond) * 1_000;
  /** The crowd's clock, and by how much it is behind. */
  let [time, behind] = [0, 0];
  let [number, last, still, heldSince] = [0, began, 0, NaN];
  return {
    tick(now, due) {
      const passed = now - last;
      last = now;
      behind += passed;
      still += Math.max(0, passed - MOST_TURN_MS);
      const step = Math.min(behind, Math.min(passed, MOST_TURN_MS) * CATCHING_UP);
      behind -= step;
      time += step;
      if (Number.isNaN(heldSince) && time >= riseMs) heldSince = now;
      for (; instant(number) <= time && instant(number) < riseMs + forMs; number += 1)
        due(now - (time - instant(number)), number >= rising);
      return time < riseMs + forMs;
    },
    stoodStill: () => still,
    countedMs: (now) => now - heldSince,
  };
}
