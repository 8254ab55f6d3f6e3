import type { BlockStatus, PoolBlock } from '../../providers/bitminter/model.js';
import { checkBlockId } from '../../providers/bitminter/validate.js';
import { builder } from '../builder.js';
import { DEFAULT_PAGE, MAX_PAGE, toConnection } from '../connections.js';
import { connectionType } from '../connection-type.js';
import { nodeType } from '../node-type.js';
import { registerNode } from '../nodes.js';
import { priced } from '../costs.js';
import { forEverybodyAlike } from '../rights.js';
import { listingPrice, positionToJson, toPoolSlice } from './pool-connection.js';

const BlockStatusEnum = builder.enumType('BlockStatus', {
  description: 'How far a block has come.',
  values: {
    PROCESSING: { description: 'Just found; the chain has not taken it yet.' },
    UNCONFIRMED: { description: 'In the chain, and may still drop out of it.' },
    CONFIRMED: { description: 'In the chain for good: paid out.' },
    STALE: { description: 'Never entered the chain: not paid out.' },
    ORPHAN: { description: 'Was in the chain and dropped out of it: not paid out.' },
    UNKNOWN: { description: 'A status that this gateway does not know.' },
  } satisfies Record<BlockStatus, { description: string }>,
});

const PoolBlockRef = builder.objectRef<PoolBlock>('PoolBlock');

nodeType(PoolBlockRef, {
  description: 'A block that the pool found.',
  id: {
    resolve: (block) => block.blockId,
    description: 'Global id: opaque, and good for `node`, which looks through the newest thousand blocks.',
  },
  fields: (t) => ({
    blockId: t.exposeID('blockId', { description: "The pool's own id of the block, unique across chains." }),
    chain: t.exposeString('chain', { description: "The chain's short name, such as BTC." }),
    hash: t.exposeString('hash', { description: "Hash of the block's header, hexadecimal." }),
    height: t.exposeInt('height', { description: 'Height in its chain.' }),
    difficulty: t.exposeFloat('difficulty', { description: "The chain's difficulty at the time." }),
    income: t.expose('income', {
      type: 'Decimal',
      nullable: true,
      description:
        'Coins of its chain, subsidy and fees; null while unknown. Only CONFIRMED blocks are paid, and coins of two chains do not add up.',
    }),
    accepted: t.expose('accepted', { type: 'BigInt', description: 'Accepted proofs of work of its round.' }),
    rejected: t.expose('rejected', { type: 'BigInt', description: 'Rejected proofs of work of its round.' }),
    status: t.expose('status', { type: BlockStatusEnum, description: 'How far it has come.' }),
    confirmationsLeft: t.exposeInt('confirmationsLeft', {
      nullable: true,
      description: 'Confirmations to go: 0 when confirmed, -1 when stale or orphaned, null while unknown.',
    }),
    generator: t.exposeString('generator', {
      nullable: true,
      description: 'Name of the miner who found it; null when not shown.',
    }),
    generatedAt: t.expose('generatedAt', { type: 'DateTime', description: 'When it was found.' }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'How long its round took, in seconds.' }),
  }),
});

registerNode('PoolBlock', {
  check: checkBlockId,
  load: async (blockId, context) => context.access.of('bitminter').pool().block(blockId),
});

const PoolBlockConnection = connectionType('PoolBlock', PoolBlockRef, {
  page: 'A page of blocks, newest first.',
  row: 'One row of a listing of blocks.',
  cursor: "This row's place, for `after`. Good only for the same listing and commodity.",
  node: "The block; null, with an error at this path, when the pool's row could not be read.",
  nodes: 'The blocks of the rows; null where one could not be read.',
});

builder.queryField('poolBlocks', (t) =>
  t.field({
    ...priced(forEverybodyAlike, listingPrice),
    type: PoolBlockConnection,
    nullable: true,
    description:
      'Blocks that the pool found, newest first. Forward only: blocks found meanwhile neither repeat nor ' +
      'hide a row. One call for each 50 rows, shared by everybody for a minute.',
    args: {
      first: t.arg.int({ description: `Rows of the page: 0 to ${MAX_PAGE}; ${DEFAULT_PAGE} when omitted.` }),
      after: t.arg.string({ description: 'Only rows behind this cursor.' }),
      commodity: t.arg.string({
        description: 'Only blocks of this chain, such as BTC (2 to 10 capital letters or digits); all when omitted.',
      }),
    },
    resolve: async (_root, args, context) => {
      const pool = context.access.of('bitminter').pool();
      const commodity = args.commodity ?? null;
      const cursors = context.cursors.bind(() => JSON.stringify(['poolBlocks', commodity]), pool.fingerprint);
      return toConnection(await pool.blocks(toPoolSlice(args, cursors), commodity), cursors, positionToJson);
    },
  }),
);
