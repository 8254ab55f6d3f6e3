import { plainPin } from './plain-pin.js';
import { UpstreamError } from '../../src/errors.js';
import type { ListAnswer, ListedPin, ListPins, ListRequest } from '../../src/providers/pinning/listing/listing.js';
import type { Pin, PinEdge, PinPosition, PinQuery, PinSlice } from '../../src/providers/pinning/model.js';
import { positionId } from '../../src/providers/pinning/listing/position.js';
import { TOP } from '../../src/providers/pinning/listing/ticks.js';
import { compareInstants, parseInstant, type Instant } from '../../src/values/instant.js';

export const PROVIDER = 'pinning:model';

/** The query that leaves nothing out. */
export const everything: PinQuery = {
  cids: [],
  name: null,
  match: 'EXACT',
  status: [],
  createdAfter: null,
  createdBefore: null,
  meta: null,
};
const UNIT = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n } as const;
export type Precision = keyof typeof UNIT;

/** How a simulated service behaves. */
export interface Habits {
  /** `turned`: the newest rows, in each answer the oldest of them first. */
  readonly order: 'desc' | 'asc' | 'turned' | 'unsorted';
  readonly bounds: 'strict' | 'inclusive' | 'ignored';
  /** What it stores, what it shows, and what it compares bounds by. */
  readonly stores: Precision;
  readonly shows: Precision;
  readonly compares: Precision;
  readonly zone: string;
  /** `next`: one more than it returns while there are more. */
  readonly count: 'filtered' | 'returned' | 'total' | 'next';
  readonly cap: number;
  /** Filters by nothing but time. */
  readonly ignoresFilters?: boolean;
}
export const goodHabits: Habits = {
  order: 'desc',
  bounds: 'strict',
  stores: 'ms',
  shows: 'ms',
  compares: 'ns',
  zone: 'Z',
  count: 'filtered',
  cap: 1000,
};

export interface StoredPin {
  readonly id: string;
  /** Nanoseconds since the epoch. */
  readonly created: bigint;
  /** What of it cannot be read. */
  readonly bad?: 'pin' | 'all' | undefined;
  readonly pin?: Partial<Pin>;
}

/** A pinning service's listing, with the habits given; `requests` are those it was asked. */
export interface PinListing {
  readonly list: ListPins;
  readonly requests: ListRequest[];
  readonly pins: StoredPin[];
  /** The listing as it should read: newest first, ties as the service orders them. */
  reference(): readonly ReferenceRow[];
}
export interface ReferenceRow {
  readonly id: string;
  readonly at: Instant;
}

export function createPinListing(pins: readonly StoredPin[], habits: Habits = goodHabits): PinListing {
  const stored = [...pins];
  const requests: ListRequest[] = [];
  const cut = (value: bigint, precision: Precision): bigint => value - (value % UNIT[precision]);
  let known: Known | undefined;
  /** Worked out anew when pins have come or gone, which shows in the ids. */
  const look = (): Known => {
    const key = stored.map((pin) => pin.id).join();
    if (known?.key === key) return known;
    const kept = stored.map((pin) => ({ ...pin, created: cut(pin.created, habits.stores) }));
    if (habits.order !== 'unsorted')
      kept.sort((a, b) => Number(habits.order === 'asc' ? a.created - b.created : b.created - a.created));
    const rows = kept.map((pin) => ({
      row: listed(pin, cut(pin.created, habits.shows), habits),
      time: cut(pin.created, habits.compares),
    }));
    return (known = { key, rows });
  };
  const list = async (request: ListRequest): Promise<ListAnswer> => {
    requests.push(request);
    const bound = (text: string): bigint => cut(nanosOf(text), habits.compares);
    const slack = habits.bounds === 'inclusive' ? 1n : 0n;
    const before = request.before === null || habits.bounds === 'ignored' ? null : bound(request.before) + slack;
    const after = request.after === null || habits.bounds === 'ignored' ? null : bound(request.after) - slack;
    const filtered = look().rows.filter(({ row }) => habits.ignoresFilters || matches(row, request));
    const window = filtered.filter(
      ({ time }) => (before === null || time < before) && (after === null || time > after),
    );
    const results = window.slice(0, Math.min(request.limit, habits.cap)).map(({ row }) => row);
    if (habits.order === 'turned') results.reverse();
    const next = Math.min(window.length, results.length + 1);
    return {
      results,
      count: { filtered: window.length, returned: results.length, total: filtered.length, next }[habits.count],
    };
  };
  return {
    list,
    requests,
    pins: stored,
    reference() {
      const known = look();
      if (known.reference) return known.reference;
      let at = TOP;
      const rows = known.rows.map(({ row }) => ({ id: row.id, at: (at = row.createdAt ?? at) }));
      return (known.reference = rows.sort((a, b) => compareInstants(b.at, a.at)));
    },
  };
}

