import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach } from 'vitest';
import type { Overrides } from '../../src/app.js';
import type { Settings } from '../../src/settings.js';
import { flags, wirePayment } from '../providers/pi-support.js';
import { createTestApp, gatewayKey, type GraphAnswer, type TestApp } from './create-test-app.js';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type Script } from './fake-upstream.js';

export type Wire = Record<string, unknown>;

/** What happens to one POST: its effect comes about or not, and then something happens to the answer. */
export type Fate =
  | 'ok'
  | 'cut before'
  | 'cut after'
  | 'half'
  | '500 before'
  | '500 after'
  | 'html before'
  | 'html after'
  | 'empty after'
  | 'redirect after'
  | 'silence after'
  | FakeAnswer;

export const SERVER_KEY = 'server-key-of-the-app';
export const TXID = 'ab'.repeat(32);
export const OTHER_TXID = 'cd'.repeat(32);
export const ANN = 'uid-of-ann';
export const BEN = 'uid-of-ben';

/** What callers present. */
export const callers = {
  anonymous: {},
  stranger: { 'x-gateway-key': 'not-a-key' },
  badBearer: { authorization: 'Bearer two words' },
  refusedBearer: { authorization: 'Bearer refused-token' },
  ann: { authorization: 'Bearer ann-token' },
  ben: { authorization: 'Bearer ben-token' },
  operator: { 'x-gateway-key': 'test-operator-key' },
  pinOperator: { 'x-gateway-key': 'pin-key' },
} as const;

/** The app's payments, its users, and what goes wrong. Without a word about it every call succeeds. */
export interface FakePi extends FakeUpstream {
  readonly payments: Map<string, Wire>;
  /** Requests as `METHOD path`, the base path left out. */
  seen(): string[];
  /** How many of those began so. */
  count(start: string): number;
  /** How many POSTs took effect. */
  effects(): number;
  /** Puts a payment there (Ann's, new, unless told otherwise). */
  put(id: string, changes?: Wire): Wire;
  /** Has the next POSTs meet these; the last one stays. */
  meet(...fates: Fate[]): void;
  /** Opens payouts on this network. */
  paysOn(network: string | null): void;
  /** Has some requests answered by the test; undefined = as usual. */
  intercept(
    script:
      | ((
          ...request: Parameters<Script>
        ) => FakeAnswer | 'handled' | undefined | Promise<FakeAnswer | 'handled' | undefined>)
      | undefined,
  ): void;
}

export interface PaymentsGraph extends TestApp {
  readonly pi: FakePi;
}

const open: (() => Promise<void>)[] = [];

/** Closes everything that was opened. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

/** Closes everything that a test opened. */
export function closeAfterEach(): void {
  afterEach(closeAll);
}

export function closeLater(close: () => Promise<void>): void {
  open.push(close);
}

export function wireUser(uid: string, changes: Wire = {}): Wire {
  return {
    uid,
    username: `name-${uid}`,
    credentials: {
      scopes: ['username', 'payments'],
      valid_until: { timestamp: 4070908799, iso8601: '2098-12-31T23:59:59Z' },
    },
    ...changes,
  };
}

export function linked(txid: string, verified = true): Wire {
  return { txid, verified, _link: `https://api.mainnet.minepi.com/transactions/${txid}` };
}

const tokens: ReadonlyMap<string, string> = new Map([
  ['Bearer ann-token', ANN],
  ['Bearer ben-token', BEN],
]);

