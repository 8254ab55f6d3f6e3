import type { CallFacts } from '../../errors.js';
import type { Call, CallScope, CircuitState, HttpClient } from '../../upstream/http.js';
import type { Logger } from '../../log.js';
import { callOf } from '../call.js';
import type { MaybePromise } from '../../values/maybe-promise.js';
import type { Turn } from '../../values/next-turn.js';
import { badResponse, understandJson, type Reading } from '../reading.js';
import { refusal } from './errors.js';
import type { HashRate, Miner, PoolBlock, PoolFigures, PoolRow, PoolShift, RoundFigures, TopMiner } from './model.js';
import { parseMiner } from './wire-miner.js';
import {
  parseBlocks,
  parseHashRate,
  parseRound,
  parseShifts,
  parseSmallCount,
  parseStats,
  parseTop50,
} from './wire.js';

/** The most rows that one answer may have. */
export const WINDOW = 50;

const READ_RETRIES = 1;

/**
 * The pool's API on the wire: its ten operations, each a single call that is understood and checked. Pool data is asked
 * for without a key; accounts with one.
 */
export interface BitMinterClient {
  readonly provider: string;
  readonly baseUrl: string;
  getPoolStats(scope: CallScope): Promise<PoolFigures>;
  /** A bare number of Gh/s. */
  getPoolHashrate(scope: CallScope): Promise<HashRate>;
  getPoolWorkers(scope: CallScope): Promise<number>;
  getPoolUsers(scope: CallScope): Promise<number>;
  getPoolRound(scope: CallScope): Promise<RoundFigures>;
  /** 50 rows at most, newest first, from this offset on; of one chain when one is named. */
  getPoolBlocks(scope: CallScope, offset: number, commodity?: string): Promise<readonly PoolRow<PoolBlock>[]>;
  getPoolShifts(scope: CallScope, offset: number): Promise<readonly PoolRow<PoolShift>[]>;
  getPoolTop50(scope: CallScope): Promise<readonly TopMiner[]>;
  /** The account of the key's owner. */
  getUser(scope: CallScope, apiKey: string): Promise<Miner>;
  /** The account of this name, which must have been checked. Rejects with `not_found` when there is none. */
  getUserByName(scope: CallScope, apiKey: string, name: string): Promise<Miner>;
  /** Until when, on the monotonic clock, this credential should not be used; 0 when free. */
  pausedUntil(fingerprint: string): number;
  state(): CircuitState;
}

/** An account with ten thousand workers, as many as have to be read, each with what it has done on two chains. */
const MOST_VALUES = 250_000;

export function createBitMinterClient(http: HttpClient, log: Logger): BitMinterClient {
  const send = <T>(
    scope: CallScope,
    operation: string,
    path: string,
    understand: (json: unknown, reading: Reading, turn: Turn) => MaybePromise<T>,
    own: OwnCall = {},
  ): Promise<T> => {
    const facts: CallFacts = { provider: http.provider, operation, credential: scope.credential };
    const reading: Reading = { facts, delivery: 'answered' };
    const { headers, subject } = own;
    return http.call<T>(
      callOf(
        { operation, path, method: 'GET', effect: 'read', retries: READ_RETRIES, subject, refusesInText: true },
        headers,
        (answer) => understandJson(answer, reading, understand, MOST_VALUES),
        (answer) => refusal(answer, facts, subject !== undefined),
      ),
      scope,
    );
  };
  const withKey = (apiKey: string, subject?: string): OwnCall => ({
    headers: { authorization: `key=${apiKey}` },
    subject,
  });
  const knownBlocks = (json: unknown, reading: Reading) => {
    const rows = parseBlocks(json, reading);
    const unknown = rows.filter(({ node }) => !(node instanceof Error) && node.status === 'UNKNOWN').length;
    if (unknown > 0) log.warn('bitminter_unknown_block_status', { rows: unknown });
    return rows;
  };

  return {
    provider: http.provider,
    baseUrl: http.baseUrl,
    getPoolStats: (scope) => send(scope, 'getPoolStats', '/pool/stats', parseStats),
    getPoolHashrate: (scope) => send(scope, 'getPoolHashrate', '/pool/hashrate', parseHashRate),
    getPoolWorkers: (scope) => send(scope, 'getPoolWorkers', '/pool/workers', parseSmallCount),
    getPoolUsers: (scope) => send(scope, 'getPoolUsers', '/pool/users', parseSmallCount),
    getPoolRound: (scope) => send(scope, 'getPoolRound', '/pool/round', parseRound),
    getPoolBlocks: (scope, offset, commodity) =>
      send(
        scope,
        'getPoolBlocks',
        `/pool/blocks?max=${WINDOW}&offset=${offset}${commodity === undefined ? '' : `&commodity=${commodity}`}`,
        knownBlocks,
      ),
    getPoolShifts: (scope, offset) =>
      send(scope, 'getPoolShifts', `/pool/shifts?max=${WINDOW}&offset=${offset}`, parseShifts),
    getPoolTop50: (scope) => send(scope, 'getPoolTop50', '/pool/top50', parseTop50),
    getUser: (scope, apiKey) => send(scope, 'getUser', '/users', parseMiner, withKey(apiKey)),
    getUserByName: (scope, apiKey, name) =>
      send(
        scope,
        'getUserByName',
        `/users/${encodeURIComponent(name)}`,
        (json, reading, turn) => {
          const miner = parseMiner(json, reading, turn);
          // Another miner's balance must not be shown as this one's.
          const same = (read: Miner): Miner => {
            if (read.name.toLowerCase() !== name.toLowerCase()) throw badResponse(reading, 'identity_mismatch');
            return read;
          };
          return miner instanceof Promise ? miner.then(same) : same(miner);
        },
        withKey(apiKey, name),
      ),
    pausedUntil: (fingerprint) => http.pausedUntil(fingerprint),
    state: () => http.state(),
  };
}

type OwnCall = Pick<Call<unknown>, 'headers' | 'subject'>;
