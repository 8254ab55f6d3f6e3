import type { PollSource } from '../../polling/polling.js';
import type { Credential, OperationScope, Provider } from '../provider.js';
import type { Miner, PoolBlock, PoolPage, PoolRound, PoolShift, PoolSlice, PoolStats, TopMiner } from './model.js';

/** An account's API key with the right to read balances and workers: the server's or a caller's. */
export type BitMinterCredential = Credential<{ readonly apiKey: string }>;

/**
 * The pool's public data for one operation; no key is sent for it. Answers are shared by everybody for the time that is
 * configured. Arguments are checked here before anything is sent (InvalidInput).
 */
export interface PoolSession {
  /** Always `public`: what cursors are bound to. */
  readonly fingerprint: string;
  /** When the pool is down: as it was up to 10 minutes ago, marked stale. */
  stats(): Promise<PoolStats>;
  /** As `stats`. */
  round(): Promise<PoolRound>;
  /** Blocks of one chain or of all, newest first. Rejects with `cursor_expired` when the place is not known any more. */
  blocks(slice: PoolSlice, commodity: string | null): Promise<PoolPage<PoolBlock>>;
  /**
   * One block, looked for from the newest on: null when there is none. Rejects with `lookup_limit` when it is not among
   * the first 1,000.
   */
  block(blockId: string): Promise<PoolBlock | null>;
  /** Completed shifts, newest first. Rejects with `cursor_expired`. */
  shifts(slice: PoolSlice): Promise<PoolPage<PoolShift>>;
  /** Fastest first. */
  topMiners(): Promise<readonly TopMiner[]>;
  /** For watching the stats: one poll for everybody. Holds nothing of this operation. */
  statsPollSource(): PollSource<PoolStats>;
}

/** Accounts, opened with a key for one operation. */
export interface MinerSession {
  /** Null when there is no such account; without a name the account of the key's owner. */
  miner(name: string | null): Promise<Miner | null>;
}

/** The BitMinter pool; off unless its base URL is configured. */
export interface BitMinter extends Provider {
  /** As clients see it. */
  readonly name: 'bitminter';
  /** Undefined = off: nothing can be opened. */
  readonly baseUrl: string | undefined;
  /** The server's own key; undefined = callers must bring theirs. */
  readonly apiKey: string | undefined;
  /** Throws PROVIDER_DISABLED when it is off. */
  openPool(scope: OperationScope): PoolSession;
  /** Throws PROVIDER_DISABLED when it is off. */
  openMiners(credential: BitMinterCredential, scope: OperationScope): MinerSession;
}
