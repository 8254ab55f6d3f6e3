import { LRUCache } from 'lru-cache';

/**
 * A cache of so many entries, of which the one unused longest goes first. It takes memory as it fills: with `max` lru-cache makes
 * room for all entries at once, for ten thousand a third of a megabyte and two milliseconds, and a
 * gateway has a dozen of these.
 */
export function boundedCache<V extends {}>(
  most: number,
  options: Pick<LRUCache.OptionsBase<string, V, unknown>, 'ttl' | 'perf' | 'ttlResolution'> = {},
): LRUCache<string, V> {
  return new LRUCache<string, V>({ ...options, maxSize: most, sizeCalculation: () => 1 });
}
