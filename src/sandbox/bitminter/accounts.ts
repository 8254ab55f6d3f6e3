import { faultNames } from '../faults.js';
import { blocksAt, chainOf, chains } from './blocks.js';
import { rateOf, runningShift, type PoolTime } from './figures.js';

/** The owner of the sandbox's key. */
export const OWNER = 'hollow_creek';
/** An account that shares its figures with the owner. */
const SHARED = 'hydro_shed';

/** What the key may see of an account. */
export type Seen = { readonly account: Record<string, unknown> } | 'refused' | 'missing';

/** The shared account under names that ask for faults: `blink-hydro_shed` and the like. */
const rehearsed = faultNames.map((fault) => `${fault}-${SHARED}`);

/** The account of this name, whatever the case. Other people's accounts are refused. */
export function accountAt(name: string, time: PoolTime): Seen {
  const known = [OWNER, SHARED, ...rehearsed].find((own) => own === name.toLowerCase());
  const rate = rateOf(known !== undefined && rehearsed.includes(known) ? SHARED : name, time.now);
  if (rate === undefined) return 'missing';
  return known === undefined ? 'refused' : { account: render(known, rate, time) };
}

function render(name: string, rate: number, time: PoolTime): Record<string, unknown> {
  const { began } = runningShift(time);
  const duration = Math.max(0, time.now - began);
  const blocks = blocksAt(time.startedAt, time.now, time.speed);
  const perSecond = Math.floor(rate / 4_295);
  const now = Math.floor(time.now);
  return {
    name,
    active_workers: 2,
    // As text on purpose: clients have seen both.
    hash_rate: String(rate),
    now,
    round_start: Object.fromEntries(
      chains.map((chain) => [
        chain,
        Math.floor(blocks.find(({ number }) => chainOf(number) === chain)?.generated ?? now),
      ]),
    ),
    shift: {
      start: Math.floor(began),
      accepted: Math.floor(duration * perSecond),
      rejected: Math.floor((duration * perSecond) / 680),
      user_score: Number((duration * perSecond * 0.998).toFixed(3)),
      total_score: Number((duration * 489_355.6).toFixed(3)),
    },
    balances: { BTC: 0.01840277, NMC: '0.7312' },
    workers: [
      worker('greenhouse-heater', rate * 0.6, now - (now % 9), perSecond * 0.6, time),
      worker('barn-1', rate * 0.4, now - (now % 7), perSecond * 0.4, time),
      { name: 'spare', hash_rate: 0, last_work: 0, alive: false, work: {} },
    ],
  };
}

function worker(
  name: string,
  rate: number,
  lastWork: number,
  perSecond: number,
  { startedAt, now }: PoolTime,
): Record<string, unknown> {
  const total = 9_126_805_504 + Math.floor((now - startedAt) * perSecond);
  const work = {
    total_accepted: total,
    total_rejected: Math.floor(total / 680),
    round_accepted: 0,
    round_rejected: 0,
    checkpoint_accepted: 8_053_063_680,
    checkpoint_rejected: 11_842_740,
  };
  return {
    name,
    hash_rate: Number(rate.toFixed(2)),
    last_work: lastWork,
    alive: true,
    work: Object.fromEntries(chains.map((chain) => [chain, work])),
  };
}
