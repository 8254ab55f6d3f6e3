import type { BoundCursors } from '../../access/cursors.js';
import { invalidInput } from '../../errors.js';
import { instantFromMillis } from '../../values/instant.js';
import type { OpenWrite } from '../../writes/writes.js';
import { builder } from '../builder.js';
import { connectionType } from '../connection-type.js';
import { DEFAULT_PAGE, MAX_PAGE, pageSize, toConnection, type Page } from '../connections.js';
import { priced } from '../costs.js';
import { forOps } from '../rights.js';
import { resultUnion, settleMutation } from '../user-errors.js';

const OpenWriteStateEnum = builder.enumType('OpenWriteState', {
  description: 'How far a write came whose end is open.',
  values: {
    INTENT: { description: 'About to be sent; nothing has left yet, as far as is written down.' },
    SENT: { description: 'Sent, or about to be: it runs, or its process is gone.' },
    UNKNOWN: { description: 'Sent, and its answer was lost or made no sense.' },
  } satisfies Record<OpenWrite['state'], { description: string }>,
});

const OpenWriteRef = builder.objectRef<OpenWrite>('OpenWrite').implement({
  description:
    'A write that this deployment began and has not found out the end of. Its input and its idempotency ' +
    'key are not shown: the caller knows them.',
  fields: (t) => ({
    operation: t.exposeString('operation', { description: 'The mutation.' }),
    provider: t.exposeString('provider', { description: 'As in `extensions.provider`.' }),
    objectId: t.exposeID('objectId', {
      nullable: true,
      description: "The provider's id of what may be its effect, when an answer showed one.",
    }),
    state: t.expose('state', { type: OpenWriteStateEnum, description: 'How far it came.' }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When it was begun.',
      resolve: ({ startedAt }) => instantFromMillis(startedAt),
    }),
    sentAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When a request of it last went out; null before that.',
      resolve: ({ sentAt }) => (sentAt === null ? null : instantFromMillis(sentAt)),
    }),
    lastFault: t.exposeString('lastFault', {
      nullable: true,
      description: 'How its last request ended, in words of this gateway; null when it is not known to have ended.',
    }),
  }),
});

const OpenWriteConnection = connectionType('OpenWrite', OpenWriteRef, {
  page: 'A page of open writes, oldest first.',
  row: 'One row of the list of open writes.',
  cursor: "This row's place, for `after`. Good only for this listing.",
  node: 'The open write.',
  nodes: 'The open writes of the rows.',
});

/** The rows behind a place: writes that ended meanwhile are gone, and those behind them are not missed. */
function pageOf(
  writes: readonly OpenWrite[],
  { count, after }: { readonly count: number; readonly after: readonly [number, string] | undefined },
): Page<OpenWrite, OpenWrite> {
  const rest = after
    ? writes.filter(({ startedAt, recordKey }) =>
        startedAt === after[0] ? recordKey > after[1] : startedAt > after[0],
      )
    : writes;
  return {
    edges: rest.slice(0, count).map((write) => ({ node: write, position: write })),
    hasNextPage: rest.length > count,
    hasPreviousPage: after !== undefined,
  };
}

function placeIn(cursors: BoundCursors, cursor: string | null | undefined): readonly [number, string] | undefined {
  if (typeof cursor !== 'string') return undefined;
  const opened = cursors.open(cursor, 'after');
  const [startedAt, recordKey] = Array.isArray(opened) ? opened : [];
  if (typeof startedAt !== 'number' || typeof recordKey !== 'string')
    throw invalidInput('after', 'this cursor is damaged');
  return [startedAt, recordKey];
}

builder.queryField('openWrites', (t) =>
  t.field({
    ...priced(forOps('ops:read'), []),
    type: OpenWriteConnection,
    nullable: true,
    description:
      'What this deployment has begun and not yet found out, on whichever instance: payouts and issued ' +
      'badges from their beginning on, other changes once their end is unclear. No call to any provider.',
    args: {
      first: t.arg.int({ description: `Rows of the page: 0 to ${MAX_PAGE}; ${DEFAULT_PAGE} when omitted.` }),
      after: t.arg.string({ description: 'Only rows behind this cursor.' }),
    },
    resolve: async (_root, args, context) => {
      const { count } = pageSize({ first: args.first, after: args.after });
      const cursors = context.cursors.bind(() => JSON.stringify(['openWrites']), 'operators');
      const page = pageOf(await context.writes.openWrites(), { count, after: placeIn(cursors, args.after) });
      return toConnection(page, cursors, ({ startedAt, recordKey }) => [startedAt, recordKey]);
    },
  }),
);

const ResolveOpenWriteInput = builder.inputType('ResolveOpenWriteInput', {
  description: 'What people have found out about a write whose end this gateway cannot find out.',
  fields: (t) => ({
    operation: t.string({ required: true, description: 'The mutation, such as `createPayment`.' }),
    idempotencyKey: t.string({ required: true, description: 'The key that it was sent with.' }),
    applied: t.boolean({
      required: true,
      description:
        'True when it took effect: the key answers CONFLICT (DUPLICATE) from now on. False when it did not: the key may send once more.',
    }),
  }),
});

const ResolveOpenWritePayload = builder
  .objectRef<{ readonly openWrite: OpenWrite }>('ResolveOpenWritePayload')
  .implement({
    description: 'The write that is open no more.',
    fields: (t) => ({
      openWrite: t.field({
        type: OpenWriteRef,
        description: 'The write as it stood before.',
        resolve: ({ openWrite }) => openWrite,
      }),
    }),
  });

const ResolveOpenWriteResult = resultUnion('resolveOpenWrite', ResolveOpenWritePayload);

builder.mutationField('resolveOpenWrite', (t) =>
  t.field({
    ...priced(forOps('ops:write'), []),
    type: ResolveOpenWriteResult,
    nullable: true,
    description:
      'Closes or frees an idempotency key whose write ended unknown, by the word of people who have looked ' +
      'at the provider. It is logged with the name of the operator. A wrong `applied: false` can pay ' +
      'twice. A freed key stays free until it has sent, and tells nothing any more of what it had sent before: while a payout ' +
      'of before shows and is not cancelled, it sends nothing and answers CONFLICT (DUPLICATE). ' +
      'NotFoundError when no such write is open.',
    args: {
      input: t.arg({ type: ResolveOpenWriteInput, required: true, description: 'Which write, and what became of it.' }),
    },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        const operator = context.access.operate('ops:write');
        const { operation, idempotencyKey: key, applied } = input;
        const openWrite = await context.writes.resolve({ operation, key, applied, principal: `operator:${operator}` });
        context.log.warn('open_write_resolved', { operator, operation, provider: openWrite.provider, applied });
        return { openWrite };
      }),
  }),
);
