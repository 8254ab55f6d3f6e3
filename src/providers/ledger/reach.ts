import { UpstreamError } from '../../errors.js';
import { toMillis } from '../../values/instant.js';
import type { Reading } from '../reading.js';
import type { HistoryPage, LedgerReach } from './model.js';

/** Ledgers close every few seconds. So far behind its network, or beside our clock, a server is not up to date. */
const NOW_MS = 60_000;
/** So many ledgers may close between two answers, or between the network and the history: half a minute. */
const FEW_LEDGERS = 5;

/**
 * Why a search that found nothing proves nothing: the server's history ends before now, or begins after the time that was
 * searched. Undefined when it reaches over all of it. What a server does not say of itself is not known.
 */
export function wholeness(
  { closedAt, latestLedger, coreLedger, fromTheStart }: LedgerReach,
  sawOlder: boolean,
  now: number,
): 'stale_history' | 'history_too_short' | undefined {
  if (closedAt === null || Math.abs(now - toMillis(closedAt)) > NOW_MS) return 'stale_history';
  if (latestLedger === null || (coreLedger !== null && coreLedger - latestLedger > FEW_LEDGERS)) return 'stale_history';
  return fromTheStart || sawOlder ? undefined : 'history_too_short';
}

/**
 * Whether a page was made before now, whatever the server said of itself before: another replica may have answered, or a cache.
 * Not every endpoint names its newest ledger.
 */
export function isBehind(page: HistoryPage, { latestLedger, madeAt }: LedgerReach): boolean {
  const { latestLedger: known, ageMs } = page;
  // By the servers' clocks alone: ours need not agree with them.
  if (ageMs > NOW_MS || (madeAt ?? 0) - (page.madeAt ?? Infinity) > NOW_MS) return true;
  return known !== null && !(latestLedger !== null && known >= latestLedger - FEW_LEDGERS);
}

/** The error of a history that does not reach over the time that was searched. */
export function notWhole(
  { facts }: Reading,
  operation: 'getNetwork' | 'getAccountTransactions',
  detail: 'stale_history' | 'history_too_short',
): UpstreamError {
  return new UpstreamError('unavailable', { ...facts, operation, delivery: 'answered', detail });
}
