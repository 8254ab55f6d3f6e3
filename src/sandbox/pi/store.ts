import { createChain, type Chain, type LedgerEntry } from '../ledger/chain.js';
import { toUnits } from '../ledger/transactions.js';
import { appWallet } from '../ledger/wallets.js';
import { randomSecret } from '../names.js';
import type { SandboxClock } from '../part.js';
import { Refusal, type Reply } from '../routes.js';
import {
  current,
  entryOf,
  isConfirmed,
  render,
  twistOf,
  userWallet,
  walletsOf,
  type PaymentRecord,
  type Twist,
} from './payment.js';

/** A payment as somebody asks for it. */
export type PaymentRequest = Pick<PaymentRecord, 'userUid' | 'amount' | 'memo' | 'metadata'>;

/** All payments of one app, and the ledger that they are paid on. The verbs answer like the Platform API, or throw a Refusal. */
export interface PaymentStore {
  readonly chain: Chain;
  /** Whether the ledger's answer about this transaction is to be lost: the first one, where its payment's name says so. */
  isAnswerLost(entry: LedgerEntry): boolean;
  get(identifier: string): Reply;
  /** Undefined when there is no such payment. */
  memoOf(identifier: string): string | undefined;
  approve(identifier: string): Reply;
  complete(identifier: string, txid: unknown): Reply;
  cancel(identifier: string): Reply;
  /** Begins a payout, unless one is open. */
  create(request: PaymentRequest): Reply;
  /** Begins a payment of a user, as their Pi Browser does. */
  open(request: PaymentRequest): Reply;
  /** A user's payments that began here, newest first. */
  openedBy(userUid: string): Reply;
  incomplete(): Reply;
}

/** Who has a wallet here, besides the app. */
export interface StoreParts {
  readonly seed: readonly PaymentRecord[];
  readonly clock: SandboxClock;
  readonly userUids: readonly string[];
}

