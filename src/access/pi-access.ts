import { GatewayError, UpstreamError } from '../errors.js';
import type { OperationScope } from '../providers/provider.js';
import type { Payment, User } from '../providers/pi/model.js';
import type { PiSession } from '../providers/pi/session.js';
import type { AccessOptions } from './access.js';
import { requireScope } from './require-scope.js';
import type { PiRight } from './rights.js';

/** What a Pi user may do to their own payments. */
export type PaymentRight = Exclude<PiRight, 'pi:payout'>;

/** Payments as this caller may see them: all of the app's, or only their own. */
export interface OpenPayments {
  readonly session: PiSession;
  /** Null for operators; otherwise the verified uid of the user. */
  readonly ownerUid: string | null;
  /** One payment; somebody else's is null like a missing one, after the same single read. */
  payment(paymentId: string): Promise<Payment | null>;
  /** Refuses, right before a write, what this caller may not touch. */
  check(payment: Payment): void;
}

/** The part of Access that opens the Pi Platform. */
export interface PiAccess {
  /** Whether a Pi token came along, verified or not. */
  readonly hasPiToken: boolean;
  /** The caller's own user, verified with Pi (a recent answer may be used). */
  me(): Promise<User>;
  /** What only operators may do with the app's key. */
  pi(right: PiRight): PiSession;
  /** Payments, for operators with the right and for Pi users with their own. */
  payments(right: PaymentRight): Promise<OpenPayments>;
}

/** Money is not moved on an identity older than this. */
const MONEY_IDENTITY_AGE_MS = 10_000;

export function createPiAccess(options: AccessOptions): PiAccess {
  const { viewer, providers: { pi }, fingerprint, identities, piUserActions, reads, writes } = options;
  let readSession: PiSession | undefined;

  const open = (scope: OperationScope | undefined): PiSession => {
    const { apiKey, baseUrl } = pi;
    if (apiKey === undefined) throw new GatewayError('PROVIDER_DISABLED', 'This gateway has no Pi server key (PI_API_KEY).', { provider: 'pi' });
    const credential = { source: 'server', fields: { apiKey }, fingerprint: fingerprint('pi', baseUrl, apiKey) } as const;
    if (scope) return pi.open(credential, scope);
    return (readSession ??= pi.open(credential, reads));
  };
  const scopeOf = (right: PiRight) => (right === 'pi:read' ? undefined : writes());

  // One question per operation, however many fields ask; an answer good enough for money is good enough for reading.
  let known: Promise<User> | undefined;
  let knownForMoney: Promise<User> | undefined;
  const verifyUser = (): Promise<User> => knownForMoney ?? (known ??= askPi());
  const verifyForMoney = (): Promise<User> => (knownForMoney ??= askPi(MONEY_IDENTITY_AGE_MS));

  const askPi = async (maxAgeMs?: number): Promise<User> => {
    const token = viewer.piToken;
    if (token === null) throw new GatewayError('UNAUTHENTICATED', 'Sign in with Pi and send the access token as authorization: Bearer.', { provider: 'pi' });
    return identities.verify({ source: 'caller', fields: { token }, fingerprint: fingerprint('pi', pi.baseUrl, 'me', token) }, reads, maxAgeMs);
  };

  return {
    hasPiToken: viewer.piToken !== null,
    me: verifyUser,
    pi(right) {
      requireScope(viewer, right, '');
      return open(scopeOf(right));
    },
    async payments(right) {
      if (viewer.operator?.scopes.has(right)) return everyPayment(open(scopeOf(right)));
      if (viewer.piToken === null) requireScope(viewer, right, ', or the access token of the payment\'s own user');
      if (right !== 'pi:read' && !piUserActions.has(right)) throw new GatewayError('FORBIDDEN', 'Pi users may not do this here; the app\'s server does it.', { provider: 'pi' });
      const user = await (right === 'pi:read' ? verifyUser() : verifyForMoney());
      return ownPayments(open(scopeOf(right)), user.uid);
    },
  };
}

function everyPayment(session: PiSession): OpenPayments {
  return { session, ownerUid: null, payment: (id) => session.payment(id), check: () => undefined };
}

function ownPayments(session: PiSession, uid: string): OpenPayments {
  return {
    session,
    ownerUid: uid,
    async payment(paymentId) {
      const payment = await session.payment(paymentId);
      return payment?.userUid === uid ? payment : null;
    },
    check(payment) {
      if (payment.userUid !== uid) throw new UpstreamError('not_found', { provider: 'pi', operation: 'getPayment', delivery: 'answered' });
      if (payment.direction === 'APP_TO_USER') throw new GatewayError('FORBIDDEN', 'A payment from the app is the app\'s own to handle.', { provider: 'pi' });
    },
  };
}
