import type { ConflictReason, UpstreamError } from '../errors.js';
import { builder } from './builder.js';

/** Why an object's state does not allow a change: where nobody says, the provider refused. */
export function conflictReason(error: UpstreamError): ConflictReason {
  return error.conflict ?? 'REFUSED_UPSTREAM';
}

/** What stands in the way of a change, for people. */
const sentences: Record<ConflictReason, string> = {
  NOT_AS_EXPECTED: 'it is not as `expected` says; nothing was sent.',
  CANCELLED: 'it was cancelled.',
  COMPLETED_BY_ANOTHER_TRANSACTION: 'it was completed by another transaction.',
  HAS_TRANSACTION: 'there is a transaction for it, or another one than the one named.',
  OTHER_NETWORK: 'it is on another network than this gateway is for.',
  WRONG_DIRECTION: 'it goes the other way, from the app to the user.',
  PAYOUT_OPEN: 'another payout of the app is open: complete or cancel that one first.',
  CHANGED_MEANWHILE: 'it was changed meanwhile: read it again.',
  DUPLICATE: 'it was done, or is there, already.',
  REFUSED_UPSTREAM: 'the provider refuses; upstreamCode says why, when it gave a reason.',
};

/** What bears the mark of a key, as the answer to that key. */
const MADE_OTHERWISE = 'an object with the mark of this idempotency key is there, and is not as asked.';

/** What was made all the same; nothing more may come of it. */
function appliedSentence(reason: ConflictReason, objectId: string | undefined): string | undefined {
  const named = objectId === undefined ? '' : ` ${objectId}`;
  if (reason === 'NOT_AS_EXPECTED')
    return `the change was made, and Pi answers with a payment${named} that is not as \`expected\` says: deliver nothing for it.`;
  if (reason !== 'OTHER_NETWORK') return undefined;
  return (
    `the payment${named} was opened all the same, on another network than this gateway is for (PI_NETWORK): send no ` +
    'transaction for it. cancelPayment cancels it, with this API key and PI_NETWORK and PI_LEDGER_URL of its network.'
  );
}

/** A conflict in words for people; the reason is named too. `underKey`: it is the answer to a key that was sent. */
export function conflictMessage(
  reason: ConflictReason,
  underKey = false,
  { applied, objectId }: Pick<UpstreamError, 'applied' | 'objectId'> = {},
): string {
  const otherwise = underKey && reason === 'NOT_AS_EXPECTED' ? MADE_OTHERWISE : undefined;
  const sentence = otherwise ?? (applied === true ? appliedSentence(reason, objectId) : undefined) ?? sentences[reason];
  return `The state of the object does not allow this (${reason}): ${sentence}`;
}

/** The reasons in the graph. */
export const ConflictReasonEnum = builder.enumType('ConflictReason', {
  description: 'What stands in the way of a change.',
  values: {
    NOT_AS_EXPECTED: {
      description:
        'The object is not what `expected` (or this idempotency key) says; nothing was sent, unless `applied` is true.',
    },
    CANCELLED: { description: 'The payment was cancelled.' },
    COMPLETED_BY_ANOTHER_TRANSACTION: {
      description: 'The payment was completed by another transaction than the one named.',
    },
    HAS_TRANSACTION: {
      description:
        'There is a transaction for the payment: it cannot be cancelled, and not be completed by another one.',
    },
    OTHER_NETWORK: {
      description:
        'The payment is on another network than this gateway is for (PI_NETWORK). Of createPayment: earlier ' +
        'payments of this API key were, and nothing was sent; with `applied` the payout was opened there all the same.',
    },
    WRONG_DIRECTION: { description: 'The payment goes from the app to the user, where one from the user is wanted.' },
    PAYOUT_OPEN: {
      description:
        'Another payout of the app is open: complete or cancel that one first, then ask with a new idempotency key.',
    },
    CHANGED_MEANWHILE: { description: 'The object was changed since you read it.' },
    DUPLICATE: { description: 'The same is there already, or was done before.' },
    REFUSED_UPSTREAM: { description: 'The provider refuses; `upstreamCode` says why, when it gave a reason.' },
  } satisfies Record<ConflictReason, { description: string }>,
});
