import type { PollEvent } from '../../polling/polling.js';
import type { Payment } from '../../providers/pi/model.js';
import { checkPaymentId } from '../../providers/pi/validate.js';
import { builder } from '../builder.js';
import { me, pi, poll, priced } from '../costs.js';
import { forPayments } from '../rights.js';
import { latestOf, streamOf } from '../streams.js';
import { PaymentRef } from './payment.js';

builder.subscriptionField('paymentStatus', (t) =>
  t.field({
    // Whose it is, for users; then the first poll.
    ...priced(forPayments('pi:read'), [pi(1), poll(pi(1)), me]),
    type: PaymentRef,
    nullable: true,
    description:
      'One payment: its state now, then each change; one that goes back to an earlier state is told when it ' +
      'stays so for five seconds. Ends after COMPLETED or CANCELLED; one null, then the end, when it does ' +
      'not exist, is not yours, or is gone.',
    args: { paymentId: t.arg.id({ required: true, description: "Pi's own id of the payment." }) },
    subscribe: async (_root, { paymentId }, context) => {
      checkPaymentId(paymentId, 'paymentId');
      const payments = await context.access.payments('pi:read');
      // A caller without room for another stream asks for nothing.
      const giveBack = context.streams.open(context.access.limitedAs());
      let visible = true;
      try {
        // Asked before watching: a payment that is not the caller's must look like one that does not exist, and be polled by nobody.
        if (payments.ownOnly) visible = (await payments.payment(paymentId)) !== null;
      } finally {
        giveBack();
      }
      return streamOf(context, () =>
        visible
          ? payments.guard(context.polling.watch(payments.session.pollSource(), [paymentId]))
          : missing(paymentId),
      );
    },
    resolve: (event) => latestOf(event as PollEvent<Payment>),
  }),
);

/** What a watch of nothing looks like. */
async function* missing(id: string): AsyncGenerator<PollEvent<Payment>> {
  yield { type: 'missing', id };
}