export function createPaymentStore({ seed, clock, userUids }: StoreParts): PaymentStore {
  const payments = new Map(seed.map((record) => [record.identifier, record]));
  const opened = new Set<string>();
  const happened = new Set<string>();
  const chain = createChain({
    clock,
    accounts: [appWallet.address, ...userUids.map(userWallet)],
    others: () => all().flatMap((record) => entryOf(record) ?? []),
    isLate: ({ memo }) => isFirst('too late', memo),
  });

  /** Whether this happens to a payment for the first time, where its name asks for it. */
  function isFirst(twist: Twist, identifier: string | null): boolean {
    const payment = payments.get(identifier ?? '');
    if (!payment || twistOf(payment) !== twist || happened.has(payment.identifier)) return false;
    happened.add(payment.identifier);
    return true;
  }
  const now = (record: PaymentRecord) => withPayout(current(record, clock), chain, clock);
  const all = () => [...payments.values()].map((record) => current(record, clock));
  const find = (identifier: string): PaymentRecord => {
    const record = payments.get(identifier);
    if (!record) throw new Refusal(404, 'payment_not_found', 'There is no such payment in this app');
    return now(record);
  };
  const save = (record: PaymentRecord): Reply => {
    payments.set(record.identifier, record);
    return { json: render(now(record)) };
  };
  const begin = (request: PaymentRequest, more: Pick<PaymentRecord, 'direction' | 'approved'>): PaymentRecord => ({
    ...request,
    ...more,
    identifier: randomSecret().slice(0, 28),
    createdMs: clock.now(),
    signingSince: null,
    sentMs: null,
    linked: null,
    completed: false,
    cancelledBy: null,
  });
  const unfinished = (direction: PaymentRecord['direction']) =>
    [...payments.values()]
      .map(now)
      .filter((one) => one.direction === direction && !one.completed && one.cancelledBy === null);
  const isUsed = (txid: string, identifier: string) =>
    [...payments.values()].some((one) => one.identifier !== identifier && now(one).linked?.txid === txid);

  return {
    chain,
    isAnswerLost: ({ memo }) => isFirst('lost answer', memo),
    get: (identifier) => ({ json: render(find(identifier)) }),
    memoOf: (identifier) => payments.get(identifier)?.memo,
    approve(identifier) {
      const payment = find(identifier);
      if (payment.cancelledBy !== null) throw new Refusal(400, 'cancelled_payment', 'The payment was cancelled');
      if (payment.approved) return { json: render(payment) };
      return save({ ...payment, approved: true, signingSince: clock.now() });
    },
    complete(identifier, txid) {
      const payment = find(identifier);
      if (typeof txid !== 'string' || txid === '') throw new Refusal(400, 'missing_txid', 'The txid is missing');
      if (payment.cancelledBy !== null) throw new Refusal(400, 'cancelled_payment', 'The payment was cancelled');
      if (payment.completed) throw new Refusal(400, 'already_completed', 'The payment is complete');
      if (!payment.approved)
        throw new Refusal(400, 'not_verified', 'The payment was not approved, so nobody has paid it');
      if (payment.linked && payment.linked.txid !== txid)
        throw new Refusal(400, 'txid_mismatch', 'Another transaction is linked to the payment');
      const entry = chain.find(txid);
      if (!entry) throw new Refusal(400, 'not_verified', 'The transaction is not on the ledger yet');
      if (isUsed(txid, identifier)) return unverified('payment_already_linked_with_a_tx');
      const fault = differenceOf(payment, entry);
      if (fault) return unverified(fault);
      const completed = save({ ...payment, linked: { txid, verified: true }, completed: true });
      return payment.direction === 'user_to_app' && isFirst('lost answer', identifier) ? { lost: true } : completed;
    },
    cancel(identifier) {
      const payment = find(identifier);
      if (payment.completed) return refusedWith('already_completed', 'The payment is complete', payment);
      if (payment.cancelledBy !== null) return refusedWith('cancelled_payment', 'The payment was cancelled', payment);
      if (payment.linked)
        throw new Refusal(400, 'payment_tx_present', 'A transaction is linked to the payment: complete it');
      return save({ ...payment, cancelledBy: 'app' });
    },
    create(request) {
      const [ongoing] = unfinished('app_to_user');
      if (ongoing) return refusedWith('ongoing_payment_found', 'Complete or cancel the open payment first', ongoing);
      return save(begin(request, { direction: 'app_to_user', approved: true }));
    },
    open(request) {
      const mine = unfinished('user_to_app').filter(
        (one) => opened.has(one.identifier) && one.userUid === request.userUid,
      );
      const paid = mine.find(({ linked, sentMs }) => linked ?? sentMs);
      if (paid) return refusedWith('ongoing_payment_found', 'The payment before has to be completed first', paid);
      for (const one of mine) save({ ...one, cancelledBy: 'app' });
      const payment = begin(request, { direction: 'user_to_app', approved: false });
      opened.add(payment.identifier);
      return save(payment);
    },
    openedBy(userUid) {
      const mine = [...opened]
        .toReversed()
        .map(find)
        .filter((one) => one.userUid === userUid);
      // The wallet knows what it signed, whatever Pi shows.
      const shown = mine.map((one) => ({ ...render(one), wallet_txid: entryOf(one)?.hash ?? null }));
      return { json: { payments: shown } };
    },
    incomplete: () => ({ json: { incomplete_server_payments: unfinished('app_to_user').map(render) } }),
  };
}

/** A payout with what Pi has found of it on the ledger by now. */
function withPayout(payment: PaymentRecord, chain: Chain, clock: SandboxClock): PaymentRecord {
  if (payment.direction !== 'app_to_user' || payment.linked || payment.cancelledBy !== null) return payment;
  if (twistOf(payment) === 'unseen') return payment;
  const entry = chain
    .submitted()
    .find((one) => differenceOf(payment, one) === undefined && isConfirmed(one.createdMs, clock));
  return entry ? { ...payment, linked: { txid: entry.hash, verified: true } } : payment;
}

/** In what a transaction differs from the payment that it should pay. */
function differenceOf(payment: PaymentRecord, { memo, from, to, amount }: LedgerEntry): string | undefined {
  const wallets = walletsOf(payment);
  if (memo !== payment.identifier) return 'tx_memo_payment_identifier_mismatch';
  if (from !== wallets.from || to !== wallets.to) return 'tx_wallet_mismatch';
  return amount === toUnits(payment.amount) ? undefined : 'tx_amount_mismatch';
}

/** Refusals that show the payment in the way. */
function refusedWith(error: string, text: string, payment: PaymentRecord): Reply {
  return { status: 400, json: { error, error_message: text, payment: render(payment) } };
}

/** This one comes without a text for people, as it does in life. */
function unverified(fault: string): Reply {
  return { status: 400, json: { error: 'verification_failed', verification_error: fault } };
}
