import { boundedCache } from '../../../values/bounded-cache.js';
import type { Pin } from '../model.js';
import type { PinReadings } from './poll-listings.js';

/** So many times in a row a listing is believed about a pin; then the pin itself is asked. */
const BELIEVED = 5;
/**
 * Of the pins that are due one in so many is asked in one poll, so that up to here a poll costs one call beside its listing. The
 * first that finds the listing wrong has all others asked at once.
 */
const SHARE = 200;
/** Pins beyond this many are forgotten, those unread longest first. */
const MOST_PINS = 10_000;

/**
 * Which pins to ask although a listing shows them in progress: some services answer listings from a cache that lags for hours,
 * and who watches by listing would never hear of the end.
 */
export class ListingDoubt {
  readonly #looks = boundedCache<number>(MOST_PINS);

  /** Takes down that a listing showed these pins, and names those to ask now: one in `SHARE`, those believed longest. */
  pick(shown: readonly string[]): readonly string[] {
    const looks = shown.map((id) => {
      const times = (this.#looks.get(id) ?? 0) + 1;
      this.#looks.set(id, times);
      return { id, times };
    });
    const due = looks.filter(({ times }) => times > BELIEVED).toSorted((a, b) => b.times - a.times);
    const asked = due.slice(0, Math.ceil(shown.length / SHARE)).map(({ id }) => id);
    for (const id of asked) this.#looks.set(id, 0);
    return asked;
  }
}

/**
 * Puts what pins said of themselves in the place of what a listing showed, where their status is another, and names those. Of
 * smaller news the listing may be the older witness too, and it would be taken back at the next look.
 */
export function correct(
  listed: ReadonlyMap<string, Pin>,
  own: ReadonlyMap<string, Pin | null | Error>,
  readings: PinReadings,
): readonly string[] {
  const wrong: string[] = [];
  for (const [id, reading] of own) {
    if (reading instanceof Error || reading?.status === listed.get(id)?.status) continue;
    readings.set(id, reading);
    wrong.push(id);
  }
  return wrong;
}
