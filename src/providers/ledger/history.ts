import type { UpstreamError } from '../../errors.js';
import { compareInstants, instantFromMillis, toMillis } from '../../values/instant.js';
import { badResponse, type Reading } from '../reading.js';
import type { HistoryPage, LedgerReach, LedgerRow, PaymentTrace } from './model.js';
import { isBehind, notWhole } from './reach.js';

/** Pages of the wallet's history that one search reads: 2,000 transactions. */
export const MOST_PAGES = 10;
/** The clocks of Pi and of the ledger need not agree. */
const LEEWAY_MS = 86_400_000;
const NUMBER = /^\d{1,30}$/;

/** How the wallet's history is read; shared by all who ask for one wallet within an operation. */
export type ReadPage = (account: string, cursor: string | null) => Promise<HistoryPage>;

/** What a search goes by beside the payment. */
export interface Looking {
  readonly readPage: ReadPage;
  readonly reading: Reading;
  /** As the server told it before the search. */
  readonly reach: LedgerReach;
}

/** What was read of a wallet's history. */
export interface History {
  /** All of its transactions since a day before the payment that the answers showed, each once. */
  readonly rows: LedgerRow[];
  /** Whether older ones were seen, so that the history surely reaches back to that day. */
  readonly toSince: boolean;
  /** Why it does not prove that there are no others; what is in it is there all the same. */
  readonly fault: UpstreamError | undefined;
}

/**
 * Reads the wallet's history, newest first, back to a day before the payment was made. The order that was asked for is believed
 * only where it shows: a proxy that loses the question gets the oldest rows first, and one row alone is in any order.
 */
export async function historyOf(
  account: string,
  { createdAt }: PaymentTrace,
  { readPage, reading, reach }: Looking,
): Promise<History | 'cut off'> {
  const since = instantFromMillis(toMillis(createdAt) - LEEWAY_MS);
  const walked = new WalkedRows();
  const asked = new Set<string | null>();
  let fault: UpstreamError | undefined;
  let cursor: string | null = null;
  const stuck = () => fault ?? badResponse(reading, 'pagination_stuck');
  const end = (why = fault): History => {
    const rows = walked.all.filter((row) => compareInstants(row.createdAt, since) >= 0);
    return { rows, toSince: rows.length < walked.all.length, fault: why };
  };
  for (let page = 0; page < MOST_PAGES; page += 1) {
    asked.add(cursor);
    const read: HistoryPage = await readPage(account, cursor);
    if (isBehind(read, reach)) fault ??= notWhole(reading, 'getAccountTransactions', 'stale_history');
    if (!walked.add(read.rows) || read.oldestFirst) return end(stuck());
    const last = read.rows.at(-1);
    // A short page need not be the last, nor an empty one that goes on elsewhere: only one that reaches back far enough is.
    if (last === undefined && (read.next === null || read.next === cursor)) return end();
    if (walked.inOrder && compareInstants(walked.all.at(-1)?.createdAt ?? since, since) < 0) return end();
    // Horizon's own empty page leads to itself: one that leads on is followed, and what it skipped nobody knows.
    if (last === undefined) fault ??= stuck();
    cursor = last?.cursor ?? read.next;
    if (asked.has(cursor)) return end(stuck());
  }
  return 'cut off';
}

/** Rows in the order in which they came. */
class WalkedRows {
  readonly all: LedgerRow[] = [];
  /** Whether two of them show that newer ones come first. */
  inOrder = false;
  readonly #seen = new Set<string>();

  /** False when one of them is newer than one before it, or came before; then nobody can say what was left out. */
  add(rows: readonly LedgerRow[]): boolean {
    let fits = true;
    for (const row of rows) {
      const before = this.all.at(-1);
      if (this.#seen.has(row.txid)) {
        fits = false;
        continue;
      }
      if (before !== undefined) {
        const place = placeOf(row, before);
        if (place === 'newer') fits = false;
        if (place === 'older') this.inOrder = true;
      }
      this.#seen.add(row.txid);
      this.all.push(row);
    }
    return fits;
  }
}

/** By its place in the ledger, and by its date: many come in one second. */
function placeOf(row: LedgerRow, before: LedgerRow): 'newer' | 'older' | 'as old' {
  const byDate = compareInstants(row.createdAt, before.createdAt);
  if (byDate > 0) return 'newer';
  if (!NUMBER.test(row.cursor) || !NUMBER.test(before.cursor)) return byDate < 0 ? 'older' : 'as old';
  return BigInt(row.cursor) < BigInt(before.cursor) ? 'older' : 'newer';
}
