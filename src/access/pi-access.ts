import { GatewayError, UpstreamError } from '../errors.js';
import type { OperationScope } from '../providers/provider.js';
import type { Payment, User } from '../providers/pi/model.js';
import type { PaymentCheck, PiSession } from '../providers/pi/session.js';
import type { AccessOptions } from './access-options.js';
import type { Identity } from './identity.js';
import { whileIdentified } from './identity-watch.js';
import { requireScope } from './require-scope.js';
import type { PaymentRight, PiRight } from './scopes.js';
import { monotonicNow } from '../values/clock.js';

/** Payments as this caller may see them: all of the app's, or only their own. */
export interface OpenPayments {
  readonly session: PiSession;
  /** Whether only the caller's own payments are there for them. */
  readonly ownOnly: boolean;
  /** One payment; somebody else's is null like a missing one, after the same single read. */
  payment(paymentId: string): Promise<Payment | null>;
  /** Makes one change. Somebody else's payment is refused like a missing one, to the last detail. */
  change<R>(run: (session: PiSession, check: PaymentCheck) => Promise<R>): Promise<R>;
  /** Ends a stream of events with a coded error as soon as the caller may not read on. */
  guard<Event>(events: AsyncIterableIterator<Event>): AsyncIterableIterator<Event>;
}

/** The part of Access that opens the Pi Platform. */
export interface PiAccess {
  /** Whether a Pi token came along, verified or not. */
  readonly hasPiToken: boolean;
  /** The caller's own user, verified with Pi (a recent answer may be used). */
  me(): Promise<User>;
  /** What only operators may do with the app's key. */
  pi(right: PiRight): PiSession;
  /** What only operators who may both complete and cancel can do. */
  settling(): PiSession;
  /** Payments, for operators with the right and for Pi users with their own. */
  payments(right: PaymentRight): Promise<OpenPayments>;
}

/** Money is not moved on an identity older than this. */
const MONEY_IDENTITY_AGE_MS = 10_000;
/** How long a stream waits for Pi to confirm its reader, before it tries again. */
const RENEWAL_MS = 15_000;

export function createPiAccess(options: AccessOptions): PiAccess {
  const {
    viewer,
    providers: { pi },
    fingerprint,
    identities,
    piUserActions,
    reads,
    writes,
  } = options;
  let readSession: PiSession | undefined;

  const open = (scope: OperationScope | undefined): PiSession => {
    const { apiKey, baseUrl } = pi;
    if (apiKey === undefined)
      throw new GatewayError('PROVIDER_DISABLED', 'This gateway has no Pi server key (PI_API_KEY).', {
        provider: 'pi',
      });
    const credential = {
      source: 'server',
      fields: { apiKey },
      fingerprint: fingerprint('pi', baseUrl, apiKey),
    } as const;
    if (scope) return pi.open(credential, scope);
    return (readSession ??= pi.open(credential, reads));
  };
  const scopeOf = (right: PiRight) => (right === 'pi:read' ? undefined : writes());

  const identify = async (scope: OperationScope, maxAgeMs?: number): Promise<Identity> => {
    if (viewer.pi.state !== 'usable') throw notSignedIn(viewer);
    const { token } = viewer.pi.fields;
    return identities.verify(
      { source: 'caller', fields: { token }, fingerprint: userFingerprint(fingerprint, options.providers, { token }) },
      scope,
      maxAgeMs,
    );
  };
  // One question per operation, however many fields ask; an answer good enough for money is good enough for reading.
  let known: Promise<Identity> | undefined;
  let knownForMoney: Identity | undefined;
  const identity = async (): Promise<Identity> => knownForMoney ?? (known ??= identify(reads));
  const identityForMoney = async (): Promise<Identity> => {
    // Changes of one operation run one after the other, and each may take long.
    if (!knownForMoney || monotonicNow() - knownForMoney.verifiedAt > MONEY_IDENTITY_AGE_MS) {
      knownForMoney = await identify({ ...writes(), signal: reads.signal }, MONEY_IDENTITY_AGE_MS);
    }
    return knownForMoney;
  };
  /** For streams, which outlive the time of the operation that opened them. */
  const renew = async (uid: string): Promise<Identity> => {
    const renewed = await identify({ ...reads, deadline: monotonicNow() + RENEWAL_MS });
    // The uid of a token changes when the user withdraws their consent and gives it anew.
    if (renewed.user.uid !== uid) throw notSignedIn(viewer);
    return renewed;
  };

  return {
    hasPiToken: viewer.pi.state === 'usable',
    me: async () => (await identity()).user,
    pi(right) {
      requireScope(viewer, right, '');
      return open(scopeOf(right));
    },
    settling() {
      for (const right of ['pi:complete', 'pi:cancel'] as const) requireScope(viewer, right, '');
      return open(writes());
    },
    async payments(right) {
      if (viewer.operator?.scopes.has(right)) return everyPayment(open(scopeOf(right)));
      if (viewer.pi.state !== 'usable') requireScope(viewer, right, ", or the access token of the payment's own user");
      if (right !== 'pi:read' && !piUserActions.has(right))
        throw new GatewayError('FORBIDDEN', "Pi users may not do this here; the app's server does it.", {
          provider: 'pi',
        });
      const verified = await (right === 'pi:read' ? identity() : identityForMoney());
      const { uid } = verified.user;
      return ownPayments(open(scopeOf(right)), uid, right, (events) =>
        whileIdentified(events, verified, () => renew(uid)),
      );
    },
  };
}