/** What a service with these pins has to say. */
interface Known {
  readonly key: string;
  /** In its order, each with the time that bounds are compared with. */
  readonly rows: readonly { readonly row: ListedPin; readonly time: bigint }[];
  reference?: readonly ReferenceRow[];
}

function matches({ pin }: ListedPin, request: ListRequest): boolean {
  if (!('cid' in pin)) return true;
  return (
    request.status.includes(pin.status) &&
    (request.cids.length === 0 || request.cids.includes(pin.cid)) &&
    (request.name === null || pin.name === request.name)
  );
}

function nanosOf(text: string): bigint {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) throw new Error(`bad bound ${text}`);
  return BigInt(Date.parse(text)) * 1_000_000n;
}

function listed({ id, bad, pin }: StoredPin, shown: bigint, habits: Habits): ListedPin {
  const createdAt = parseInstant(showTime(shown, habits)) ?? TOP;
  const error = new UpstreamError('bad_response', {
    provider: PROVIDER,
    operation: 'getPins',
    delivery: 'answered',
    reason: 'shape',
  });
  if (bad) return { id, createdAt: bad === 'all' ? null : createdAt, pin: error };
  return {
    id,
    createdAt,
    pin: plainPin({ service: 'model', requestId: id, createdAt, ...pin }),
  };
}

function showTime(nanos: bigint, { zone, shows }: Habits): string {
  const sign = zone.startsWith('-') ? -1 : 1;
  const offset = zone === 'Z' ? 0 : sign * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4)) * 60);
  const whole = new Date((Number(nanos / UNIT.s) + offset) * 1000).toISOString().slice(0, 19);
  const digits = { s: 0, ms: 3, us: 6, ns: 9 }[shows];
  const fraction =
    digits === 0
      ? ''
      : `.${String(nanos % UNIT.s)
          .padStart(9, '0')
          .slice(0, digits)}`;
  return `${whole}${fraction}${zone}`;
}

const names = new Map<string, string>();

/** `positionId`, worked out once for each id: models ask for the same ones again and again. */
export function nameOf(id: string): string {
  const name = names.get(id) ?? positionId(id);
  names.set(id, name);
  return name;
}

/** The position right behind the row at `index`. */
export function positionOf(rows: readonly ReferenceRow[], index: number): PinPosition {
  const row = rows[index];
  if (!row) throw new Error('no such row');
  let first = index;
  while (first > 0 && compareInstants(rows[first - 1]?.at ?? TOP, row.at) === 0) first -= 1;
  return { createdAt: row.at, seen: rows.slice(first, index + 1).map((other) => nameOf(other.id)) };
}

/** What Relay's ApplyCursorsToEdges and EdgesToReturn make of a list, with both flags as facts. */
export function relayPage(
  rows: readonly ReferenceRow[],
  slice: PinSlice,
): { ids: string[]; next: boolean; previous: boolean; positions: PinPosition[] } {
  const indexed = rows.map((row, index) => ({ row, index }));
  const { after, before } = slice;
  const isBefore = (position: PinPosition): ((row: ReferenceRow) => boolean) => {
    const seen = new Set(position.seen);
    return (row) => {
      const order = compareInstants(row.at, position.createdAt);
      return order > 0 || (order === 0 && seen.has(nameOf(row.id)));
    };
  };
  const isOwn = (position: PinPosition, row: ReferenceRow): boolean =>
    compareInstants(row.at, position.createdAt) === 0 && nameOf(row.id) === position.seen.at(-1);
  const isAbove = before === null ? () => true : isBefore(before);
  const trails = (row: ReferenceRow): boolean => before !== null && (!isAbove(row) || isOwn(before, row));
  const leads = after === null ? () => false : isBefore(after);
  const between = indexed.filter(({ row }) => !leads(row) && !trails(row));
  const forward = 'first' in slice;
  const taken = forward ? between.slice(0, slice.first) : between.slice(Math.max(0, between.length - slice.last));
  const overflow = taken.length < between.length;
  return {
    ids: taken.map(({ row }) => row.id),
    positions: taken.map(({ index }) => positionOf(rows, index)),
    next: (forward && overflow) || rows.some(trails),
    previous: (!forward && overflow) || rows.some(leads),
  };
}

/** The ids that a page's edges stand for: of readable rows their own, of others what their position names. */
export function namesOf(edges: readonly PinEdge[]): (string | undefined)[] {
  return edges.map((edge) => edge.position.seen.at(-1));
}
