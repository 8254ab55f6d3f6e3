import type {
  Balance,
  Miner,
  MinerShift,
  MinerWork,
  MinerWorker,
  RoundStart,
} from '../../providers/bitminter/model.js';
import { builder } from '../builder.js';
import { cacheId, encodeGlobalId } from '../node-type.js';
import { bitminter, priced } from '../costs.js';
import { forMiners } from '../rights.js';
import { hashRateField } from './hash-rate.js';
import { onChain } from './pool-stats.js';

const chainArgument = "A chain's short name, such as BTC; all when omitted.";
const chainName = "The chain's short name, such as BTC.";

const BalanceRef = builder.objectRef<Balance>('Balance').implement({
  description: "What an account holds of one chain's coins.",
  fields: (t) => ({
    chain: t.exposeString('chain', { description: chainName }),
    amount: t.expose('amount', { type: 'Decimal', description: 'Whole coins of this chain, every digit kept.' }),
  }),
});

const RoundStartRef = builder.objectRef<RoundStart>('RoundStart').implement({
  description: 'When the running round of one chain began.',
  fields: (t) => ({
    chain: t.exposeString('chain', { description: chainName }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      description: 'When it began: when the block before was found.',
    }),
  }),
});

const MinerShiftRef = builder.objectRef<MinerShift>('MinerShift').implement({
  description: "An account's part in the running shift: userScore of totalScore.",
  fields: (t) => ({
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When the shift began.' }),
    accepted: t.expose('accepted', { type: 'BigInt', description: "The account's accepted proofs of work." }),
    rejected: t.expose('rejected', { type: 'BigInt', description: "The account's rejected proofs of work." }),
    userScore: t.exposeFloat('userScore', { description: "The account's score so far." }),
    totalScore: t.exposeFloat('totalScore', { description: "The whole pool's score so far; 0 right after the start." }),
  }),
});

const MinerWorkRef = builder.objectRef<MinerWork>('MinerWork').implement({
  description: 'What one machine did on one chain.',
  fields: (t) => ({
    chain: t.exposeString('chain', { description: chainName }),
    totalAccepted: t.expose('totalAccepted', { type: 'BigInt', description: 'Accepted proofs of work, ever.' }),
    totalRejected: t.expose('totalRejected', { type: 'BigInt', description: 'Rejected proofs of work, ever.' }),
    checkpointAccepted: t.expose('checkpointAccepted', {
      type: 'BigInt',
      description: 'Accepted up to the last reset of the counters; 0 without one.',
    }),
    checkpointRejected: t.expose('checkpointRejected', {
      type: 'BigInt',
      description: 'Rejected up to the last reset of the counters; 0 without one.',
    }),
    sinceResetAccepted: t.expose('sinceResetAccepted', {
      type: 'BigInt',
      description: 'Accepted since the owner last reset the counters.',
    }),
    sinceResetRejected: t.expose('sinceResetRejected', {
      type: 'BigInt',
      description: 'Rejected since the owner last reset the counters.',
    }),
  }),
});

const MinerWorkerRef = builder.objectRef<MinerWorker>('MinerWorker').implement({
  description: 'One machine of an account.',
  fields: (t) => ({
    name: t.exposeString('name', { description: "The owner's name for it." }),
    hashRate: hashRateField<MinerWorker>(t, 'this machine'),
    lastWorkAt: t.expose('lastWorkAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last did work; null when it never did.',
    }),
    alive: t.exposeBoolean('alive', {
      description: "Whether it did work in the five minutes before the account's `asOf`.",
    }),
    work: t.field({
      type: [MinerWorkRef],
      description: 'Its work by chain, or only on the chain asked for; a new machine has none.',
      args: { chain: t.arg.string({ description: chainArgument }) },
      resolve: ({ work }, { chain }) => onChain(work, chain),
    }),
  }),
});

const MinerRef = builder.objectRef<Miner>('Miner').implement({
  description: 'An account at the mining pool.',
  fields: (t) => ({
    id: t.id({ description: cacheId, resolve: ({ name }) => encodeGlobalId('Miner', name) }),
    name: t.exposeString('name', { description: 'Name of the account, as the pool spells it.' }),
    hashRate: hashRateField<Miner>(t, 'all its machines'),
    activeWorkers: t.exposeInt('activeWorkers', { description: 'Machines at work.' }),
    asOf: t.expose('asOf', {
      type: 'DateTime',
      description: "The pool's own clock when it answered; may be a minute ago.",
    }),
    balances: t.field({
      type: [BalanceRef],
      description: 'Coins held, by chain, or only of the chain asked for. Coins of two chains do not add up.',
      args: { chain: t.arg.string({ description: chainArgument }) },
      resolve: ({ balances }, { chain }) => onChain(balances, chain),
    }),
    roundStarts: t.field({
      type: [RoundStartRef],
      description: 'When the running round of each chain began.',
      resolve: (miner) => [...miner.roundStarts],
    }),
    shift: t.field({
      type: MinerShiftRef,
      nullable: true,
      description: 'Its part in the running shift; null when the pool shows none.',
      resolve: (miner) => miner.shift,
    }),
    workers: t.field({ type: [MinerWorkerRef], description: 'Its machines.', resolve: (miner) => [...miner.workers] }),
  }),
});

builder.queryField('miner', (t) =>
  t.field({
    ...priced(forMiners, [bitminter(1)]),
    type: MinerRef,
    nullable: true,
    description:
      'An account at the mining pool; null when there is none of that name. One call a minute for each key and name.',
    args: {
      name: t.arg.string({
        description: 'Name of the account, case does not count; the owner of the API key when omitted.',
      }),
    },
    resolve: (_root, { name }, context) =>
      context.access
        .of('bitminter')
        .miners()
        .miner(name ?? null),
  }),
);
