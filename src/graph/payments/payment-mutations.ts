import type { PaymentRight } from '../../access/rights.js';
import type { Context } from '../../context.js';
import { PaymentConflict, type Payment } from '../../providers/pi/model.js';
import type { PaymentCheck, PiSession } from '../../providers/pi/session.js';
import { checkPaymentId, normalTxid } from '../../providers/pi/validate.js';
import { builder } from '../builder.js';
import { costing } from '../costs.js';
import { forPayments, forPi } from '../rights.js';
import { ConflictError, resultUnion, settleMutation } from '../user-errors.js';
import { PaymentRef } from './payment.js';
import { createPayout, RememberedConflict, type PaymentPayload } from './payout.js';

builder.objectField(ConflictError, 'payment', (t) =>
  t.field({
    type: PaymentRef,
    nullable: true,
    description: 'The payment that stands in the way, when it is one and it is yours to see.',
    resolve: ({ cause }) =>
      cause instanceof PaymentConflict ? cause.payment : cause instanceof RememberedConflict ? cause.payment() : null,
  }),
);

/** A look before, a sending, and when its end is unclear two looks and another sending. */
const WRITE_CALLS = 5;

/** One input, payload and result for each mutation that acts on a payment. */
function paymentPayload(mutation: string, description: string) {
  const title = mutation[0]?.toUpperCase() + mutation.slice(1);
  const payload = builder.objectRef<PaymentPayload>(`${title}Payload`).implement({
    description,
    fields: (t) => ({
      // Nullable like ConflictError.payment: GraphQL lets a client select both under one name only when they are alike.
      payment: t.field({
        type: PaymentRef,
        nullable: true,
        description: 'The payment as it is now.',
        resolve: ({ payment }) => (typeof payment === 'function' ? payment() : payment),
      }),
    }),
  });
  return resultUnion(mutation, payload);
}

const paymentId = "Pi's own id of the payment.";

const ApprovePaymentInput = builder.inputType('ApprovePaymentInput', {
  description: 'Which payment to approve.',
  fields: (t) => ({ paymentId: t.id({ required: true, description: paymentId }) }),
});

const CompletePaymentInput = builder.inputType('CompletePaymentInput', {
  description: 'Which payment to complete, and by which transaction.',
  fields: (t) => ({
    paymentId: t.id({ required: true, description: paymentId }),
    txid: t.id({ required: true, description: "The transaction's hash: 64 hexadecimal digits." }),
  }),
});

const CancelPaymentInput = builder.inputType('CancelPaymentInput', {
  description: 'Which payment to cancel.',
  fields: (t) => ({ paymentId: t.id({ required: true, description: paymentId }) }),
});

const CreatePaymentInput = builder.inputType('CreatePaymentInput', {
  description: 'A payout from the app to a user.',
  fields: (t) => ({
    userUid: t.id({ required: true, description: 'Who is paid: a uid of this app.' }),
    amount: t.field({ type: 'Decimal', required: true, description: 'In Pi: above 0, at most 7 decimal places.' }),
    memo: t.string({ required: true, description: 'What the user is shown; at most 1,024 bytes.' }),
    metadata: t.field({ type: 'JSONObject', description: 'Your own data; {} when omitted.' }),
    idempotencyKey: t.string({
      required: true,
      description:
        'Your name for this very payout, 1 to 255 printable characters: sent again with the same input it pays no second time.',
    }),
  }),
});

const ApprovePaymentResult = paymentPayload('approvePayment', 'The payment was approved, now or before.');
const CompletePaymentResult = paymentPayload(
  'completePayment',
  'The payment was completed by this transaction, now or before; Pi may show no transaction, and then it cannot be told by which. Deliver only when its state is COMPLETED, its transaction is verified, and amount and metadata are what you expect.',
);
const CancelPaymentResult = paymentPayload('cancelPayment', 'The payment was cancelled, now or before.');
const CreatePaymentResult = paymentPayload(
  'createPayment',
  "The payout was begun; the app's wallet has to send the transaction, then completePayment closes it.",
);

/** One change of a payment at a time, whoever asks. It is opened when its turn comes, so that each has its own time. */
function oneAtATime(
  context: Context,
  operation: string,
  right: PaymentRight,
  paymentId: string,
  run: (session: PiSession, check: PaymentCheck) => Promise<Payment>,
): Promise<PaymentPayload> {
  return context.writes.serially(
    `payment:${paymentId}`,
    async () => {
      const payments = await context.access.payments(right);
      return { payment: await payments.change(run) };
    },
    { provider: 'pi', operation },
  );
}

builder.mutationFields((t) => ({
  approvePayment: t.field({
    ...costing(forPayments('pi:approve'), WRITE_CALLS),
    type: ApprovePaymentResult,
    nullable: true,
    description:
      "Approves a user's payment so that they can sign it. Safe to repeat and to run in parallel: one approval is sent.",
    args: { input: t.arg({ type: ApprovePaymentInput, required: true, description: 'Which payment.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        checkPaymentId(input.paymentId, 'input.paymentId');
        return oneAtATime(context, 'approvePayment', 'pi:approve', input.paymentId, (session, check) =>
          session.approve(input.paymentId, check),
        );
      }),
  }),
  completePayment: t.field({
    ...costing(forPayments('pi:complete'), WRITE_CALLS),
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
        const txid = normalTxid(input.txid, 'input.txid');
        return oneAtATime(context, 'completePayment', 'pi:complete', input.paymentId, (session, check) =>
          session.complete(input.paymentId, txid, check),
        );
      }),
  }),
  cancelPayment: t.field({
    ...costing(forPayments('pi:cancel'), WRITE_CALLS),
    type: CancelPaymentResult,
    nullable: true,
    description: 'Cancels a payment that has no transaction yet. Safe to repeat.',
    args: { input: t.arg({ type: CancelPaymentInput, required: true, description: 'Which payment.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        checkPaymentId(input.paymentId, 'input.paymentId');
        return oneAtATime(context, 'cancelPayment', 'pi:cancel', input.paymentId, (session, check) =>
          session.cancel(input.paymentId, check),
        );
      }),
  }),
  createPayment: t.field({
    ...costing(forPi('pi:payout'), WRITE_CALLS + 1),
    type: CreatePaymentResult,
    nullable: true,
    description:
      'Begins a payout from the app to a user. It moves money: one payout per idempotency key, whatever happens on the way; within the caps per call and day.',
    args: { input: t.arg({ type: CreatePaymentInput, required: true, description: 'Who, how much, and what for.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(() =>
        createPayout(
          { userUid: input.userUid, amount: input.amount, memo: input.memo, metadata: input.metadata ?? {} },
          input.idempotencyKey,
          context,
        ),
      ),
  }),
}));
