import type { Access } from '../access/access.js';
import type { MyPitRight, OpsRight, PaymentRight, PinningRight, PiRight } from '../access/scopes.js';

/**
 * Who may use a root field. Each of these goes into the field's options; with a root field without one no schema can be built
 * (rights-plugin.ts). `check` throws, or rejects with, the refusal of whoever lacks the right; `rights` says the same in words:
 * the table of SECURITY.md is checked against it.
 */
function openTo<Arguments extends object = object>(
  rights: string,
  check: (access: Access, parent: unknown, args: Arguments) => unknown,
) {
  return {
    extensions: { rights, check },
  } as const;
}

export const forAnyone = openTo('anyone', () => true);

/** `node` and `nodes`: each object asks for the right of its own field. */
export const forEachObject = openTo('anyone, each object by its own field', () => true);

/** What anybody may see and sees alike, so that an answer with nothing else in it is everybody's. */
export const forEverybodyAlike = { ...forAnyone, extensions: { ...forAnyone.extensions, isPublic: true } } as const;

/** The signed-in Pi user alone. */
export const forPiUser = openTo('Pi user', (access) => access.me());

/** Operators with a right to the app's Pi key. */
export const forPi = (right: PiRight) => openTo(`operator ${right}`, (access) => access.pi(right));

/** Operators who look after this deployment. */
export const forOps = (right: OpsRight) => openTo(`operator ${right}`, (access) => access.operate(right));

/** Operators who may both complete and cancel payments. */
export const forSettling = openTo('operator pi:complete + pi:cancel', (access) => access.settling());

/** Operators with the right, and Pi users with their own payments. */
export const forPayments = (right: PaymentRight) =>
  openTo(`operator ${right}, Pi user (own)`, (access) => access.payments(right));

/** Operators with the right, and callers who bring a MyPit credential of their own. */
export const forMyPit = (right: Exclude<MyPitRight, 'mypit:pii'>) =>
  openTo(`operator ${right}, MyPit pair`, (access) => access.of('mypit').open(right));

/** Operators with the right, and those who bring an account's own key. */
export const forMiners = openTo('operator bm:read, x-bitminter-key', (access) => access.of('bitminter').miners());

/** Fields of one pinning service: the argument `service` (or `input.service`) names it. */
export const forPinning = (right: PinningRight) =>
  openTo<ServiceArguments>(`operator ${right}, x-pinning-token`, (access, _parent, { service, input }) =>
    access.of('pinning').check(right, service ?? input?.service),
  );

interface ServiceArguments {
  readonly service?: string | null | undefined;
  readonly input?: { readonly service?: string | null | undefined };
}
