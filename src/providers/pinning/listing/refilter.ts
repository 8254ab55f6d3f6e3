import { cidKey, type ParsedCid } from '../../../values/cid.js';
import type { Instant } from '../../../values/instant.js';
import type { ListedPin } from './listing.js';
import type { Pin, PinQuery, TextMatch } from '../model.js';
import { isLater, isSame, TOP } from './ticks.js';

/** Applies a query's filters again, because services honour them in part; `cids` are those of one listing. */
export function createRefilter(query: PinQuery, cids: readonly ParsedCid[]): (row: ListedPin) => boolean {
  const keys = new Set(cids.map((cid) => cid.key));
  const hasCid = (row: ListedPin): boolean => {
    if (keys.size === 0) return true;
    const key = 'cid' in row.pin ? cidKey(row.pin.cid) : row.cidKey;
    return typeof key !== 'string' || keys.has(key);
  };
  // A row that could not be read is kept, and so is one whose field in question could not: nothing speaks against it.
  const matches = (pin: Pin): boolean =>
    (query.status.length === 0 || query.status.includes(pin.status) || pin.unread?.status === true) &&
    (query.name === null || matchesName(query.name, query.match, pin) || pin.unread?.name === true) &&
    (query.meta === null || hasMeta(pin, query.meta) || pin.unread?.meta === true);
  return (row) => hasCid(row) && (!('cid' in row.pin) || matches(row.pin));
}

/** Whether a pin has all of this meta. */
export function hasMeta({ meta }: Pin, wanted: NonNullable<PinQuery['meta']>): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(meta, key) && meta[key] === value);
}

/** Whether a pin's name compares in this way. */
export function matchesName(wanted: string, match: TextMatch, { name, cid }: Pin): boolean {
  // A name equal to the CID reads as unset, because services fill it in; asked for, it is a name all the same.
  if (name === null) return wanted === cid;
  const fold = match === 'IEXACT' || match === 'IPARTIAL';
  const [text, part] = fold ? [name.toLowerCase(), wanted.toLowerCase()] : [name, wanted];
  return match === 'EXACT' || match === 'IEXACT' ? text === part : text.includes(part);
}

/** Whether an instant lies between a query's bounds, both exclusive; rows ahead of all times have none to compare. */
export function isWithin({ createdAfter, createdBefore }: PinQuery, at: Instant): boolean {
  return (
    isSame(at, TOP) ||
    ((createdAfter === null || isLater(at, createdAfter)) && (createdBefore === null || isLater(createdBefore, at)))
  );
}
