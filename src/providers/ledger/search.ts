import { UpstreamError } from '../../errors.js';
import type { CallScope } from '../../upstream/http.js';
import type { LedgerClient } from './client.js';
import { badResponse, type Reading } from '../reading.js';
import { historyOf, type Looking } from './history.js';
import { notWhole, wholeness } from './reach.js';
import type { LedgerRow, LedgerSearch, LedgerTransaction, Movements, NativeTransfer, PaymentTrace } from './model.js';

/** Transactions with the payment's memo that are looked at closer; anybody can send one. */
const MOST_CANDIDATES = 20;
const TXID = /^[0-9a-f]{64}$/;
/** A public key of the ledger, or a muxed one. */
const ADDRESS = /^[GM][A-Z2-7]{55,68}$/;

/**
 * The app's wallet, in whose history the transaction is: paid to it by a user, or from it to one. Where Pi does not say which
 * is which, the receiver's history holds the transaction as well.
 */
function searchedAccount({ direction, fromAddress, toAddress }: PaymentTrace): string | null {
  const account = direction === 'APP_TO_USER' ? (fromAddress ?? toAddress) : toAddress;
  return account !== null && ADDRESS.test(account) ? account : null;
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
  if (linked !== undefined && TXID.test(linked) && !rows.some(({ names }) => names.includes(linked)))
    addLinked(rows, await client.getTransaction(scope, linked));
  const candidates = rows.filter(({ successful, textMemo }) => successful !== false && textMemo === payment.paymentId);
  if (candidates.length > MOST_CANDIDATES) return { state: 'cut off' };
  const agreeing: LedgerTransaction[] = [];
  const decoys: LedgerTransaction[] = [];
  const hidden: string[] = [];
  for (const row of candidates) {
    const movements = await client.getTransfers(scope, row);
    if (!movements) {
      // Its row says that it was successful, and its operations that it failed: one of them is wrong.
      if (row.successful === true) hidden.push(row.txid);
      continue;
    }
    const shown = shownTransfer(movements, toAddress);
    if (movements.hidden) hidden.push(row.txid);
    if (shown)
      (agree(movements, toAddress, payment.amount) ? agreeing : decoys).push(toTransaction(row, shown, linked));
  }
  const [only, ...more] = agreeing;
  if (only === undefined) {
    const { reading, reach } = looking;
    if (hidden.length > 0) return { state: 'hidden', txids: hidden, decoys, error: unreadable(reading) };
    if (history.fault) throw history.fault;
    const missing = wholeness(reach, history.toSince, Date.now());
    if (missing !== undefined) throw notWhole(reading, 'getNetwork', missing);
    return { state: 'none', decoys };
  }
  if (more.length > 0) return { state: 'several', transactions: agreeing };
  return { state: 'match', transaction: { ...only, matches: true }, decoys };
}

/** A history may list it by its other hash alone: then it is one transaction all the same. */
function addLinked(rows: LedgerRow[], linked: LedgerRow): void {
  const listed = rows.findIndex(({ txid }) => linked.names.includes(txid));
  if (listed < 0) rows.push(linked);
  else rows[listed] = linked;
}

/** The transfer to the receiver, else the first; undefined when none of the ledger's own coin is to be seen. */
function shownTransfer({ transfers, exchanged }: Movements, toAddress: string): NativeTransfer | undefined {
  const all = [...transfers, ...exchanged];
  return all.find(({ to }) => to === toAddress) ?? all[0];
}

function unreadable({ facts, delivery }: Reading): UpstreamError {
  return badResponse({ facts: { ...facts, operation: 'getTransfers' }, delivery }, 'shape', 'operations');
}

/** Whether it moves the amount to the receiver, at one time and once, and nothing in any other way. */
function agree({ transfers, exchanged, hidden }: Movements, toAddress: string, amount: string): boolean {
  if (hidden || exchanged.length > 0) return false;
  const [only, ...more] = transfers.filter(({ to }) => to === toAddress);
  return only !== undefined && more.length === 0 && only.amount === amount;
}

/** By the hash that Pi has linked, where it has two. */
function toTransaction(
  { txid, names, textMemo, createdAt }: LedgerRow,
  transfer: NativeTransfer,
  linked: string | undefined,
): LedgerTransaction {
  const shown = names.find((name) => name === linked) ?? txid;
  return { txid: shown, ...transfer, memo: textMemo ?? '', createdAt, matches: false };
}

/** Whether two passphrases name one network: Pi may add to that of the main one. */
export function isSameNetwork(a: string, b: string): boolean {
  const main = 'Pi Network';
  return a === b || (a.startsWith(main) && b.startsWith(main));
}
