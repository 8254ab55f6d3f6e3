import { UpstreamError } from '../../errors.js';
import { outcomeUnknown } from '../../unclear-ends.js';
import type { Attempt, FormerSending } from '../../writes/writes.js';
import { providersFault } from './errors.js';
import type { ListedPayment, Payment, PaymentInput, PiNetwork } from './model.js';
import { refuseOtherNetwork } from './networks.js';
import { doubtIn, listed, marked, OPERATION } from './payout-marks.js';
import { aftermathScope } from '../write-scope.js';
import { conflictWith, factsOf, type WriteContext } from './write-context.js';

/**
 * What an earlier sending with this marker left behind: an open payout, or the payment that an answer once showed, cancelled or
 * not. Rejects when that cannot be told, when payouts of this key are known to open on another network, or when a sending of which
 * people have said that it came to nothing shows after all, and is not cancelled: then nothing is sent.
 */
export async function sentEarlier(
  context: WriteContext,
  input: PaymentInput,
  attempt: Attempt,
  seen: PiNetwork | null,
): Promise<Payment | undefined> {
  const { client, apiKey, scope } = context;
  const { marker, objectId, former = [] } = attempt;
  const open = await client.getIncompleteServerPayments(scope, apiKey, true).catch((error: unknown) => {
    throw providersFault(error);
  });
  const inList = marked(context, open, input, marker);
  if (inList) return inList;
  if (open.some((row) => row.marker === marker && !isFromUser(row))) throw outcomeUnknown(factsOf(context, OPERATION));
  if (objectId !== undefined) {
    const named = await readBeforeSending(context, objectId);
    if (named === undefined) throw outcomeUnknown(factsOf(context, OPERATION));
    const ours = marked(context, [listed(named)], input, marker);
    if (ours) return ours;
    const doubt = doubtIn(context, [listed(named)], input, attempt);
    if (doubt) throw outcomeUnknown(factsOf(context, OPERATION), doubt);
  }
  for (const one of former) await refuseWhatCameOf(context, one, open, input);
  return refuseOtherNetwork(context, seen, open);
}

/** People may have freed the key too early: what is open, or was completed, is not paid a second time. */
async function refuseWhatCameOf(
  context: WriteContext,
  { marker, objectId }: FormerSending,
  open: readonly ListedPayment[],
  input: PaymentInput,
): Promise<void> {
  // While one is open that shows no marker, Pi would take no other of this user anyway.
  const ever = { marker, startedAt: 0 };
  const inList = open.find((row) => row.marker === marker) ?? open.find((row) => doubtIn(context, [row], input, ever));
  const named = inList || objectId === undefined ? undefined : await readBeforeSending(context, objectId);
  const row = inList ?? (named && listed(named));
  if (row === undefined || (row.marker !== marker && !doubtIn(context, [row], input, ever))) return;
  const payment = row.payment instanceof UpstreamError ? null : row.payment;
  if (payment?.direction !== 'USER_TO_APP' && payment?.state !== 'CANCELLED')
    throw conflictWith(payment, factsOf(context, OPERATION), 'DUPLICATE');
}

function isFromUser({ payment }: ListedPayment): boolean {
  return !(payment instanceof UpstreamError) && payment.direction === 'USER_TO_APP';
}

/** A read that fails is the provider's fault, and nothing is sent; undefined when there is no such payment. */
async function readBeforeSending(context: WriteContext, paymentId: string): Promise<Payment | undefined> {
  const named = await readNamed(context, paymentId);
  if (named instanceof UpstreamError) throw providersFault(named);
  return named;
}

/** Undefined when there is no such payment. */
export async function readNamed(
  context: WriteContext,
  paymentId: string,
): Promise<Payment | UpstreamError | undefined> {
  try {
    const scope = aftermathScope(context.scope, context.upstreamTimeoutMs);
    return await context.client.getPayment(scope, context.apiKey, paymentId, true);
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return error.kind === 'not_found' ? undefined : error;
  }
}
