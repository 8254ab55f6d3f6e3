import { detailsOf, UpstreamError, type ConflictReason } from '../../errors.js';
import { PaymentConflict, type ListedPayment, type Payment, type PiNetwork } from './model.js';
import { conflictWith, factsOf, type WriteContext } from './write-context.js';

/** Why a payment must not be acted on: it is known to be of another network than this gateway is for. */
export function otherNetwork(
  { network }: Pick<WriteContext, 'network'>,
  payment: Pick<Payment, 'network'>,
): ConflictReason | undefined {
  return network !== undefined && payment.network !== null && payment.network !== network ? 'OTHER_NETWORK' : undefined;
}

/** The network of the payments that an API key opens: the key alone decides it, so that one payment shows it for all. */
export class SeenNetworks {
  readonly #last = new Map<string, PiNetwork>();

  note(fingerprint: string, { network }: Pick<Payment, 'network'>): void {
    if (network !== null) this.#last.set(fingerprint, network);
  }

  /** As the last payment showed it; null when none did. */
  of(fingerprint: string): PiNetwork | null {
    return this.#last.get(fingerprint) ?? null;
  }
}

/** Before a payout is sent: throws PaymentConflict when a payment of this key is known to be of another network. */
export function refuseOtherNetwork(
  context: WriteContext,
  seen: PiNetwork | null,
  open: readonly ListedPayment[],
): undefined {
  const facts = factsOf(context, 'createPayment');
  for (const { payment } of open) {
    if (!(payment instanceof UpstreamError) && otherNetwork(context, payment))
      throw conflictWith(payment, facts, 'OTHER_NETWORK');
    // What it shows now is newer than what was seen.
    if (!(payment instanceof UpstreamError) && payment.network !== null) return undefined;
  }
  if (otherNetwork(context, { network: seen })) throw conflictWith(null, facts, 'OTHER_NETWORK');
  return undefined;
}

/** After one was opened: it is there, and must not be told as if it were of this gateway's network. */
export function checkOpened(context: WriteContext, payment: Payment): Payment {
  const conflict = otherNetwork(context, payment);
  if (conflict === undefined) return payment;
  const made = { applied: true, objectId: payment.paymentId };
  const error = conflictWith(payment, factsOf(context, 'createPayment'), conflict);
  throw new PaymentConflict({ ...detailsOf(error), ...made }, payment);
}
