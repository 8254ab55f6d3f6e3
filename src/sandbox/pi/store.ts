import { randomSecret } from '../names.js';
import type { SandboxClock } from '../part.js';
import { Refusal, type Reply } from '../routes.js';
import { current, render, type PaymentRecord } from './payment.js';

/** A payout as it was asked for. */
export type PayoutRequest = Pick<PaymentRecord, 'userUid' | 'amount' | 'memo' | 'metadata'>;

/** All payments of one app. The verbs answer like the Platform API, or throw a Refusal. */
export interface PaymentStore {
  get(identifier: string): Reply;
  approve(identifier: string): Reply;
  complete(identifier: string, txid: unknown): Reply;
  cancel(identifier: string): Reply;
  /** Begins a payout, unless one is open. */
  create(request: PayoutRequest): Reply;
  incomplete(): Reply;
}

const TXID = /^[0-9a-f]{64}$/;

export function createPaymentStore(seed: readonly PaymentRecord[], clock: SandboxClock): PaymentStore {
  const payments = new Map(seed.map((record) => [record.identifier, record]));

  const find = (identifier: string): PaymentRecord => {
    const record = payments.get(identifier);
    if (!record) throw new Refusal(404, 'payment_not_found', 'There is no such payment in this app');
    return current(record, clock);
  };
  const save = (record: PaymentRecord): Reply => {
    payments.set(record.identifier, record);
    return { json: render(current(record, clock)) };
  };
  const openPayouts = () =>
    [...payments.values()]
      .map((record) => current(record, clock))
      .filter(
        ({ direction, completed, cancelledBy }) => direction === 'app_to_user' && !completed && cancelledBy === null,
      );
  const isUsed = (txid: string) =>
    [...payments.values()].some((record) => current(record, clock).linked?.txid === txid);

  return {
    get: (identifier) => ({ json: render(find(identifier)) }),
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
      if (payment.fault !== null) return unverified(payment.fault);
      // A user's transaction is on the chain as soon as it is linked; a payout's is whatever the app's own wallet sent.
      if (!payment.linked && payment.direction === 'user_to_app')
        throw new Refusal(400, 'not_verified', 'The transaction is not on the ledger yet');
      if (!payment.linked && !TXID.test(txid)) return unverified('tx_not_found');
      if (!payment.linked && isUsed(txid)) return unverified('payment_already_linked_with_a_tx');
      return save({ ...payment, linked: { txid, verified: true }, completed: true });
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
      const [ongoing] = openPayouts();
      if (ongoing) return refusedWith('ongoing_payment_found', 'Complete or cancel the open payment first', ongoing);
      return save({
        ...request,
        identifier: randomSecret().slice(0, 28),
        direction: 'app_to_user',
        createdMs: clock.now(),
        approved: true,
        signingSince: null,
        linked: null,
        completed: false,
        cancelledBy: null,
        fault: null,
      });
    },
    incomplete: () => ({ json: { incomplete_server_payments: openPayouts().map(render) } }),
  };
}

/** Refusals that show the payment in the way. */
function refusedWith(error: string, text: string, payment: PaymentRecord): Reply {
  return { status: 400, json: { error, error_message: text, payment: render(payment) } };
}

/** This one comes without a text for people, as it does in life. */
function unverified(fault: string): Reply {
  return { status: 400, json: { error: 'verification_failed', verification_error: fault } };
}
