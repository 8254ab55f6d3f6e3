import { numberOf, sha256Hex } from '../names.js';

/** A block as the pool keeps it; what it shows besides follows from its number and its age. */
export interface FoundBlock {
  /** 0 is the oldest that the pool tells of. */
  readonly number: number;
  /** Epoch seconds, not rounded: at high speed a block passes through a state in less than one. */
  readonly generated: number;
  /** Epoch seconds of the one before on the same chain. */
  readonly roundBegan: number;
}

export type Chain = 'BTC' | 'NMC';
export const chains: readonly Chain[] = ['BTC', 'NMC'];

const SEED_BLOCKS = 120;
const FIRST_ID = 90_301;
/** Seconds between two seeded blocks, and between two found since the start. */
const SEED_GAP = 1_800;
const LIVE_GAP = 180;
/** Seconds until the chain has taken a block, and for each of its confirmations. */
const PROCESSING = 30;
const CONFIRMATION = 60;
const CONFIRMATIONS = 100;

export function chainOf(number: number): Chain {
  return number % 3 === 0 ? 'BTC' : 'NMC';
}

/** Every block so far, newest first. `startedAt` and `now` in epoch seconds; `speed` shortens the waits since the start. */
export function blocksAt(startedAt: number, now: number, speed: number): FoundBlock[] {
  const live = Math.max(0, Math.floor(((now - startedAt) * speed) / LIVE_GAP));
  const blocks: FoundBlock[] = [];
  const lastOf: Partial<Record<Chain, number>> = {};
  for (let number = 0; number < SEED_BLOCKS + live; number++) {
    const generated = generatedAt(number, startedAt, speed);
    const chain = chainOf(number);
    blocks.push({ number, generated, roundBegan: lastOf[chain] ?? generated - SEED_GAP });
    lastOf[chain] = generated;
  }
  return blocks.reverse();
}

function generatedAt(number: number, startedAt: number, speed: number): number {
  // Merged mining: now and then one proof of work is a block of both chains.
  const moment = number % 10 === 8 ? number - 1 : number;
  const sinceSeed = moment - (SEED_BLOCKS - 1);
  return sinceSeed > 0 ? startedAt + (sinceSeed * LIVE_GAP) / speed : startedAt - 10 + sinceSeed * SEED_GAP;
}

/** A block on the wire. Some numbers are text on purpose: clients have seen both. */
export function renderBlock(
  { number, generated, roundBegan }: FoundBlock,
  now: number,
  speed: number,
): Record<string, unknown> {
  const bitcoin = chainOf(number) === 'BTC';
  const accepted = 1_103_224_832 + numberOf(`work/${number}`, 4_000_000_000);
  const income = (bitcoin ? 12.5 : 12.48) + numberOf(`fees/${number}`, 30_000_000) / 1e8;
  const { status, confirmationsLeft } = stateOf(number, (now - generated) * speed);
  return {
    id: FIRST_ID + number,
    chain: chainOf(number),
    hash: `000000000000000000${sha256Hex(`block/${number}`).slice(18)}`,
    height: (bitcoin ? 526_000 : 401_000) + number,
    difficulty: bitcoin ? 5_077_499_034_879.02 : 1_287_364_110_211.5,
    income: number % 4 === 0 ? income.toFixed(8) : Number(income.toFixed(8)),
    // One round was so long that its work does not fit into a float.
    accepted: number === 60 ? '9007199254740993127' : accepted,
    rejected: Math.floor(accepted / 680),
    status,
    confirmations_left: confirmationsLeft,
    generator: number % 7 === 3 ? '' : ['rigwright', 'coldbarn', 'hollow_creek', 'hydro_shed'][number % 4],
    generated: Math.floor(generated),
    duration: Math.max(1, Math.floor(generated - roundBegan)),
  };
}

function stateOf(number: number, age: number): { readonly status: string; readonly confirmationsLeft: number | null } {
  if (age < PROCESSING) return { status: 'processing', confirmationsLeft: null };
  if (number % 23 === 7) return { status: 'stale', confirmationsLeft: -1 };
  const left = CONFIRMATIONS - Math.floor((age - PROCESSING) / CONFIRMATION);
  if (number % 17 === 5 && left < CONFIRMATIONS / 2) return { status: 'orphan', confirmationsLeft: -1 };
  return left > 0 ? { status: 'unconfirmed', confirmationsLeft: left } : { status: 'confirmed', confirmationsLeft: 0 };
}
