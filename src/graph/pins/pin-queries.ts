import type { BoundCursors } from '../../access/cursors.js';
import { invalidInput } from '../../errors.js';
import type { Pin, PinPage, PinPosition, PinQuery, PinSlice } from '../../providers/pinning/model.js';
import { parsePinQuery } from '../../providers/pinning/validate.js';
import { parseInstant } from '../../values/instant.js';
import type { Json } from '../../values/json.js';
import { builder } from '../builder.js';
import { connectionType } from '../connection-type.js';
import {
  DEFAULT_PAGE,
  MAX_PAGE,
  pageSize,
  toConnection,
  type ConnectionShape,
  type PageArguments,
} from '../connections.js';
import { fieldOf, isAbsent, lengthOf, paidByListing, pinning, priced, WALK, type WrittenArguments } from '../costs.js';
import { forAnyone, forPinning } from '../rights.js';
import { PinRef, PinStatusEnum, TextMatchEnum } from './pin.js';

const MAX_CIDS = 100;
/** Ten spellings fit one listing, and a CID may have two. */
const CIDS_A_CALL = 5;
const service = 'A configured pinning service by name (see `pinningServices`); the first when omitted.';

const PinFilter = builder.inputType('PinFilter', {
  description: 'Which pins a listing holds; every given filter must match.',
  fields: (t) => ({
    cids: t.field({
      type: ['CID'],
      description: 'Any of these contents, at most 100; compared by codec and multihash, so v0 finds v1.',
    }),
    name: t.string({ description: 'The name, compared as `match` says; at most 255 characters.' }),
    match: t.field({ type: TextMatchEnum, defaultValue: 'EXACT', description: 'How `name` compares.' }),
    status: t.field({
      type: [PinStatusEnum],
      description: 'Any of these; all when omitted. REMOVED and UNKNOWN match nothing.',
    }),
    createdAfter: t.field({ type: 'DateTime', description: 'Created later than this.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Created earlier than this.' }),
    meta: t.field({
      type: 'JSONObject',
      description: 'Pins whose `meta` has all these keys with these values; values are strings.',
    }),
  }),
});

interface PinConnectionShape extends ConnectionShape<Pin> {
  readonly totalCount: () => Promise<number | null>;
}

const PinConnection = connectionType<Pin, PinConnectionShape>('Pin', PinRef, {
  page: 'A page of pins, newest first.',
  row: 'One row of a listing of pins.',
  cursor: "This row's place, for `after` or `before`. Good only for the same listing, filter and credential.",
  node: "The pin; null, with an error at this path, when the service's row could not be read.",
  nodes: 'The pins of the rows; null where one could not be read.',
});
builder.objectField(PinConnection, 'totalCount', (t) =>
  t.int({
    ...paidByListing,
    nullable: true,
    description:
      'How many pins match the filter, as the service counts; null when its count cannot be trusted. May cost one more call.',
    resolve: (page) => page.totalCount(),
  }),
);

const toJson = (position: PinPosition): Json => [position.createdAt.text, ...position.seen];

function openPosition(cursors: BoundCursors, cursor: string | null | undefined, argument: string): PinPosition | null {
  if (cursor === null || cursor === undefined) return null;
  const position = cursors.open(cursor, argument);
  const [text, ...seen] = Array.isArray(position) ? position : [];
  const createdAt = typeof text === 'string' ? parseInstant(text) : undefined;
  if (!createdAt) throw invalidInput(argument, 'this cursor is damaged');
  return { createdAt, seen: seen.filter((id): id is string => typeof id === 'string') };
}

function toSlice(args: PageArguments, cursors: BoundCursors): PinSlice {
  const { end, count } = pageSize(args);
  const after = openPosition(cursors, args.after, 'after');
  const before = openPosition(cursors, args.before, 'before');
  return end === 'first' ? { first: count, after, before } : { last: count, after, before };
}