/** Names a user's token without telling it. */
export function userFingerprint(
  fingerprint: AccessOptions['fingerprint'],
  { pi }: Pick<AccessOptions['providers'], 'pi'>,
  { token }: { readonly token: string },
): string {
  return fingerprint('pi', pi.baseUrl, 'me', token);
}

/** A credential that came and is good for other things only is a missing right. */
function notSignedIn({ operator, pi }: AccessOptions['viewer']): GatewayError {
  const code = operator !== null && pi.state !== 'usable' ? 'FORBIDDEN' : 'UNAUTHENTICATED';
  return new GatewayError(code, 'Sign in with Pi and send the access token as authorization: Bearer.', {
    provider: 'pi',
  });
}

function everyPayment(session: PiSession): OpenPayments {
  return {
    session,
    ownOnly: false,
    payment: (id) => session.payment(id),
    change: (run) => run(session, () => undefined),
    guard: (events) => events,
  };
}

function ownPayments(session: PiSession, uid: string, right: PaymentRight, guard: OpenPayments['guard']): OpenPayments {
  return {
    session,
    guard,
    ownOnly: true,
    async payment(paymentId) {
      const payment = await session.payment(paymentId);
      return payment?.userUid === uid ? payment : null;
    },
    async change(run) {
      let own = false;
      try {
        return await run(session, (payment) => {
          if (payment.userUid !== uid) throw absent();
          own = true;
          checkDirection(payment, right);
        });
      } catch (error) {
        // In the words in which somebody else's is refused: Pi's own would tell the two apart.
        if (!own && error instanceof UpstreamError && error.kind === 'not_found') throw absent();
        // It was made with the app's key, and what Pi says to the app is not for its users.
        if (error instanceof UpstreamError) Object.assign(error, { upstreamDetails: undefined });
        throw error;
      }
    },
  };
}

function absent(): UpstreamError {
  return new UpstreamError('not_found', { provider: 'pi', operation: 'getPayment', delivery: 'answered' });
}

/** Users handle what they pay. Approving a payout is left to the rule for everybody: it is born approved, so nothing is sent. */
function checkDirection({ direction }: Payment, right: PaymentRight): void {
  if (direction === 'USER_TO_APP' || (direction === 'APP_TO_USER' && right === 'pi:approve')) return;
  throw new GatewayError('FORBIDDEN', 'Pi users may do this to payments from themselves to the app only.', {
    provider: 'pi',
  });
}
