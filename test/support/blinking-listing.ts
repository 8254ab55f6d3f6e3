import type { ListAnswer, ListPins, ListRequest } from '../../src/providers/pinning/listing/listing.js';

/** How one answer of a listing goes wrong. `none` = not at all. */
export type Blip = 'none' | 'empty' | 'empty that counts' | 'short' | 'short that counts';
export const blips: readonly Blip[] = ['none', 'empty', 'empty that counts', 'short', 'short that counts'];

/**
 * A listing of which single answers go wrong, as `next` says, but never two in a row to the same question. An answer that is short
 * and counts no more than it shows is given only by a service that `countsShown` rows, and where a bound was asked for: else nothing tells
 * it from the end of a listing.
 */
export function createBlinking(list: ListPins, next: () => Blip, countsShown = true): ListPins {
  let last = '';
  return async (request) => {
    const question = JSON.stringify(request);
    const blip = next();
    const answer = await list(request);
    if (blip === 'none' || question === last || !canCome(blip, request, answer, countsShown)) {
      last = '';
      return answer;
    }
    last = question;
    return spoil(answer, blip);
  };
}

function canCome(blip: Blip, { before, after }: ListRequest, { results }: ListAnswer, countsShown: boolean): boolean {
  return results.length > 0 && (blip !== 'short' || (countsShown && (before !== null || after !== null)));
}

function spoil({ count, results }: ListAnswer, blip: Blip): ListAnswer {
  const counts = blip.endsWith('that counts');
  const rows = blip.startsWith('empty') ? [] : results.slice(0, Math.floor(results.length / 2));
  return { count: counts ? count : rows.length, results: rows };
}
