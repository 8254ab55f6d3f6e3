import type { MyPitRight, OpsRight, PaymentRight, PinningRight, PiRight } from '../access/rights.js';

/**
 * Who may use a root field. Each helper goes into the field's options; a root field without one is refused to everybody,
 * because the root types refuse (builder.ts) and only these skip that. `extensions.rights` says the same in words: the
 * table of SECURITY.md is checked against it.
 */
export const forAnyone = {
  skipTypeScopes: true,
  authScopes: { anyone: true },
  extensions: { rights: 'anyone' },
} as const;

/** What anybody may see and sees alike, so that an answer with nothing else in it is everybody's. */
export const forEverybodyAlike = { ...forAnyone, extensions: { ...forAnyone.extensions, isPublic: true } } as const;

/** The signed-in Pi user alone. */
export const forPiUser = {
  skipTypeScopes: true,
  authScopes: { piUser: true },
  extensions: { rights: 'Pi user' },
} as const;

/** Operators with a right to the app's Pi key. */
export function forPi(right: PiRight) {
  return { skipTypeScopes: true, authScopes: { pi: right }, extensions: { rights: `operator ${right}` } };
}

/** Operators who look after this deployment. */
export function forOps(right: OpsRight) {
  return { skipTypeScopes: true, authScopes: { ops: right }, extensions: { rights: `operator ${right}` } };
}

/** Operators who may both complete and cancel payments. */
export const forSettling = {
  skipTypeScopes: true,
  authScopes: { settling: true },
  extensions: { rights: 'operator pi:complete + pi:cancel' },
} as const;

/** Operators with the right, and Pi users with their own payments. */
export function forPayments(right: PaymentRight) {
  return {
    skipTypeScopes: true,
    authScopes: { payments: right },
    extensions: { rights: `operator ${right}, Pi user (own)` },
  };
}

/** Operators with the right, and callers who bring a MyPit credential of their own. */
export function forMyPit(right: Exclude<MyPitRight, 'mypit:pii'>) {
  return {
    skipTypeScopes: true,
    authScopes: { mypit: right },
    extensions: { rights: `operator ${right}, MyPit pair` },
  };
}

/** Operators with the right, and those who bring an account's own key. */
export const forMiners = {
  skipTypeScopes: true,
  authScopes: { miners: true },
  extensions: { rights: 'operator bm:read, x-bitminter-key' },
} as const;

/** Fields of one pinning service: the argument `service` (or `input.service`) names it. */
export function forPinning(right: PinningRight) {
  return {
    skipTypeScopes: true,
    authScopes: (_parent: object, args: ServiceArguments) => ({
      pinning: { right, service: args.service ?? args.input?.service },
    }),
    extensions: { rights: `operator ${right}, x-pinning-token` },
  };
}

interface ServiceArguments {
  readonly service?: string | null | undefined;
  readonly input?: { readonly service?: string | null | undefined };
}
