import type { Context } from '../../context.js';
import { detailsOf, GatewayError, UpstreamError, type ConflictReason } from '../../errors.js';
import { PaymentConflict, type Payment, type PaymentInput } from '../../providers/pi/model.js';
import { checkPaymentInput } from '../../providers/pi/validate.js';
import { CLEAR_REFUSALS } from '../../unclear-ends.js';
import type { Attempt } from '../../writes/writes.js';
import { writeIdentity } from '../write-identity.js';
import type { PaymentPayload } from './payment-payload.js';
import { notePayout } from './payout-notes.js';

/** The conflict that a payout once ended with; the payment that stood in the way is read when it is asked for. */
export class RememberedConflict extends UpstreamError {
  constructor(
    refusal: Refusal,
    readonly payment: () => Promise<Payment | null>,
  ) {
    super('conflict', {
      provider: 'pi',
      operation: 'createPayment',
      delivery: 'answered',
      credential: 'server',
      replayed: true,
      conflict: refusal.conflict ?? undefined,
      applied: provesNothingMade(refusal) ? undefined : true,
      objectId: refusal.inTheWay ?? undefined,
      status: refusal.status ?? undefined,
      upstreamCode: refusal.upstreamCode ?? undefined,
    });
  }
}

/** How a payout ended, as it is kept for replays: only names, because what a payment says about a person stays out of the store. */
type Ending = { readonly paymentId: string } | { readonly refusal: Refusal };
type Refusal = {
  readonly conflict: ConflictReason | null;
  readonly status: number | null;
  readonly upstreamCode: string | null;
  readonly inTheWay: string | null;
};

/** Pays out once per key. Throws what the caller may mend, and what not. */
export async function payOutOnce(input: PaymentInput, key: string, context: Context): Promise<PaymentPayload> {
  const checked = checkPaymentInput(input);
  context.payoutCharges.check(checked.amount);
  const session = () => context.access.pi('pi:payout');
  let made: Payment | undefined;
  let refused: PaymentConflict | undefined;
  const keep = async (payment: Payment): Promise<Ending> => {
    made = payment;
    // Also for whoever frees the key while its record cannot be written.
    await notePayout(context, payment);
    return { paymentId: payment.paymentId };
  };
  const refuse = (error: PaymentConflict): Ending => {
    const refusal: Refusal = {
      conflict: error.conflict ?? null,
      status: error.status ?? null,
      upstreamCode: error.upstreamCode ?? null,
      inTheWay: error.payment?.paymentId ?? null,
    };
    const applied = provesNothingMade(refusal) ? undefined : true;
    refused = new PaymentConflict({ ...detailsOf(error), applied, kept: true }, error.payment);
    return { refusal };
  };
  const ending = await context.writes.once<Ending>({
    ...writeIdentity(context.access, 'pi', 'createPayment', key),
    provider: 'pi',
    // A payout that was finished elsewhere leaves the only list that can be searched: a look that finds nothing proves nothing.
    resend: 'never',
    saysNothingMade: (ending) => 'refusal' in ending && provesNothingMade(ending.refusal),
    payload: { ...checked },
    // Pi allows one open payout per app: two at a time would only get in each other's way.
    send: (attempt) =>
      context.writes.serially('payouts', () =>
        booked(context, checked, attempt, async (watched) => {
          try {
            return await keep(await session().create(checked, watched));
          } catch (error) {
            if (!(error instanceof PaymentConflict) || !watched.begun()) throw error;
            return refuse(error);
          }
        }),
      ),
    async find(attempt) {
      try {
        const found = await session().findCreated(checked, attempt);
        return found && (await keep(found));
      } catch (error) {
        if (error instanceof PaymentConflict && error.applied === true) return refuse(error);
        throw error;
      }
    },
  });
  if ('paymentId' in ending) return { payment: made ?? (() => session().payment(ending.paymentId)) };
  const { refusal } = ending;
  throw (
    refused ??
    new RememberedConflict(refusal, async () =>
      refusal.inTheWay === null ? null : session().payment(refusal.inTheWay),
    )
  );
}

/** An attempt that knows whether its sending has begun. */
interface WatchedAttempt extends Attempt {
  begun(): boolean;
}

/** Sends with the amount charged to the day's cap; what surely was not paid is given back. */
async function booked(
  context: Context,
  { amount }: PaymentInput,
  attempt: Attempt,
  send: (attempt: WatchedAttempt) => Promise<Ending>,
): Promise<Ending> {
  let giveBack: (() => Promise<void>) | undefined;
  let begun = false;
  const sent = async (): Promise<void> => {
    giveBack = await context.payoutCharges.charge(amount);
    await attempt.sent();
    begun = true;
  };
  try {
    const ending = await send({ ...attempt, sent, begun: () => begun });
    if ('refusal' in ending && provesNothingMade(ending.refusal)) await giveBack?.();
    return ending;
  } catch (error) {
    if (!begun || surelyNotPaid(error)) await giveBack?.();
    throw error;
  }
}

/** One that bears our marker and is not as asked, or on another network, was made by this very sending. */
function provesNothingMade({ conflict }: Refusal): boolean {
  return conflict !== 'NOT_AS_EXPECTED' && conflict !== 'OTHER_NETWORK';
}

/** Whether a payout that was sent failed clearly; in doubt it counts. */
function surelyNotPaid(error: unknown): boolean {
  if (error instanceof UpstreamError)
    return error.delivery === 'unsent' || (CLEAR_REFUSALS.has(error.kind) && error.delivery === 'answered');
  return error instanceof GatewayError;
}
