import { detailsOf, UpstreamError, type CallFacts, type ConflictReason } from '../../errors.js';
import { isForeignRefusal, isToldByStatus, openEnd, outcomeUnknown } from '../../unclear-ends.js';
import type { CallScope } from '../../upstream/http.js';
import { sleep } from '../../values/sleep.js';
import { badResponse } from '../reading.js';
import { aftermathScope, sendScope } from '../write-scope.js';
import { hasPisCode, isUnclear, saysNoPayment } from './errors.js';
import { PaymentConflict, type Payment } from './model.js';
import type { BeforeSending, PaymentCheck } from './session.js';
import { conflictWith, factsOf, type WriteContext } from './write-context.js';

/** Where a payment stands towards a change: made already, still possible, or impossible for the reason given. */
type Standing = 'done' | 'open' | { readonly refused: ConflictReason };

/** One way to move a payment. All three leave a mark on it, so that a lost answer can be read off the payment itself. */
export interface Change {
  readonly operation: string;
  send(scope: CallScope): Promise<Payment>;
  standing(payment: Payment): Standing;
  /** The code by which Pi says that it is made already: by a sending of ours that arrived twice, or by somebody else. */
  readonly saidDone: string;
  /** Whether a payment that stands as done does not show by whose sending; after a refusal that is no success. */
  anonymous?(payment: Payment): boolean;
  /** Why it must not even be tried, done or not. */
  bar?(payment: Payment): ConflictReason | undefined;
  /** Why an open one must not be changed, where that has to be asked; rejects when it cannot be told. */
  ask?(payment: Payment): Promise<ConflictReason | undefined>;
}

/** Who has a word before anything is sent. */
interface Hooks {
  readonly check?: PaymentCheck | undefined;
  readonly begin?: BeforeSending | undefined;
}

/**
 * Reads, sends, and believes nothing but a clear answer: after any other end the payment is read back, at most twice, and
 * only a look that shows the change missing lets it be sent once more. A refusal that is not in Pi's own words is believed after
 * one such look, and not sent again. Looks may be behind: they prove that a change was made, and that it was not only beside a
 * refusal of the one sending that there was. `seen`: the payment as it was read and checked a moment ago, by whoever decided.
 */
export async function change(
  context: WriteContext,
  paymentId: string,
  what: Change,
  { check, begin }: Hooks,
  seen?: Payment,
): Promise<Payment> {
  const facts = factsOf(context, what.operation);
  const before = seen ?? (await readBefore(context, paymentId, facts));
  if (!seen) await check?.(before);
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
  return resolveUnclear(context, paymentId, what, facts, first);
}

/** Finds out what became of a change whose sending ended with this error. */
async function resolveUnclear(
  context: WriteContext,
  paymentId: string,
  what: Change,
  facts: CallFacts,
  ending: UpstreamError,
): Promise<Payment> {
  let error = ending;
  let resent = false;
  for (const look of ['first', 'last'] as const) {
    if (look === 'last') await sleep(context.readbackDelayMs);
    const now = await readBack(context, paymentId);
    const standing = now ? what.standing(now) : 'open';
    const isConflict = error.kind === 'conflict' && !isForeignRefusal(error);
    if (now && standing === 'done' && !(isConflict && what.anonymous?.(now))) return now;
    if (now && typeof standing === 'object')
      throw conflictWith(now, facts, standing.refused, isConflict ? error : undefined);
    // Pi calls it made, and this look is behind: the next one may show it.
    if (standing === 'open' && saysDone(what, error)) continue;
    // A refusal of the second sending says nothing of the first.
    if (resent) throw openEnd(facts, error);
    if (now && error.kind === 'conflict' && (error.delivery === 'answered' || isForeignRefusal(error)))
      throw openConflict(conflictWith(now, facts, undefined, error), error);
    if (isForeignRefusal(error)) throw now ? undone(error) : openEnd(facts, error);
    if (error.delivery === 'answered' && !isUnclear(error)) throw error;
    if (now && look === 'first') {
      const again = await trySend(what, aftermathScope(context.scope, context.writeTimeoutMs), facts);
      if (!(again instanceof UpstreamError)) return again;
      error = again;
      resent = true;
    }
  }
  throw outcomeUnknown(facts, error);
}

function saysDone({ saidDone }: Change, error: UpstreamError): boolean {
  return error.upstreamCode === saidDone && (error.delivery === 'answered' || isForeignRefusal(error));
}

/** Only in Pi's own words does a conflict say that nothing came of the sending; one look that may be behind does not. */
function openConflict(conflict: PaymentConflict, { delivery, upstreamCode }: UpstreamError): PaymentConflict {
  if (delivery === 'answered' && upstreamCode !== undefined) return conflict;
  return new PaymentConflict({ ...detailsOf(conflict), endOpen: true }, conflict.payment);
}

/**
 * A refusal after which the payment was read, unchanged. It is told as its code says where that is one of Pi's, else as its status
 * says where that is about the credential or the pace; about a payment that is there nobody but Pi can say that it is missing,
 * wrong or in no state for it.
 */
function undone(refusal: UpstreamError): UpstreamError {
  const told = hasPisCode(refusal) || isToldByStatus(refusal) ? refusal.kind : 'bad_response';
  return new UpstreamError(told, { ...detailsOf(refusal), delivery: 'answered', conflict: undefined });
}

/** The payment as it is before anything is sent. Another app's payment does not exist, whichever way Pi says so. */
export async function readBefore(
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
