import { PaymentConflict } from '../../providers/pi/model.js';
import type { Settled } from '../../providers/pi/session.js';
import { checkPaymentId, normalTxid } from '../../providers/pi/validate.js';
import { builder } from '../builder.js';
import { ledger, LEDGER_SEARCH, ME_FOR_MONEY, pi, priced } from '../costs.js';
import { forPayments, forSettling } from '../rights.js';
import { ConflictError, resultUnion, settleMutation } from '../user-errors.js';
import { ExpectedPaymentInput } from './expected-payment.js';
import { PaymentRef } from './payment.js';
import { approve, cancel, complete, settle, type Changed } from './payment-changes.js';
import { paymentOf, type PaymentPayload } from './payment-payload.js';
import { RememberedConflict } from './payout.js';

builder.objectField(ConflictError, 'payment', (t) =>
  t.field({
    // The one that stood in the way of an earlier call with the same key is read.
    ...priced({}, [pi(1)]),
    type: PaymentRef,
    nullable: true,
    description: 'The payment that stands in the way, when it is one and it is yours to see.',
    resolve: ({ cause }) =>
      cause instanceof PaymentConflict ? cause.payment : cause instanceof RememberedConflict ? cause.payment() : null,
  }),
);

/** A look before, a sending, and when its end is unclear two looks and another sending. */
const WRITE_CALLS = 5;

const paymentId = "Pi's own id of the payment.";
const expected = 'What your order says of it; compared before anything is sent, and with what Pi answers.';

const ApprovePaymentInput = builder.inputType('ApprovePaymentInput', {
  description: 'Which payment to approve.',
  fields: (t) => ({
    paymentId: t.id({ required: true, description: paymentId }),
    expected: t.field({ type: ExpectedPaymentInput, description: expected }),
  }),
});

const CompletePaymentInput = builder.inputType('CompletePaymentInput', {
  description: 'Which payment to complete, and by which transaction.',
  fields: (t) => ({
    paymentId: t.id({ required: true, description: paymentId }),
    txid: t.id({ required: true, description: "The transaction's hash: 64 hexadecimal digits." }),
    expected: t.field({ type: ExpectedPaymentInput, description: expected }),
  }),
});

const CancelPaymentInput = builder.inputType('CancelPaymentInput', {
  description: 'Which payment to cancel.',
  fields: (t) => ({ paymentId: t.id({ required: true, description: paymentId }) }),
});

const SettlePaymentInput = builder.inputType('SettlePaymentInput', {
  description: 'Which unfinished payment to bring to its right end.',
  fields: (t) => ({
    paymentId: t.id({ required: true, description: paymentId }),
    expected: t.field({ type: ExpectedPaymentInput, description: expected }),
  }),
});

const ApprovePaymentPayload = builder.objectRef<Changed>('ApprovePaymentPayload').implement({
  description: 'The payment was approved, now or before.',
  fields: (t) => ({
    payment: paymentOf(t),
    alreadyApproved: t.exposeBoolean('already', {
      description:
        'False for exactly one of all calls that approve this payment, on whichever instance; true for the others.',
    }),
  }),
});
const CompletePaymentPayload = builder.objectRef<Changed>('CompletePaymentPayload').implement({
  description:
    'The payment was completed by this transaction, now or before; Pi may show no transaction, and then ' +
    'it cannot be told by which. Deliver only when its state is COMPLETED, its transaction is verified, ' +
    'and amount and metadata are what you expect.',
  fields: (t) => ({
    payment: paymentOf(t),
    alreadyCompleted: t.exposeBoolean('already', {
      description:
        'False for exactly one of all calls that complete this payment, on whichever instance: deliver on ' +
        'that one. True for the others, and when it was completed outside this gateway. An answer that you ' +
        'lost may have been that one: keep a record of what you deliver.',
    }),
  }),
});
const CancelPaymentPayload = builder.objectRef<PaymentPayload>('CancelPaymentPayload').implement({
  description:
    'The payment was cancelled, now or before. Where it has a transaction all the same, somebody may have paid: ' +
    'people have to look at it.',
  fields: (t) => ({ payment: paymentOf(t) }),
});

