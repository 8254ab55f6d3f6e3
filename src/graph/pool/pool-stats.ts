import type {
  Freshness,
  PoolChain,
  PoolFigures,
  PoolRound,
  PoolStats,
  RoundShift,
} from '../../providers/bitminter/model.js';
import { builder, type BuilderTypes } from '../builder.js';
import { bitminter, priced } from '../costs.js';
import { cacheId, encodeGlobalId } from '../node-type.js';
import { forEverybodyAlike } from '../rights.js';
import { hashRateField } from './hash-rate.js';

/** What stats and round have in common. */
function figureFields<Model extends PoolFigures & Freshness>(
  t: PothosSchemaTypes.ObjectFieldBuilder<BuilderTypes, Model>,
) {
  return {
    hashRate: hashRateField<Model>(t, 'the whole pool'),
    activeWorkers: t.int({ description: 'Machines at work.', resolve: (figures) => figures.activeWorkers }),
    activeUsers: t.int({ description: 'Accounts with a machine at work.', resolve: (figures) => figures.activeUsers }),
    asOf: t.field({
      type: 'DateTime',
      description: 'When this gateway read it from the pool; up to a minute ago in quiet times.',
      resolve: (figures) => figures.asOf,
    }),
    stale: t.boolean({
      description: 'True when the pool is down and this is remembered, for up to ten minutes.',
      resolve: (figures) => figures.stale,
    }),
  };
}

export const PoolStatsRef = builder.objectRef<PoolStats>('PoolStats').implement({
  description: "The pool's figures at a moment.",
  fields: (t) => ({
    id: t.id({ description: cacheId, resolve: () => encodeGlobalId('PoolStats', 'now') }),
    ...figureFields<PoolStats>(t),
  }),
});

const PoolRoundShift = builder.objectRef<RoundShift>('PoolRoundShift').implement({
  description: "The running shift: the whole pool's work since it began.",
  fields: (t) => ({
    accepted: t.expose('accepted', { type: 'BigInt', description: 'Accepted proofs of work.' }),
    rejected: t.expose('rejected', { type: 'BigInt', description: 'Rejected proofs of work.' }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'How long it has run, in seconds.' }),
    score: t.exposeFloat('score', { description: "The pool's score so far." }),
  }),
});

const PoolChainRef = builder.objectRef<PoolChain>('PoolChain').implement({
  description:
    'Work on one chain since its last block. Merged mining counts the same work for each chain: never add them up.',
  fields: (t) => ({
    chain: t.exposeString('chain', { description: "The chain's short name, such as BTC." }),
    accepted: t.expose('accepted', { type: 'BigInt', description: 'Accepted proofs of work.' }),
    rejected: t.expose('rejected', { type: 'BigInt', description: 'Rejected proofs of work.' }),
    durationSeconds: t.exposeFloat('durationSeconds', {
      description: 'Time since the last block of this chain, in seconds.',
    }),
    difficulty: t.exposeFloat('difficulty', { description: "The chain's difficulty now." }),
  }),
});

const PoolRoundRef = builder.objectRef<PoolRound>('PoolRound').implement({
  description: "The running round: the pool's figures, the running shift and the work on each chain.",
  fields: (t) => ({
    id: t.id({ description: cacheId, resolve: () => encodeGlobalId('PoolRound', 'now') }),
    ...figureFields<PoolRound>(t),
    shift: t.field({ type: PoolRoundShift, description: 'The running shift.', resolve: (round) => round.shift }),
    chains: t.field({
      type: [PoolChainRef],
      description: 'The chains by name, or only the one asked for.',
      args: { chain: t.arg.string({ description: "A chain's short name, such as BTC; all when omitted." }) },
      resolve: ({ chains }, { chain }) => onChain(chains, chain),
    }),
  }),
});

/** The rows of one chain, or all when none is named. */
export function onChain<Row extends { readonly chain: string }>(
  rows: readonly Row[],
  chain: string | null | undefined,
): Row[] {
  return rows.filter((row) => chain === null || chain === undefined || row.chain === chain);
}

builder.queryFields((t) => ({
  poolStats: t.field({
    // Where the pool does not have the figures together, one call for each more.
    ...priced(forEverybodyAlike, [bitminter(4)]),
    type: PoolStatsRef,
    nullable: true,
    description:
      "The mining pool's figures. One call a minute for everybody; three more when the pool does not have them together.",
    resolve: (_root, _args, context) => context.access.of('bitminter').pool().stats(),
  }),
  poolRound: t.field({
    ...priced(forEverybodyAlike, [bitminter(1)]),
    type: PoolRoundRef,
    nullable: true,
    description: "The mining pool's running round. One call a minute for everybody.",
    resolve: (_root, _args, context) => context.access.of('bitminter').pool().round(),
  }),
}));
