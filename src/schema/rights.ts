import type { PaymentRight } from '../access/pi-access.js';
import type { PinningRight, PiRight } from '../access/rights.js';

/**
 * Who may use a root field. Each helper goes into the field's options; a root field without one is refused to everybody,
 * because the root types refuse (builder.ts) and only these skip that.
 */
export const forAnyone = { skipTypeScopes: true, authScopes: { anyone: true } } as const;

/** The signed-in Pi user alone. */
export const forPiUser = { skipTypeScopes: true, authScopes: { piUser: true } } as const;

/** Operators with a right to the app's Pi key. */
export function forPi(right: PiRight) {
  return { skipTypeScopes: true, authScopes: { pi: right } };
}

/** Operators with the right, and Pi users with their own payments. */
export function forPayments(right: PaymentRight) {
  return { skipTypeScopes: true, authScopes: { payments: right } };
}

/** Fields of one pinning service: the argument `service` (or `input.service`) names it. */
export function forPinning(right: PinningRight) {
  return {
    skipTypeScopes: true,
    authScopes: (_parent: object, args: ServiceArguments) => ({ pinning: { right, service: args.service ?? args.input?.service } }),
  };
}

interface ServiceArguments {
  readonly service?: string | null | undefined;
  readonly input?: { readonly service?: string | null | undefined };
}
