/** How much a store takes. */
export interface StoreLimits {
  /** Records held at once. */
  readonly maxEntries: number;
  /** Characters in all records together. */
  readonly maxCharacters: number;
}

/** One caller holds as much as a caller may: a tenth of what the store takes. Nothing of anybody's is thrown out for more. */
export class QuotaExceeded extends Error {
  override readonly name = 'QuotaExceeded';
}

const CALLERS_SHARE = 0.1;

/** What one caller may hold at most. Nobody's records (an empty caller's: the deployment's own) are bounded by the store alone. */
export function shareOf({ maxEntries, maxCharacters }: StoreLimits, caller: string): StoreLimits {
  if (caller === '') return { maxEntries, maxCharacters };
  return {
    maxEntries: Math.max(1, Math.floor(maxEntries * CALLERS_SHARE)),
    maxCharacters: Math.floor(maxCharacters * CALLERS_SHARE),
  };
}
