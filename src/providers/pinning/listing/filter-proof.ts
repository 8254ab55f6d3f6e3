import type { Pin, PinQuery } from '../model.js';
import type { FilterName } from './listing-habits.js';
import { hasMeta, matchesName } from './refilter.js';

/** The filters of a query that a service has to prove itself with. */
export function filtersOf({ name, match, meta }: PinQuery): readonly FilterName[] {
  return [
    ...(name === null ? [] : [match]),
    ...(meta === null || Object.keys(meta).length === 0 ? [] : ['meta' as const]),
  ];
}

/**
 * Whether a row that came for this query shows that the service understands a filter of it: one that a plainer kind of match
 * would have chosen too does not.
 */
export function provesFilter(pin: Pin, { name, match, meta }: PinQuery, filter: FilterName): boolean {
  if (filter === 'meta') return meta !== null && hasMeta(pin, meta);
  if (name === null || !matchesName(name, match, pin)) return false;
  switch (match) {
    case 'EXACT':
      return true;
    case 'IEXACT':
    case 'PARTIAL':
      return !matchesName(name, 'EXACT', pin);
    case 'IPARTIAL':
      return !matchesName(name, 'IEXACT', pin) && !matchesName(name, 'PARTIAL', pin);
  }
}
