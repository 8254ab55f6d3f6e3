import { detailsOf, UpstreamError } from '../../errors.js';
import { openEnd, outcomeUnknown } from '../../unclear-ends.js';
import type { Attempt } from '../../writes/writes.js';
import { readNamed, sentEarlier } from './earlier-payouts.js';
import { isUnclear, ONGOING_PAYMENT } from './errors.js';
import { PaymentConflict, type ListedPayment, type Payment, type PaymentInput, type PiNetwork } from './model.js';
import { listed, marked, mayBeOurs, OPERATION, doubtIn } from './payout-marks.js';
import { sleep } from '../../values/sleep.js';
import { aftermathScope, sendScope } from '../write-scope.js';
import { conflictWith, factsOf, type WriteContext } from './write-context.js';

/**
 * Begins a payout. Sent at most once: an earlier payment with this marker is the answer, and after an unclear end only the
 * list of open payouts is asked, twice; a refusal that is not in Pi's own words is such an end. `input` has been checked.
 */
export async function createPayout(
  context: WriteContext,
  input: PaymentInput,
  attempt: Attempt,
  seen: PiNetwork | null = null,
): Promise<Payment> {
  const { client, apiKey, scope, writeTimeoutMs } = context;
  const earlier = await sentEarlier(context, input, attempt, seen);
  if (earlier) return earlier;
  await attempt.sent();
  try {
    return await client.createPayment(sendScope(scope, writeTimeoutMs), apiKey, input, attempt.marker);
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    const saysAnotherIsOpen = error.upstreamCode === ONGOING_PAYMENT;
    if (error.kind === 'conflict' && (saysAnotherIsOpen || !isUnclear(error)))
      return refusedFor(context, error, input, attempt);
    // A throttle frees the key: so it is looked behind, whoever speaks of it.
    const freesKey = !isUnclear(error) && error.kind === 'rate_limited';
    if (!isUnclear(error) && !freesKey) throw error;
    const named = error instanceof PaymentConflict && error.payment !== null ? [listed(error.payment)] : [];
    const shown = marked(context, named, input, attempt.marker);
    if (shown) return shown;
    // An answer that cannot be used may still show the payment's id: that finds it wherever it goes from here.
    const shownId =
      error.objectId ?? named.find(({ payment }) => mayBeOurs(payment, input, attempt))?.paymentId ?? undefined;
    if (shownId !== undefined) await attempt.shows?.(shownId);
    const created = await look(context, input, { ...attempt, objectId: shownId ?? attempt.objectId });
    if (created !== undefined && !(created instanceof UpstreamError)) return created;
    if (freesKey && created === undefined) throw error;
    throw openEnd(factsOf(context, OPERATION), freesKey ? doubted(error) : error);
  }
}

/**
 * One look for a payout with this marker: the payment that an answer once named, then the open ones; rejects when it could not
 * look. A payout that was finished meanwhile is not listed any more.
 */
export async function findPayout(
  context: WriteContext,
  input: PaymentInput,
  attempt: Attempt,
): Promise<Payment | undefined> {
  const found = await lookOnce(context, input, attempt);
  if (found instanceof UpstreamError) throw found;
  return found;
}

/**
 * Pi refuses a payout while another is open. That one may be ours (a proxy may have sent it twice), so a refusal is believed
 * only once two looks have not found ours and explain it: by the payment that it names, by another open payout in the list, or
 * by saying something else. What they do not explain is unknown, and is looked for again with its key: so is a payment that is
 * named and may be ours, as long as nobody shows whose it is.
 */
async function refusedFor(
  context: WriteContext,
  refusal: UpstreamError,
  input: PaymentInput,
  attempt: Attempt,
): Promise<Payment> {
  const { marker } = attempt;
  let named = refusal instanceof PaymentConflict ? refusal.payment : null;
  if (mayBeOurs(named, input, attempt)) await attempt.shows?.(named.paymentId);
  const saysAnotherIsOpen = refusal.upstreamCode === ONGOING_PAYMENT;
  const conflict = (inTheWay: Payment | null) =>
    conflictWith(inTheWay, factsOf(context, OPERATION), undefined, refusal);
  for (const last of [false, true]) {
    if (last) await sleep(context.readbackDelayMs);
    const open = await listOpen(context);
    const rows = open instanceof UpstreamError ? [] : open;
    if (mayBeOurs(named, input, attempt)) {
      const read = await readNamed(context, named.paymentId);
      if (read !== undefined && !(read instanceof UpstreamError)) named = read;
    }
    const ours = marked(context, [...(named ? [listed(named)] : []), ...rows], input, marker);
    if (ours) return ours;
    // Somebody else's payout says nothing of ours, which the list may show late.
    if (!last) continue;
    if (doubtIn(context, [...(named ? [listed(named)] : []), ...rows], input, attempt) !== undefined) break;
    if (named !== null) throw conflict(named);
    const [other] = rows.flatMap(({ payment }) => (payment instanceof UpstreamError ? [] : [payment]));
    if (other !== undefined) throw conflict(saysAnotherIsOpen ? other : null);
    // What names no open payment speaks by its status.
    if (!saysAnotherIsOpen && !(open instanceof UpstreamError)) throw conflict(null);
  }
  throw outcomeUnknown(factsOf(context, OPERATION), refusal);
}

/** Pi's own refusal, behind which nobody could look. */
function doubted(refusal: UpstreamError): UpstreamError {
  return new UpstreamError(refusal.kind, { ...detailsOf(refusal), delivery: 'unclear' });
}

/** What a look has to know of a sending. */
type Looked = Pick<Attempt, 'marker' | 'objectId' | 'startedAt'>;

/** Two looks with a gap between them, or one that finds it; the error when one of them could not tell. */
async function look(
  context: WriteContext,
  input: PaymentInput,
  attempt: Looked,
): Promise<Payment | UpstreamError | undefined> {
  const first = await lookOnce(context, input, attempt);
  if (first !== undefined && !(first instanceof UpstreamError)) return first;
  await sleep(context.readbackDelayMs);
  return (await lookOnce(context, input, attempt)) ?? first;
}

/** Asks for the open ones, then for the payment whose id is known, completed or not; the error when nobody could tell. */
async function lookOnce(
  context: WriteContext,
  input: PaymentInput,
  attempt: Looked,
): Promise<Payment | UpstreamError | undefined> {
  const { marker, objectId } = attempt;
  const open = await listOpen(context);
  const inList = open instanceof UpstreamError ? undefined : marked(context, open, input, marker);
  const doubt = open instanceof UpstreamError ? open : doubtIn(context, open, input, attempt);
  if (inList || objectId === undefined) return inList ?? doubt;
  const named = await readNamed(context, objectId);
  if (named instanceof UpstreamError) return named;
  const ours = named && marked(context, [listed(named)], input, marker);
  return ours ?? doubt ?? (named && doubtIn(context, [listed(named)], input, attempt));
}

async function listOpen(context: WriteContext): Promise<readonly ListedPayment[] | UpstreamError> {
  try {
    return await context.client.getIncompleteServerPayments(
      aftermathScope(context.scope, context.upstreamTimeoutMs),
      context.apiKey,
      true,
    );
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
}
