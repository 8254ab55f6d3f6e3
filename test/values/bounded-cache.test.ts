import { expect, it } from 'vitest';
import { boundedCache } from '../../src/values/bounded-cache.js';

it('forgets the entry unused longest when there is one too many', () => {
  const cache = boundedCache<number>(3);
  for (const [index, name] of ['a', 'b', 'c'].entries()) cache.set(name, index);
  cache.get('a');
  cache.set('d', 3);
  expect([...cache.keys()].toSorted()).toEqual(['a', 'c', 'd']);
  cache.set('d', 4);
  expect([cache.size, cache.get('d')]).toEqual([3, 4]);
});

it('forgets an entry after its time', () => {
  let now = 1_000;
  const cache = boundedCache<number>(3, { ttl: 50, perf: { now: () => now }, ttlResolution: 0 });
  cache.set('a', 1);
  now += 50;
  expect(cache.get('a')).toBe(1);
  now += 1;
  expect(cache.get('a')).toBeUndefined();
});
