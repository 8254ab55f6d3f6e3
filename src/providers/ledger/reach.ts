import { toMillis } from '../../values/instant.js';
import type { LedgerReach } from './model.js';

/** Ledgers close every few seconds. So far behind its network, or beside our clock, a server is not up to date. */
const NOW_MS = 120_000;

/**
 * Why a search that found nothing proves nothing: the server's history ends before now, or begins after the time that was
 * searched. Undefined when it reaches over all of it. What a server does not say of itself is not known.
 */
export function wholeness(
  { closedAt, fromTheStart }: LedgerReach,
  sawOlder: boolean,
  now: number,
): 'stale_history' | 'history_too_short' | undefined {
  if (closedAt === null || Math.abs(now - toMillis(closedAt)) > NOW_MS) return 'stale_history';
  return fromTheStart || sawOlder ? undefined : 'history_too_short';
}
