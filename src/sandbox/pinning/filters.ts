import { cidKey, parseCid } from '../../values/cid.js';
import { parseInstant } from '../../values/instant.js';
import { pinStatuses, type PinStatus } from './lifecycle.js';
import { bad, parseMeta, parseName } from './pin-body.js';
import type { CurrentPin } from './store.js';

const MAX_CIDS = 10;
const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 1000;
const textMatches = ['exact', 'iexact', 'partial', 'ipartial'] as const;
type TextMatch = (typeof textMatches)[number];

/** The query of a listing, checked. */
export interface Listing {
  readonly limit: number;
  /** True when the pin meets every filter of the query. */
  readonly accepts: (pin: CurrentPin) => boolean;
}

/**
 * Reads the query of `GET /pins`; throws a 400 that names the first parameter that cannot be used. Without `status` only
 * pinned content is listed, unless it is asked for by cid, name or meta: then every status, so that a pin just added is found.
 */
export function parseListing(query: URLSearchParams): Listing {
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const values = query.getAll(name);
    if (values.length > 1) throw bad(`${name} may be given once only`);
    const [text] = values;
    return text === undefined ? undefined : parse(text);
  };
  const limit = read('limit', parseLimit) ?? DEFAULT_LIMIT;
  const named = ['cid', 'name', 'meta'].some((name) => query.has(name));
  const status = read('status', parseStatus) ?? new Set<PinStatus>(named ? pinStatuses : ['pinned']);
  const match = read('match', parseMatch) ?? 'exact';
  const hasStatus: Test = ({ phase }) => status.has(phase.status);
  const tests = [
    hasStatus,
    read('before', isBefore),
    read('after', isAfter),
    read('cid', hasCid),
    read('name', (text) => hasName(parseName(text), match)),
    read('meta', hasMeta),
  ].filter((test) => test !== undefined);
  return { limit, accepts: (pin) => tests.every((test) => test(pin)) };
}

type Test = (pin: CurrentPin) => boolean;

function parseLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw bad(`limit must be a whole number from 1 to ${MAX_LIMIT}`);
  return limit;
}

function parseStatus(text: string): Set<PinStatus> {
  const names = text.split(',');
  const known = names.map((name) => pinStatuses.find((status) => status === name));
  const status = new Set(known.filter((found) => found !== undefined));
  if (status.size !== names.length) throw bad(`status must be a list, without repeats, of ${pinStatuses.join(', ')}`);
  return status;
}

function parseMatch(text: string): TextMatch {
  const match = textMatches.find((known) => known === text);
  if (!match) throw bad(`match must be one of ${textMatches.join(', ')}`);
  return match;
}

function hasCid(text: string): Test {
  const cids = text.split(',');
  if (cids.length > MAX_CIDS) throw bad(`cid may hold ${MAX_CIDS} CIDs at most`);
  if (new Set(cids).size !== cids.length) throw bad('cid must not repeat a CID');
  if (!cids.every((cid) => parseCid(cid))) throw bad('cid must be a comma-separated list of valid CIDs');
  const keys = new Set(cids.map(cidKey));
  return ({ record: { pin } }) => keys.has(cidKey(pin.cid));
}

function hasName(wanted: string, match: TextMatch): Test {
  const fold = match.startsWith('i') ? (text: string) => text.toLowerCase() : (text: string) => text;
  const sought = fold(wanted);
  const meets = match.endsWith('partial') ? (name: string) => name.includes(sought) : (name: string) => name === sought;
  return ({ record: { pin } }) => pin.name !== undefined && meets(fold(pin.name));
}

function hasMeta(text: string): Test {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw bad('meta must be a JSON object');
  }
  const wanted = Object.entries(parseMeta(parsed));
  return ({ record: { pin } }) => {
    const meta = new Map(Object.entries(pin.meta ?? {}));
    return wanted.every(([key, value]) => meta.get(key) === value);
  };
}

/** Both bounds are exclusive and exact: digits below the millisecond count, though `created` has none. */
function isBefore(text: string): Test {
  const { seconds, nanos } = instantOf('before', text);
  const bound = seconds * 1000 + Math.ceil(nanos / 1_000_000);
  return ({ record }) => record.createdMs < bound;
}

function isAfter(text: string): Test {
  const { seconds, nanos } = instantOf('after', text);
  const bound = seconds * 1000 + Math.floor(nanos / 1_000_000);
  return ({ record }) => record.createdMs > bound;
}

function instantOf(name: string, text: string) {
  const instant = parseInstant(text);
  if (!instant) throw bad(`${name} must be an RFC 3339 date-time`);
  return instant;
}
