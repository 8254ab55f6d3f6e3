import type { Decimal } from '../../values/decimal.js';
import type { Instant } from '../../values/instant.js';

/** Hashes per second, exactly: the upstream counts the pool in Gh/s and miners in Mh/s. */
export type HashRate = Decimal;
/** A whole number of 0 or more as its digits: shares of work exceed what a float holds. */
export type Count = string;

const blockStatuses = ['PROCESSING', 'UNCONFIRMED', 'CONFIRMED', 'STALE', 'ORPHAN', 'UNKNOWN'] as const;
export type BlockStatus = (typeof blockStatuses)[number];

/** The pool's figures at a moment. */
export type PoolFigures = {
  readonly hashRate: HashRate;
  readonly activeWorkers: number;
  readonly activeUsers: number;
};

/** When something was read, and whether it had to be remembered because the pool is down. */
export type Freshness = {
  readonly asOf: Instant;
  readonly stale: boolean;
};

export type PoolStats = PoolFigures & Freshness;

/** The shift that is running: work of the whole pool since it began. */
export type RoundShift = {
  readonly accepted: Count;
  readonly rejected: Count;
  readonly durationSeconds: number;
  readonly score: number;
};

/** Work on one chain since its last block. */
export type PoolChain = {
  readonly chain: string;
  readonly accepted: Count;
  readonly rejected: Count;
  readonly durationSeconds: number;
  readonly difficulty: number;
};

/** The running round: the pool's figures, the running shift, and every chain (sorted by name). */
export type RoundFigures = PoolFigures & {
  readonly shift: RoundShift;
  readonly chains: readonly PoolChain[];
};

export type PoolRound = RoundFigures & Freshness;

/** A block that the pool found. */
export type PoolBlock = {
  /** Unique in the pool, across chains. */
  readonly blockId: string;
  readonly chain: string;
  readonly hash: string;
  readonly height: number;
  readonly difficulty: number;
  /** Coins of this chain, subsidy and fees; null while the pool does not say. */
  readonly income: Decimal | null;
  readonly accepted: Count;
  readonly rejected: Count;
  readonly status: BlockStatus;
  /** -1 = never will be confirmed, 0 = is; null while the pool does not say. */
  readonly confirmationsLeft: number | null;
  /** The miner who found it; null when they do not show. */
  readonly generator: string | null;
  readonly generatedAt: Instant;
  readonly durationSeconds: number;
};

/** A completed shift of the whole pool. */
export type PoolShift = {
  readonly shiftId: string;
  readonly difficulty: number;
  readonly accepted: Count;
  readonly rejected: Count;
  readonly score: number;
  readonly completedAt: Instant;
  readonly durationSeconds: number;
};

/** One of the fastest miners. */
export type TopMiner = {
  /** 1 is the fastest. */
  readonly rank: number;
  readonly name: string;
  readonly hashRate: HashRate;
};

export type Balance = {
  readonly chain: string;
  /** Whole coins of this chain. */
  readonly amount: Decimal;
};

export type RoundStart = {
  readonly chain: string;
  readonly startedAt: Instant;
};

/** A miner's part in the running shift. */
export type MinerShift = {
  readonly startedAt: Instant;
  readonly accepted: Count;
  readonly rejected: Count;
  readonly userScore: number;
  readonly totalScore: number;
};

/** What one worker did on one chain, ever and since its owner last reset the counters. */
export type MinerWork = {
  readonly chain: string;
  readonly totalAccepted: Count;
  readonly totalRejected: Count;
  /** The counters as they were at the last reset. */
  readonly checkpointAccepted: Count;
  readonly checkpointRejected: Count;
  readonly sinceResetAccepted: Count;
  readonly sinceResetRejected: Count;
};

export type MinerWorker = {
  readonly name: string;
  readonly hashRate: HashRate;
  /** Null when it never worked. */
  readonly lastWorkAt: Instant | null;
  /** Whether it worked in the five minutes before the account's `asOf`. */
  readonly alive: boolean;
  readonly work: readonly MinerWork[];
};

/** An account at the pool. */
export type Miner = {
  readonly name: string;
  readonly hashRate: HashRate;
  readonly activeWorkers: number;
  /** The pool's own clock when it answered. */
  readonly asOf: Instant;
  readonly balances: readonly Balance[];
  readonly roundStarts: readonly RoundStart[];
  readonly shift: MinerShift | null;
  readonly workers: readonly MinerWorker[];
};

/** Where a row lies in a listing that grows at its top. */
export type RowPosition = {
  readonly id: string;
  /** Epoch seconds. */
  readonly time: number;
  /** Its index when it was read: it only grows while rows arrive. */
  readonly offsetHint: number;
};

/** A row of a listing: what it shows, or why it cannot be read. */
export type PoolRow<Node> = {
  readonly id: string;
  /** Its own id cannot be read: this one is made of its content. */
  readonly nameless?: true;
  readonly time: number;
  readonly node: Node | Error;
};

/** A page of a listing, newest first. */
export type PoolPage<Node> = {
  readonly edges: readonly { readonly node: Node | Error; readonly position: RowPosition }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
};

/** Which rows: how many behind which place. */
export type PoolSlice = {
  readonly first: number;
  readonly after: RowPosition | null;
};
