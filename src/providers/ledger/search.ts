import { UpstreamError } from '../../errors.js';
import type { CallScope } from '../../upstream/http.js';
import { compareInstants, instantFromMillis, toMillis, type Instant } from '../../values/instant.js';
import type { LedgerClient } from './client.js';
import { badResponse, type Reading } from '../reading.js';
import { wholeness } from './reach.js';
import type {
  LedgerReach,
  LedgerRow,
  LedgerSearch,
  LedgerTransaction,
  Movements,
  NativeTransfer,
  PaymentTrace,
} from './model.js';

/** Pages of the wallet's history that one search reads: 2,000 transactions. */
export const MOST_PAGES = 10;
/** Transactions with the payment's memo that are looked at closer; anybody can send one. */
const MOST_CANDIDATES = 20;
/** The clocks of Pi and of the ledger need not agree. */
const LEEWAY_MS = 86_400_000;
const TXID = /^[0-9a-f]{64}$/;
/** A public key of the ledger, or a muxed one. */
const ADDRESS = /^[GM][A-Z2-7]{55,68}$/;

/** How the wallet's history is read; shared by all who ask for one wallet within an operation. */
export type ReadPage = (account: string, cursor: string | null) => Promise<readonly LedgerRow[]>;

/**
 * The app's wallet, in whose history the transaction is: paid to it by a user, or from it to one. Where Pi does not say which
 * is which, the receiver's history holds the transaction as well.
 */
function searchedAccount({ direction, fromAddress, toAddress }: PaymentTrace): string | null {
  const account = direction === 'APP_TO_USER' ? (fromAddress ?? toAddress) : toAddress;
  return account !== null && ADDRESS.test(account) ? account : null;
}

/** What a search goes by beside the payment. */
interface Looking {
  readonly readPage: ReadPage;
  readonly reading: Reading;
  /** As the server told it before the search. */
  readonly reach: LedgerReach;
}

/** Looks through the wallet's history for the payment's transaction. Rejects with what the calls reject with. */
export async function searchLedger(
  client: LedgerClient,
  scope: CallScope,
  payment: PaymentTrace,
  looking: Looking,
): Promise<Exclude<LedgerSearch, { readonly state: 'off' | 'unavailable' | 'other network' }>> {
  const account = searchedAccount(payment);
  const { toAddress } = payment;
  // Without the receiver no transaction could be told from one to somebody else.
  if (account === null || toAddress === null || !ADDRESS.test(toAddress)) return { state: 'no address' };
  const history = await historyOf(account, payment, looking);
  if (history === 'cut off') return { state: 'cut off' };
  const { rows } = history;
  const linked = payment.transaction?.txid.toLowerCase();
  // What Pi has linked must be there: a ledger that does not list it does not answer whole.
  if (linked !== undefined && TXID.test(linked) && !rows.some(({ txid }) => txid === linked))
    rows.push(await client.getTransaction(scope, linked));
  const candidates = rows.filter(({ successful, textMemo }) => successful && textMemo === payment.paymentId);
  if (candidates.length > MOST_CANDIDATES) return { state: 'cut off' };
  const agreeing: LedgerTransaction[] = [];
  const decoys: LedgerTransaction[] = [];
  const hidden: string[] = [];
  for (const row of candidates) {
    const movements = await client.getTransfers(scope, row.txid);
    if (!movements) continue;
    const shown = shownTransfer(movements, toAddress);
    if (movements.hidden) hidden.push(row.txid);
    if (shown) (agree(movements, toAddress, payment.amount) ? agreeing : decoys).push(toTransaction(row, shown));
  }
  const [only, ...more] = agreeing;
  if (only === undefined) {
    const { reading, reach } = looking;
    if (hidden.length > 0) return { state: 'hidden', txids: hidden, decoys, error: unreadable(reading) };
    const fault = wholeness(reach, history.toSince, Date.now());
    if (fault !== undefined) throw notWhole(reading, fault);
    return { state: 'none', decoys };
  }
  if (more.length > 0) return { state: 'several', transactions: agreeing };
  return { state: 'match', transaction: { ...only, matches: true }, decoys };
}

/**
 * All of the wallet's transactions since a day before the payment was made, newest first; and whether older ones were seen, so
 * that the history surely reaches back to that day.
 */
async function historyOf(
  account: string,
  { createdAt }: PaymentTrace,
  { readPage, reading }: Looking,
): Promise<{ readonly rows: LedgerRow[]; readonly toSince: boolean } | 'cut off'> {
  const since = instantFromMillis(toMillis(createdAt) - LEEWAY_MS);
  const rows: LedgerRow[] = [];
  const seen = new Set<string>();
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const read: readonly LedgerRow[] = await readPage(account, cursor);
    // A short page need not be the last: only an empty one is, or one that reaches back far enough.
    if (read.length === 0) return { rows, toSince: false };
    for (const row of read) {
      // Out of order, or again: then nobody can say what was left out.
      if (seen.has(row.txid) || isNewer(row.createdAt, rows.at(-1)?.createdAt))
        throw badResponse(reading, 'pagination_stuck');
      if (compareInstants(row.createdAt, since) < 0) return { rows, toSince: true };
      seen.add(row.txid);
      rows.push(row);
    }
    cursor = read.at(-1)?.cursor ?? null;
  }
  return 'cut off';
}

function isNewer(createdAt: Instant, before: Instant | undefined): boolean {
  return before !== undefined && compareInstants(createdAt, before) > 0;
}

/** The transfer to the receiver, else the first; undefined when none of the ledger's own coin is to be seen. */
function shownTransfer({ transfers, exchanged }: Movements, toAddress: string): NativeTransfer | undefined {
  const all = [...transfers, ...exchanged];
  return all.find(({ to }) => to === toAddress) ?? all[0];
}

function unreadable({ facts, delivery }: Reading): UpstreamError {
  return badResponse({ facts: { ...facts, operation: 'getTransfers' }, delivery }, 'shape', 'operations');
}

function notWhole({ facts }: Reading, detail: string): UpstreamError {
  return new UpstreamError('unavailable', { ...facts, operation: 'getNetwork', delivery: 'answered', detail });
}

/** Whether it moves the amount to the receiver, at one time and once, and nothing in any other way. */
function agree({ transfers, exchanged, hidden }: Movements, toAddress: string, amount: string): boolean {
  if (hidden || exchanged.length > 0) return false;
  const [only, ...more] = transfers.filter(({ to }) => to === toAddress);
  return only !== undefined && more.length === 0 && only.amount === amount;
}

function toTransaction({ txid, textMemo, createdAt }: LedgerRow, transfer: NativeTransfer): LedgerTransaction {
  return { txid, ...transfer, memo: textMemo ?? '', createdAt, matches: false };
}

/** Whether two passphrases name one network: Pi may add to that of the main one. */
export function isSameNetwork(a: string, b: string): boolean {
  const main = 'Pi Network';
  return a === b || (a.startsWith(main) && b.startsWith(main));
}
