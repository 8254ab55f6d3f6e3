import { UpstreamError, type CallFacts, type ConflictReason } from '../../errors.js';
import { outcomeUnknown } from '../../unclear-ends.js';
import type { CallScope } from '../../upstream/http.js';
import { isUnclear, saysNoPayment } from './errors.js';
import { badResponse } from '../reading.js';
import { PaymentConflict, type Payment } from './model.js';
import type { BeforeSending, PaymentCheck, Settled } from './session.js';
import { barToCancel, noLedger, settlementOf, type LedgerLook } from './settling.js';
import { pause } from '../../values/pause.js';
import { aftermathScope, sendScope } from '../write-scope.js';
import { conflictWith, factsOf, type WriteContext } from './write-context.js';

/** Where a payment stands towards a change: made already, still possible, or impossible for the reason given. */
type Standing = 'done' | 'open' | { readonly refused: ConflictReason };

/** One way to move a payment. All three leave a mark on it, so that a lost answer can be read off the payment itself. */
interface Change {
  readonly operation: string;
  send(scope: CallScope): Promise<Payment>;
  standing(payment: Payment): Standing;
  /** Whether a payment that stands as done does not show by whose sending; after a refusal that is no success. */
  anonymous?(payment: Payment): boolean;
  /** Why it must not even be tried, done or not. */
  bar?(payment: Payment): ConflictReason | undefined;
  /** Why an open one must not be changed, where that has to be asked; rejects when it cannot be told. */
  ask?(payment: Payment): Promise<ConflictReason | undefined>;
}

/** Who has a word before anything is sent. */
interface Hooks {
  readonly check: PaymentCheck | undefined;
  readonly begin?: BeforeSending | undefined;
}

/** Lets the user send the transaction. Payouts are born approved and cannot be approved. */
export function approvePayment(
  context: WriteContext,
  paymentId: string,
  check?: PaymentCheck,
  begin?: BeforeSending,
): Promise<Payment> {
  return change(
    context,
    paymentId,
    {
      operation: 'approvePayment',
      send: (scope) => context.client.approvePayment(scope, context.apiKey, paymentId),
      standing(payment) {
        if (payment.state === 'CANCELLED') return { refused: 'CANCELLED' };
        if (payment.status.developerApproved || payment.status.developerCompleted) return 'done';
        return payment.direction === 'APP_TO_USER' ? { refused: 'WRONG_DIRECTION' } : 'open';
      },
      bar: (payment) => otherNetwork(context, payment),
    },
    { check, begin },
  );
}

/**
 * Tells Pi that the app has seen the transaction (`txid` in lower case). A payment completed by another one is a conflict.
 * Where Pi calls it completed and shows no transaction there is nothing to compare and nothing left to send: it is answered
 * as it is, and whoever delivers only for a verified transaction does not deliver for it.
 */
export function completePayment(
  context: WriteContext,
  paymentId: string,
  txid: string,
  check?: PaymentCheck,
  begin?: BeforeSending,
): Promise<Payment> {
  return change(
    context,
    paymentId,
    {
      operation: 'completePayment',
      send: (scope) => context.client.completePayment(scope, context.apiKey, paymentId, txid),
      standing(payment) {
        if (payment.state === 'CANCELLED') return { refused: 'CANCELLED' };
        const completed = payment.status.developerCompleted;
        if (payment.transaction !== null && payment.transaction.txid.toLowerCase() !== txid) {
          if (completed) context.log.error('pi.completed_with_another_transaction', { paymentId });
          return { refused: completed ? 'COMPLETED_BY_ANOTHER_TRANSACTION' : 'HAS_TRANSACTION' };
        }
        // No transaction to see is no proof that there is none: as long as Pi does not call it completed, it may be.
        return completed ? 'done' : 'open';
      },
      anonymous: ({ transaction }) => transaction === null,
      bar: (payment) => otherNetwork(context, payment),
    },
    { check, begin },
  );
}

/** Gives a payment up; not possible any more when a transaction is known, to Pi or to the ledger. */
export function cancelPayment(
  context: WriteContext,
  paymentId: string,
  check?: PaymentCheck,
  ledger: LedgerLook = noLedger,
): Promise<Payment> {
  return change(
    context,
    paymentId,
    {
      operation: 'cancelPayment',
      send: (scope) => context.client.cancelPayment(scope, context.apiKey, paymentId),
      standing(payment) {
        if (payment.state === 'CANCELLED') return 'done';
        return payment.status.developerCompleted || payment.transaction !== null
          ? { refused: 'HAS_TRANSACTION' }
          : 'open';
      },
      ask: (payment) => barToCancel(payment, ledger),
    },
    { check },
  );
}