const SettlementActionEnum = builder.enumType('SettlementAction', {
  description: 'What became of an unfinished payment.',
  values: {
    COMPLETED: { description: 'It was completed, and nobody was told so before: deliver.' },
    CANCELLED: {
      description:
        'It was cancelled: deliver nothing. Where Pi shows a transaction of it all the same, `why` says so, and people have to look.',
    },
    NONE: { description: 'It is to be left as it is, or what it came to is not certain yet; `why` says why.' },
  } satisfies Record<Settled['action'], { description: string }>,
});
const SettlePaymentPayload = builder.objectRef<Settled>('SettlePaymentPayload').implement({
  description: 'What became of the payment.',
  fields: (t) => ({
    payment: paymentOf(t),
    action: t.expose('action', { type: SettlementActionEnum, description: 'What was done.' }),
    why: t.exposeString('why', { description: 'Why, for people.' }),
  }),
});

const ApprovePaymentResult = resultUnion('approvePayment', ApprovePaymentPayload);
const CompletePaymentResult = resultUnion('completePayment', CompletePaymentPayload);
const CancelPaymentResult = resultUnion('cancelPayment', CancelPaymentPayload);
const SettlePaymentResult = resultUnion('settlePayment', SettlePaymentPayload);

builder.mutationFields((t) => ({
  approvePayment: t.field({
    ...priced(forPayments('pi:approve'), [pi(ME_FOR_MONEY + WRITE_CALLS)]),
    type: ApprovePaymentResult,
    nullable: true,
    description:
      "Approves a user's payment so that they can sign it. Safe to repeat and to run in parallel: one approval is sent.",
    args: { input: t.arg({ type: ApprovePaymentInput, required: true, description: 'Which payment.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        checkPaymentId(input.paymentId, 'input.paymentId');
        return approve(context, input.paymentId, input.expected);
      }, 'input.paymentId'),
  }),
  completePayment: t.field({
    ...priced(forPayments('pi:complete'), [pi(ME_FOR_MONEY + WRITE_CALLS)]),
    type: CompletePaymentResult,
    nullable: true,
    description:
      'Completes a payment by its transaction. Success means that Pi itself says so; anything else is an error. Safe to repeat.',
    args: {
      input: t.arg({
        type: CompletePaymentInput,
        required: true,
        description: 'Which payment, and by which transaction.',
      }),
    },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        checkPaymentId(input.paymentId, 'input.paymentId');
        return complete(context, input.paymentId, normalTxid(input.txid, 'input.txid'), input.expected);
      }, 'input.paymentId'),
  }),
  cancelPayment: t.field({
    ...priced(forPayments('pi:cancel'), [pi(ME_FOR_MONEY + WRITE_CALLS), ledger(LEDGER_SEARCH)]),
    type: CancelPaymentResult,
    nullable: true,
    description:
      'Cancels a payment that has no transaction yet. An approved one, by the word of Pi or approved here, is ' +
      'looked for on the ledger first, and refused with HAS_TRANSACTION when that has a transaction for it, or ' +
      'with the error of the ledger when it cannot be asked or does not show that its history is whole, in order ' +
      'and up to now: try again. Without a ledger (PI_LEDGER_URL) the word of Pi decides, and Pi may show no ' +
      'transaction although the user has paid. Safe to repeat.',
    args: { input: t.arg({ type: CancelPaymentInput, required: true, description: 'Which payment.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        checkPaymentId(input.paymentId, 'input.paymentId');
        return cancel(context, input.paymentId);
      }, 'input.paymentId'),
  }),
  settlePayment: t.field({
    // A look at the payment decides; a cancellation asks the ledger once more.
    ...priced(forSettling, [pi(1 + WRITE_CALLS), ledger(2 * LEDGER_SEARCH)]),
    type: SettlePaymentResult,
    nullable: true,
    description:
      'Brings an unfinished payment to its right end. Completes it when Pi has verified its transaction or ' +
      'the ledger has exactly one that matches; cancels it when Pi shows none and it was never approved, ' +
      'or it is older than 10 minutes, was not approved here in the last 10 minutes, and the ledger, answered whole, ' +
      'knows none; leaves it alone in all ' +
      'other cases, also when the ledger then fails, or does not show that its history is in order and up ' +
      'to now: `why` says so. Safe to repeat: COMPLETED is answered once, and once Pi shows the transaction as verified.',
    args: { input: t.arg({ type: SettlePaymentInput, required: true, description: 'Which payment.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        checkPaymentId(input.paymentId, 'input.paymentId');
        return settle(context, input.paymentId, input.expected);
      }, 'input.paymentId'),
  }),
}));
