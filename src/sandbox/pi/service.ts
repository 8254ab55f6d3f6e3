import { fractionDigits, isPositive, parseDecimal } from '../../values/decimal.js';
import { instantFromMillis } from '../../values/instant.js';
import type { Json, JsonObject } from '../../values/json.js';
import type { SandboxClock } from '../part.js';
import { Refusal, route, type Incoming } from '../routes.js';
import type { Service } from '../server.js';
import { createAds } from './ads.js';
import type { PaymentRequest, PaymentStore } from './store.js';
import type { PiUser } from './users.js';

const TOKEN_LIFE_MS = 86_400_000;
const ME = '/v2/me';
/** What the Pi Browser does for its user; in life nobody else can reach it. */
const BROWSER = '/sandbox/payments';

/** A user with the token that stands for them. */
export interface SignedInUser extends PiUser {
  readonly token: string;
}

/** Who may ask, and whose payments there are. */
export interface PiPlan {
  readonly apiKey: string;
  readonly users: readonly SignedInUser[];
  readonly payments: PaymentStore;
}

/** The Pi Platform API v2 for one app on the test network; payments live in memory. */
export function createPiService(plan: PiPlan, clock: SandboxClock): Service {
  const { payments } = plan;
  const ads = createAds(clock);
  const validUntil = clock.now() + TOKEN_LIFE_MS;
  const userOf = ({ authorization }: Incoming['headers']) =>
    clock.now() < validUntil ? plan.users.find(({ token }) => authorization === `Bearer ${token}`) : undefined;
  const browserOf = (headers: Incoming['headers']) => {
    const user = userOf(headers);
    if (!user) throw new Refusal(401, 'unauthorized', "This needs a user's token");
    return user;
  };

  return {
    guard({ path, headers }) {
      // Tokens and keys are not interchangeable, and a wrong token is answered without a body.
      if (path === ME || path === BROWSER || headers.authorization === `Key ${plan.apiKey}`) return;
      throw new Refusal(401, 'unauthorized', 'This endpoint requires a Server API Key');
    },
    refuse: ({ status, reason, details, headers }) => ({
      status,
      headers,
      json: { error: reason.toLowerCase(), error_message: details },
    }),
    missing: () => new Refusal(404, 'payment_not_found', 'There is no such payment in this app'),
    // What the Pi Browser does is no part of the rehearsal: faults are for whoever has the key.
    subjectOf: ({ method, path, params, body }) =>
      path === BROWSER
        ? undefined
        : { name: memoIn(body) ?? payments.memoOf(params['id'] ?? ''), effect: method === 'GET' ? 'read' : 'write' },
    routes: [
      route('GET', ME, ({ headers }) => {
        const user = userOf(headers);
        if (!user) return { status: 401 };
        return {
          json: {
            uid: user.uid,
            username: user.username,
            credentials: {
              scopes: user.scopes,
              valid_until: { timestamp: Math.floor(validUntil / 1000), iso8601: instantFromMillis(validUntil).text },
            },
          },
        };
      }),
      route('GET', '/v2/payments/incomplete_server_payments', () => payments.incomplete()),
      route('GET', '/v2/payments/:id', ({ params }) => payments.get(params.id)),
      route('POST', '/v2/payments', ({ body }) => payments.create(parsePayout(body, plan.users))),
      route('GET', BROWSER, ({ headers }) => payments.openedBy(browserOf(headers).uid)),
      route('POST', BROWSER, ({ headers, body }) => payments.open(parsePayment(body, browserOf(headers).uid))),
      route('POST', '/v2/payments/:id/approve', ({ params }) => payments.approve(params.id)),
      route('POST', '/v2/payments/:id/complete', ({ params, body }) =>
        payments.complete(params.id, fieldOf(body, 'txid')),
      ),
      route('POST', '/v2/payments/:id/cancel', ({ params }) => payments.cancel(params.id)),
      route('GET', '/v2/ads_network/status/:id', ({ params }) => {
        const ad = ads(params.id);
        if (!ad) throw new Refusal(404, 'not_found', 'There is no such ad');
        return { json: ad };
      }),
    ],
  };
}

/** Checks a payout in the order in which the Platform API seems to: its form, the recipient, the recipient's consent. */
function parsePayout(body: unknown, users: readonly PiUser[]): PaymentRequest {
  const payment = fieldOf(body, 'payment');
  const request = parsePayment(payment, fieldOf(payment, 'uid'));
  const user = users.find((one) => one.uid === request.userUid);
  if (!user) throw new Refusal(400, 'user_not_found', 'The uid is not known to this app');
  if (!user.scopes.includes('wallet_address'))
    throw new Refusal(401, 'missing_scope', 'The recipient has not granted the "wallet_address" scope');
  return request;
}

function parsePayment(payment: unknown, uid: unknown): PaymentRequest {
  const [amount, memo, metadata] = ['amount', 'memo', 'metadata'].map((name) => fieldOf(payment, name));
  if (typeof memo !== 'string' || memo === '' || typeof uid !== 'string')
    throw new Refusal(400, 'invalid_arguments', 'amount, memo, metadata and uid are required');
  if (!isAmount(amount))
    throw new Refusal(400, 'invalid_amount', 'The amount must be a number above 0 with 7 decimals at most');
  if (!isObject(metadata)) throw new Refusal(400, 'invalid_metadata', 'The metadata must be an object');
  return { userUid: uid, amount, memo, metadata };
}

function isAmount(value: unknown): value is number {
  const decimal = typeof value === 'number' ? parseDecimal(String(value)) : undefined;
  return decimal !== undefined && isPositive(decimal) && fractionDigits(decimal) <= 7;
}

function memoIn(body: unknown): string | undefined {
  const memo = fieldOf(fieldOf(body, 'payment'), 'memo');
  return typeof memo === 'string' ? memo : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** It came out of JSON.parse, so an object there is one of JSON. */
function isObject(value: unknown): value is JsonObject & Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