/** What one page may cost of a service that hides its rows: the bounds of `listing/source.ts`, without a filter and with one. */
const MOST_LISTINGS = 200 + 10;
/** Calls for one listing: a page, and another to be sure of its order or its end; going backwards it may have to be walked to. */
const FORWARD = 3;
/** A name or meta that the service did not show to honour: the page is read again, and filtered here. */
const FILTERED = 10;
/** To count what matches. */
const COUNT = 2;

/** A listing for each five contents; those of one page share what is known of the service. */
function pinsCalls(written: WrittenArguments): number {
  const filter = written('filter');
  const listings = Math.max(1, Math.ceil(lengthOf(fieldOf(filter, 'cids'), MAX_CIDS) / CIDS_A_CALL));
  const forward = isAbsent(written('last'));
  const filtered = ['name', 'meta'].some((name) => !isAbsent(fieldOf(filter, name)));
  return listings * (forward ? FORWARD : WALK) + (filtered ? FILTERED : 0) + COUNT;
}

/** The filter in one canonical text: what a cursor is bound to. */
function nameListing(serviceName: string, query: PinQuery): string {
  return JSON.stringify([
    'pins',
    serviceName,
    query.cids.map((cid) => cid.key).sort(),
    query.name,
    query.match,
    [...query.status].sort(),
    query.createdAfter?.text ?? null,
    query.createdBefore?.text ?? null,
    query.meta && Object.entries(query.meta).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

function toPinConnection(page: PinPage, cursors: BoundCursors): PinConnectionShape {
  return Object.assign(toConnection<Pin, PinPosition>(page, cursors, toJson), { totalCount: () => page.totalCount() });
}

const PinningService = builder
  .objectRef<{ readonly name: string; readonly usable: boolean }>('PinningService')
  .implement({
    description: 'A configured pinning service.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'What the argument `service` takes.' }),
      usable: t.exposeBoolean('usable', {
        description: 'Whether you could read pins there with the credentials you sent (they are not tried out).',
      }),
    }),
  });

builder.queryFields((t) => ({
  pin: t.field({
    ...priced(forPinning('pin:read'), [pinning(1)]),
    type: PinRef,
    nullable: true,
    description: 'One pin by its request id; null when the service knows none. One call.',
    args: {
      requestId: t.arg.id({ required: true, description: "The service's id of the request." }),
      service: t.arg.id({ description: service }),
    },
    resolve: (_root, args, context) => context.access.of('pinning').open('pin:read', args.service).pin(args.requestId),
  }),
  pins: t.field({
    ...priced(forPinning('pin:read'), (written) => [pinning(pinsCalls(written), MOST_LISTINGS)]),
    type: PinConnection,
    nullable: true,
    description:
      'Pins, newest first, of every status unless the filter says otherwise. Forward with first and after, ' +
      'backward with last and before. Usually one call a page.',
    args: {
      first: t.arg.int({
        description: `Rows from the front: 0 to ${MAX_PAGE}; ${DEFAULT_PAGE} when neither first nor last is given.`,
      }),
      after: t.arg.string({ description: 'Only rows behind this cursor.' }),
      last: t.arg.int({
        description: `Rows from the back: 0 to ${MAX_PAGE}. Without before it walks to the oldest pin.`,
      }),
      before: t.arg.string({ description: 'Only rows ahead of this cursor.' }),
      service: t.arg.id({ description: service }),
      filter: t.arg({ type: PinFilter, description: 'Which pins; all when omitted.' }),
    },
    resolve: async (_root, args, context) => {
      const session = context.access.of('pinning').open('pin:read', args.service);
      const query = parsePinQuery(args.filter ?? {});
      const cursors = context.cursors.bind(() => nameListing(session.service, query), session.fingerprint);
      return toPinConnection(await session.page(query, toSlice(args, cursors)), cursors);
    },
  }),
  pinningServices: t.field({
    ...priced(forAnyone, []),
    type: [PinningService],
    description: 'The configured pinning services, the default first. No call.',
    resolve: (_root, _args, { access }) => access.of('pinning').services(),
  }),
}));
