import type { PaymentRight } from '../../access/scopes.js';
import type { Context } from '../../context.js';
import { UpstreamError } from '../../errors.js';
import { outcomeUnknown } from '../../unclear-ends.js';
import { isVerified, PaymentConflict, type Payment } from '../../providers/pi/model.js';
import type {
  ApprovalLook,
  BeforeSending,
  Evidence,
  PaymentCheck,
  PiSession,
  Settled,
} from '../../providers/pi/session.js';
import { checkExpected, type Expected } from './expected-payment.js';
import { ledgerLook } from './ledger-look.js';
import { notePayout } from './payout-notes.js';

/** What a change left behind. */
export interface Changed {
  readonly payment: Payment;
  /** Whether it was so before this call, or came about by another one. */
  readonly already: boolean;
}

type Wanted = Expected | null | undefined;

/** The deed whose record also tells, for a day, when a payment was approved here. */
const approvalOf = (paymentId: string): string => `approvePayment:${paymentId}`;

export function approve(context: Context, paymentId: string, wanted: Wanted): Promise<Changed> {
  const about = { operation: 'approvePayment', right: 'pi:approve', paymentId } as const;
  const first = context.writes.first(approvalOf(paymentId));
  let begun = false;
  // An approval delivers nothing: while nobody can keep who was first, it goes on all the same.
  const begin = async (): Promise<void> => {
    begun = true;
    await first.begin().catch(() => undefined);
  };
  return oneAtATime(context, about, wanted, async (session, check) => {
    const payment = await session.approve(paymentId, check, begin).catch(async (error: unknown) => {
      if (begun && surelyUndone(error, 'developerApproved')) await first.forget();
      throw error;
    });
    checkExpected(payment, wanted, about.operation, true);
    return { payment, already: !(await first.claim().catch(() => begun)) };
  });
}

export function complete(context: Context, paymentId: string, txid: string, wanted: Wanted): Promise<Changed> {
  const about = { operation: 'completePayment', right: 'pi:complete', paymentId } as const;
  return oneAtATime(context, about, wanted, async (session, check) => {
    const { done, already } = await firstTo(
      context,
      about,
      async (begin) => {
        const payment = await session.complete(paymentId, txid, check, begin);
        // Told to nobody as the first: whoever asks again, and is shown what is expected, is.
        checkExpected(payment, wanted, about.operation, true);
        return payment;
      },
      () => true,
    );
    return { payment: done, already };
  });
}

export function cancel(context: Context, paymentId: string): Promise<{ readonly payment: Payment }> {
  const about = { operation: 'cancelPayment', right: 'pi:cancel', paymentId } as const;
  return oneAtATime(context, about, undefined, async (session, check) => ({
    payment: await session.cancel(paymentId, check, evidenceOf(context, paymentId)),
  }));
}

function evidenceOf(context: Context, paymentId: string): Evidence {
  const approval = (): ReturnType<ApprovalLook> =>
    context.writes
      .first(approvalOf(paymentId))
      .age()
      .then(
        (age) => age ?? 'never',
        () => 'unknown',
      );
  return { ledger: ledgerLook(context), approval };
}

/** What is completed is told to one caller only, as with `complete`; and once Pi shows its transaction as verified. */
export function settle(context: Context, paymentId: string, wanted: Wanted): Promise<Settled> {
  const operation = 'settlePayment';
  return context.writes.serially(
    `payment:${paymentId}`,
    async () => {
      const session = context.access.settling();
      const check = looking(context, () => undefined, wanted, operation);
      const { done, already } = await firstTo(
        context,
        { operation, paymentId },
        async (begin) => {
          const settled = await session.settle(paymentId, evidenceOf(context, paymentId), check, begin);
          if (settled.action === 'COMPLETED') checkExpected(settled.payment, wanted, operation, true);
          return settled;
        },
        ({ payment }) => payment.state === 'COMPLETED' && isVerified(payment),
      );
      return toldAs(done, already);
    },
    { provider: 'pi', operation },
  );
}

/** COMPLETED means to deliver: once, for what is paid for certain. A call that found it completed may be the first to be told. */
function toldAs({ payment, action, why }: Settled, already: boolean): Settled {
  if (payment.state !== 'COMPLETED') return { payment, action, why };
  if (!isVerified(payment)) return { payment, action: 'NONE', why: NOT_VERIFIED };
  const byThisCall = action === 'COMPLETED';
  if (already)
    return { payment, action: 'NONE', why: byThisCall ? 'It was completed by another call meanwhile.' : why };
  return { payment, action: 'COMPLETED', why: byThisCall ? why : 'It was completed before, and nobody was told so.' };
}

const NOT_VERIFIED =
  'It is completed, and Pi does not show its transaction as verified: deliver nothing yet, and settle it again.';

/** Completes, and finds out whether this call is the one to be told so. */
async function firstTo<R>(
  context: Context,
  { operation, paymentId }: { readonly operation: string; readonly paymentId: string },
  run: (begin: BeforeSending) => Promise<R>,
  completed: (done: R) => boolean,
): Promise<{ readonly done: R; readonly already: boolean }> {
  const first = context.writes.first(`completePayment:${paymentId}`);
  let begun = false;
  let done: R;
  try {
    done = await run(async () => {
      await first.begin();
      begun = true;
    });
  } catch (error) {
    if (begun && surelyUndone(error, 'developerCompleted')) await first.forget();
    throw error;
  }
  if (!completed(done)) return { done, already: false };
  try {
    return { done, already: !(await first.claim()) };
  } catch (error) {
    // It is completed, but to whom that was told first is not known: asking again tells.
    if (!begun) throw error;
    throw outcomeUnknown({ provider: 'pi', operation, credential: 'server' });
  }
}

/**
 * Whether nothing came of a change: it never left, or Pi refused it in its own words and showed the payment without the change
 * afterwards. Any other refusal may be untrue, and whoever then finds it made is the first to be told.
 */
function surelyUndone(error: unknown, made: 'developerApproved' | 'developerCompleted'): boolean {
  if (!(error instanceof UpstreamError)) return false;
  if (error instanceof PaymentConflict) return error.endOpen !== true && error.payment?.status[made] === false;
  return error.delivery === 'unsent';
}

/** One change of a payment at a time, whoever asks. It is opened when its turn comes, so that each has its own time. */
function oneAtATime<R>(
  context: Context,
  about: { readonly operation: string; readonly right: PaymentRight; readonly paymentId: string },
  wanted: Wanted,
  run: (session: PiSession, check: PaymentCheck) => Promise<R>,
): Promise<R> {
  const { operation, right, paymentId } = about;
  return context.writes.serially(
    `payment:${paymentId}`,
    async () => {
      const payments = await context.access.payments(right);
      return payments.change((session, check) => run(session, looking(context, check, wanted, operation)));
    },
    { provider: 'pi', operation },
  );
}

/** What every change does before it is sent: rights, the comparison with the order, and what a payout's key will need. */
function looking(context: Context, own: PaymentCheck, wanted: Wanted, operation: string): PaymentCheck {
  return async (payment) => {
    await own(payment);
    checkExpected(payment, wanted, operation);
    await notePayout(context, payment);
  };
}