/** Brings an unfinished payment to its right end, or leaves it as it is and says why. */
export async function settlePayment(
  context: WriteContext,
  paymentId: string,
  ledger: LedgerLook,
  check?: PaymentCheck,
  begin?: BeforeSending,
): Promise<Settled> {
  const facts = factsOf(context, 'settlePayment');
  const before = await readBefore(context, paymentId, facts);
  await check?.(before);
  const end = await settlementOf(before, ledger, Date.now());
  const { why } = end;
  switch (end.action) {
    case 'NONE':
      return { payment: before, action: 'NONE', why };
    case 'COMPLETE': {
      const payment = await completePayment(context, paymentId, end.txid.toLowerCase(), check, begin);
      return { payment, action: 'COMPLETED', why };
    }
    case 'CANCEL': {
      // The ledger is asked again where it decides: a transaction may have arrived since.
      const payment = await cancelPayment(context, paymentId, check, ledger);
      return { payment, action: 'CANCELLED', why };
    }
  }
}

function otherNetwork({ network }: WriteContext, payment: Payment): ConflictReason | undefined {
  return network !== undefined && payment.network !== null && payment.network !== network ? 'OTHER_NETWORK' : undefined;
}

/**
 * Reads, sends, and believes nothing but a clear answer: after any other end the payment is read back, at most twice, and
 * only a look that shows the change missing lets it be sent once more.
 */
async function change(
  context: WriteContext,
  paymentId: string,
  what: Change,
  { check, begin }: Hooks,
): Promise<Payment> {
  const facts = factsOf(context, what.operation);
  const before = await readBefore(context, paymentId, facts);
  await check?.(before);
  const bar = what.bar?.(before);
  if (bar !== undefined) throw conflictWith(before, facts, bar);
  const standing = what.standing(before);
  if (standing === 'done') return before;
  if (standing !== 'open') throw conflictWith(before, facts, standing.refused);
  const asked = await what.ask?.(before);
  if (asked !== undefined) throw conflictWith(before, facts, asked);
  await begin?.();

  const first = await trySend(what, sendScope(context.scope, context.writeTimeoutMs), facts);
  if (!(first instanceof UpstreamError)) return first;
  if (!isUnclear(first) && first.kind !== 'conflict') throw first;
  return settle(context, paymentId, what, facts, first);
}

/** Finds out what became of a change whose sending ended with this error. */
async function settle(
  context: WriteContext,
  paymentId: string,
  what: Change,
  facts: CallFacts,
  ending: UpstreamError,
): Promise<Payment> {
  let error = ending;
  for (const look of ['first', 'last'] as const) {
    if (look === 'last') await pause(context.readbackDelayMs);
    const now = await readBack(context, paymentId);
    const standing = now ? what.standing(now) : 'open';
    if (now && standing === 'done' && !(error.kind === 'conflict' && what.anonymous?.(now))) return now;
    if (now && typeof standing === 'object')
      throw conflictWith(now, facts, standing.refused, error.kind === 'conflict' ? error : undefined);
    if (error.delivery === 'answered' && !isUnclear(error))
      throw now && error.kind === 'conflict' ? conflictWith(now, facts, undefined, error) : error;
    if (now && look === 'first') {
      const again = await trySend(what, aftermathScope(context.scope, context.writeTimeoutMs), facts);
      if (!(again instanceof UpstreamError)) return again;
      error = again;
    }
  }
  throw outcomeUnknown(facts, error);
}

/** The payment as it is before anything is sent. Another app's payment does not exist, whichever way Pi says so. */
async function readBefore(
  { client, apiKey, scope }: WriteContext,
  paymentId: string,
  facts: CallFacts,
): Promise<Payment> {
  try {
    return await client.getPayment(scope, apiKey, paymentId, true);
  } catch (error) {
    if (!(error instanceof UpstreamError) || !saysNoPayment(error)) throw error;
    throw new UpstreamError('not_found', {
      ...facts,
      delivery: 'answered',
      status: error.status,
      upstreamCode: error.upstreamCode,
    });
  }
}

/** The payment when Pi clearly made the change, else the error that stands for what came instead. */
async function trySend(what: Change, scope: CallScope, facts: CallFacts): Promise<Payment | UpstreamError> {
  try {
    const after = await what.send(scope);
    const standing = what.standing(after);
    if (standing === 'done') return after;
    // A yes that does not show what it says yes to.
    if (standing === 'open') return badResponse({ facts, delivery: 'unclear' }, 'shape', 'status');
    return new PaymentConflict({ ...facts, delivery: 'answered', conflict: standing.refused }, after);
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
}

async function readBack(context: WriteContext, paymentId: string): Promise<Payment | undefined> {
  try {
    return await context.client.getPayment(
      aftermathScope(context.scope, context.upstreamTimeoutMs),
      context.apiKey,
      paymentId,
      true,
    );
  } catch (error) {
    if (error instanceof UpstreamError) return undefined;
    throw error;
  }
}