export async function fakePi(): Promise<FakePi> {
  const payments = new Map<string, Wire>();
  let network: string | null | undefined;
  let fates: Fate[] = ['ok'];
  let effects = 0;
  let intercepted: Parameters<FakePi['intercept']>[0];

  function act(path: string, body: string): Wire | undefined {
    const [, , id = '', verb = ''] = path.split('/');
    const asked = JSON.parse(body) as { payment?: Wire; txid?: string };
    if (id === '') {
      const { uid, ...rest } = asked.payment ?? {};
      return save(
        wirePayment({
          ...rest,
          identifier: `payout-${randomUUID().slice(0, 8)}`,
          user_uid: uid,
          direction: 'app_to_user',
          status: flags('developer_approved'),
          ...(network === undefined ? {} : { network }),
        }),
      );
    }
    const payment = payments.get(id);
    if (!payment) return undefined;
    const status = { ...(payment['status'] as Record<string, boolean>) };
    if (verb === 'approve') status['developer_approved'] = true;
    if (verb === 'cancel') status['cancelled'] = true;
    if (verb === 'complete') Object.assign(status, { developer_completed: true, transaction_verified: true });
    return save({ ...payment, status, ...(verb === 'complete' ? { transaction: linked(asked.txid ?? '') } : {}) });
  }

  function save(payment: Wire): Wire {
    payments.set(String(payment['identifier']), payment);
    return payment;
  }

  function read(path: string): FakeAnswer {
    if (path === '/payments/incomplete_server_payments') {
      const list = [...payments.values()].filter(({ direction, status }) => {
        const { cancelled, developer_completed: completed } = status as Record<string, boolean>;
        return direction === 'app_to_user' && !cancelled && !completed;
      });
      return { body: { incomplete_server_payments: list } };
    }
    if (path.startsWith('/ads_network/')) return { status: 404, body: { error: 'not_found' } };
    const payment = payments.get(path.slice('/payments/'.length));
    return payment
      ? { body: payment }
      : { status: 404, body: { error: 'payment_not_found', error_message: 'There is none' } };
  }

  const upstream = await fakeUpstream(async (request, response) => {
    const special = await intercepted?.(request, response);
    if (special !== undefined) return special === 'handled' ? undefined : special;
    const path = request.path.replace(/^\/v2/, '');
    if (path === '/me') {
      const uid = tokens.get(String(request.headers.authorization));
      return uid === undefined ? { status: 401, body: '' } : { body: wireUser(uid) };
    }
    if (request.method === 'GET') return read(path);
    const fate = fates.length > 1 ? (fates.shift() ?? 'ok') : (fates[0] ?? 'ok');
    if (typeof fate === 'object') return fate;
    if (fate.endsWith('before')) return meet(fate, {}, response);
    const after = act(path, request.body);
    if (after === undefined) return { status: 404, body: { error: 'payment_not_found' } };
    effects += 1;
    return meet(fate, after, response);
  });
  const seen = () => upstream.requests.map(({ method, path }) => `${method} ${path.replace(/^\/v2/, '')}`);
  return {
    ...upstream,
    payments,
    seen,
    count: (start) => seen().filter((request) => request.startsWith(start)).length,
    effects: () => effects,
    put: (id, changes = {}) => save(wirePayment({ identifier: id, user_uid: ANN, ...changes })),
    meet(...next) {
      fates = next;
    },
    paysOn(named) {
      network = named;
    },
    intercept(script) {
      intercepted = script;
    },
  };
}

function meet(fate: Exclude<Fate, FakeAnswer>, payment: Wire, response: ServerResponse): FakeAnswer | undefined {
  switch (fate) {
    case 'ok':
      return { body: payment };
    case 'cut before':
    case 'cut after':
      response.destroy();
      return undefined;
    case 'half':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
      response.write('{"identifier":"p1');
      setTimeout(() => response.destroy(), 5);
      return undefined;
    case '500 before':
    case '500 after':
      return { status: 500, body: { error: 'unknown_error' } };
    case 'html before':
    case 'html after':
      return { status: 500, headers: { 'content-type': 'text/html' }, body: '<!doctype html><h1>oops</h1>' };
    case 'empty after':
      return { status: 200, body: '' };
    case 'redirect after':
      return { status: 307, headers: { location: 'https://elsewhere.example/' } };
    case 'silence after':
      return undefined;
  }
}

/** All operator scopes of Pi. */
export const PI_SCOPES = 'pi:read+pi:approve+pi:complete+pi:cancel+pi:payout';

