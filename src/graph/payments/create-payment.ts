import { builder } from '../builder.js';
import { pi, priced } from '../costs.js';
import { forPi } from '../rights.js';
import { resultUnion, settleMutation } from '../user-errors.js';
import { paymentOf, type PaymentPayload } from './payment-payload.js';
import { payOutOnce } from './payout.js';

/** A look before, a sending, two looks after it, each look at the list and at a payment. */
const CALLS = 7;

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
        'Your name for this very payout, 1 to 255 printable characters. For 30 days (WRITE_RECORD_DAYS) it ' +
        'stands for one payout: sent again with the same input it opens no second one. As long as its end is ' +
        'not known (an error with a code, OutcomeUnknownError, a crash) ask with the same key, and no other. ' +
        "Pi's refusal in its own words is the end of the key: nothing was opened under it, it is told again, " +
        'and a new key is right once the cause is gone.',
    }),
  }),
});

const CreatePaymentPayload = builder.objectRef<PaymentPayload>('CreatePaymentPayload').implement({
  description:
    "The payment was opened; nobody is paid yet. The app's wallet has to sign and submit a Stellar " +
    'transaction to `toAddress` whose text memo is the `paymentId`; completePayment with its hash then ' +
    'closes it.',
  // One that is only known by name is read.
  fields: (t) => ({ payment: paymentOf(t, [pi(1)]) }),
});

const CreatePaymentResult = resultUnion('createPayment', CreatePaymentPayload);

builder.mutationField('createPayment', (t) =>
  t.field({
    ...priced(forPi('pi:payout'), [pi(CALLS)]),
    type: CreatePaymentResult,
    nullable: true,
    description:
      'Opens a payment from the app to a user, within the caps per call and day. It moves nothing by ' +
      'itself: the app signs and submits the transaction (memo = `paymentId`), then calls completePayment. ' +
      'One payout per idempotency key for 30 days (WRITE_RECORD_DAYS): it is never sent twice for one key, ' +
      'also not after Pi refused it, as with PAYOUT_OPEN, whose key is told so again: the message says so. ' +
      "A refusal that is not in Pi's own words proves nothing: UPSTREAM_AUTH_FAILED and RATE_LIMITED then say " +
      '`outcome: unknown`. When its end stays unknown, the key looks for it, also after it was completed through this gateway; ' +
      'a payout that can be found nowhere is begun anew only under a new key, or when an operator frees ' +
      'this one (resolveOpenWrite). With PI_NETWORK set, a payout that Pi opens on the other network is no ' +
      'success but OTHER_NETWORK with `applied: true`, and counts for the day; once a payment has shown that ' +
      "the API key is the other network's, nothing is sent. The memo is Pi's to change, and a payment may be " +
      'cancelled at once: `payment` shows both, so look at its `memo` and `state` before you sign.',
    args: { input: t.arg({ type: CreatePaymentInput, required: true, description: 'Who, how much, and what for.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(
        () =>
          payOutOnce(
            { userUid: input.userUid, amount: input.amount, memo: input.memo, metadata: input.metadata ?? {} },
            input.idempotencyKey,
            context,
          ),
        'input.userUid',
      ),
  }),
);