/** The gateway in front of a fake Pi Platform, with short waits. Two operators: one with every right, one without any of Pi's. */
export async function startPaymentsGraph(settings: Settings = {}, overrides: Overrides = {}): Promise<PaymentsGraph> {
  const pi = await fakePi();
  closeLater(() => pi.close());
  const app = await createTestApp(
    {
      PI_BASE_URL: `${pi.url}/v2`,
      PI_API_KEY: SERVER_KEY,
      READBACK_DELAY_MS: '5',
      PORT: '0',
      PI_USER_ACTIONS: 'approve,complete,cancel',
      PAYOUT_MAX_PER_CALL: '10',
      PAYOUT_MAX_PER_DAY: '20',
      GATEWAY_KEYS: [gatewayKey(PI_SCOPES), gatewayKey('pin:read', 'pin-key', 'pin')].join(','),
      ...settings,
    },
    overrides,
  );
  closeLater(() => app.close());
  return { ...app, pi };
}

/** The global id of an object. */
export const idOf = (typename: string, localId: string): string =>
  Buffer.from(`${typename}:${localId}`).toString('base64');

/** An answer without what differs from request to request. */
export function withoutRequestId(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer, (key, value: unknown) => (key === 'requestId' ? undefined : value)));
}

export const union = `__typename
  ... on UserError { code message upstreamCode upstreamDetails }
  ... on InvalidInputError { issues { path message } }
  ... on ConflictError { reason applied payment { paymentId state } }
  ... on OutcomeUnknownError { idempotencyKey }`;
const payload =
  'payment { paymentId state amount memo metadata direction network userUid transaction { txid verified } }';

/** The documents of the four mutations, for `$input`. */
export const mutations = {
  approvePayment: mutation('approvePayment'),
  completePayment: mutation('completePayment'),
  cancelPayment: mutation('cancelPayment'),
  createPayment: mutation('createPayment'),
} as const;
export type MutationName = keyof typeof mutations;

function mutation(name: string): string {
  const title = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return `mutation ($input: ${title}Input!) { result: ${name}(input: $input) { ${union} ... on ${title}Payload { ${payload} } } }`;
}

/** What a mutation answers, as far as these tests ask. */
export interface Result {
  readonly __typename: string;
  readonly code?: string;
  readonly message?: string;
  readonly upstreamCode?: string | null;
  readonly upstreamDetails?: string | null;
  readonly reason?: string;
  readonly applied?: boolean;
  readonly issues?: readonly { readonly path: readonly string[]; readonly message: string }[];
  readonly idempotencyKey?: string | null;
  readonly payment?: {
    readonly paymentId: string;
    readonly state: string;
    readonly amount?: string;
    readonly metadata?: Wire;
    readonly transaction?: { readonly txid: string } | null;
  } | null;
}
export interface MutationData {
  readonly result: Result | null;
}

/** Runs one of the four mutations. */
export function change(
  graph: TestApp,
  name: MutationName,
  input: object,
  headers: Record<string, string> = callers.operator,
) {
  return graph.query<MutationData>(mutations[name], { input }, headers);
}

let keys = 0;

/** Pays Ben 1.5 Pi under a key of its own, unless told otherwise. */
export function pay(graph: TestApp, changes: object = {}, headers: Record<string, string> = callers.operator) {
  keys += 1;
  return change(
    graph,
    'createPayment',
    { userUid: BEN, amount: '1.5', memo: 'Thanks', metadata: { order: 7 }, idempotencyKey: `key-${keys}`, ...changes },
    headers,
  );
}

/** The member of the union that a mutation answered with, or the code of its error. */
export function kindOf(answer: GraphAnswer<MutationData>): unknown {
  return answer.data?.result?.__typename ?? answer.errors?.[0]?.extensions['code'];
}

/** Every POST's body, as it went out. */
export function sentBodies({ pi }: PaymentsGraph): string[] {
  return pi.requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
}

/** Finishes every open payout, so that the next may begin. */
export function finishPayouts({ pi }: PaymentsGraph): void {
  for (const [id, payment] of pi.payments)
    pi.payments.set(id, { ...payment, status: flags('developer_approved', 'developer_completed') });
}
