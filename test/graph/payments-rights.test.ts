import { describe, expect, it } from 'vitest';
import { gatewayKey, type GraphAnswer } from '../support/create-test-app.js';
import { codesIn, errorAt } from '../support/graph-pins.js';
import {
  ANN,
  BEN,
  callers,
  change,
  closeAfterEach,
  idOf,
  mutations,
  PI_SCOPES,
  startPaymentsGraph,
  TXID,
  withoutRequestId,
  wireUser,
  type MutationName,
  type PaymentsGraph,
} from '../support/graph-payments.js';
import { flags } from '../providers/pi-support.js';

closeAfterEach();

type Headers = Record<string, string>;
type Ask = (graph: PaymentsGraph, headers: Headers) => Promise<readonly GraphAnswer<{ field?: unknown }>[]>;

const query =
  (text: string): Ask =>
  async (graph, headers) => [await graph.query(text, {}, headers)];
/** Everything that a subscription says while nothing happens. */
const subscribe =
  (text: string): Ask =>
  async (graph, headers) => {
    const events: GraphAnswer<{ field?: unknown }>[] = [];
    for await (const event of graph.subscribe<{ field?: unknown }>(text, {}, headers)) {
      events.push(event);
      break;
    }
    return events;
  };
const mutate = (name: MutationName, input: string): Ask =>
  query(`mutation { field: ${name}(input: { ${input} }) { __typename } }`);

const asks: Record<string, Ask> = {
  me: query('{ field: me { uid } }'),
  payment: query('{ field: payment(paymentId: "anns") { state } }'),
  'node of a payment': query(`{ field: node(id: "${idOf('Payment', 'anns')}") { id } }`),
  paymentStatus: subscribe('subscription { field: paymentStatus(paymentId: "anns") { state } }'),
  incompleteServerPayments: query('{ field: incompleteServerPayments { state } }'),
  rewardedAd: query('{ field: rewardedAd(adId: "ad") { rewardable } }'),
  'node of an ad': query(`{ field: node(id: "${idOf('RewardedAd', 'ad')}") { id } }`),
  approvePayment: mutate('approvePayment', 'paymentId: "anns"'),
  completePayment: mutate('completePayment', `paymentId: "anns", txid: "${TXID}"`),
  cancelPayment: mutate('cancelPayment', 'paymentId: "anns"'),
  createPayment: mutate('createPayment', `userUid: "${BEN}", amount: 1, memo: "thanks", idempotencyKey: "k"`),
};
const ownFields = ['payment', 'node of a payment', 'paymentStatus'];
const ownChanges = ['approvePayment', 'completePayment', 'cancelPayment'];

interface Caller {
  readonly headers: Headers;
  readonly settings?: Record<string, string>;
  /** What becomes of what is not named in `other`: a code, or `may`. */
  readonly usual: string;
  readonly other?: Readonly<Record<string, string>>;
  /** Requests that each denial may cost: none, unless Pi itself has to be asked. */
  readonly cost?: readonly string[];
}
const each = (names: readonly string[], outcome: string) => Object.fromEntries(names.map((name) => [name, outcome]));
const restricted = { PI_USER_ACTIONS: 'complete' };

const matrix: Record<string, Caller> = {
  nobody: { headers: callers.anonymous, usual: 'UNAUTHENTICATED' },
  'a wrong operator key': { headers: callers.stranger, usual: 'UNAUTHENTICATED' },
  'a malformed token': { headers: callers.badBearer, usual: 'UNAUTHENTICATED' },
  'a token of another provider': { headers: { 'x-pinning-token': 'token' }, usual: 'UNAUTHENTICATED' },
  'a token that Pi refuses': {
    headers: callers.refusedBearer,
    usual: 'UNAUTHENTICATED',
    cost: ['GET /me'],
    other: each(['incompleteServerPayments', 'rewardedAd', 'node of an ad', 'createPayment'], 'FORBIDDEN'),
  },
  'the user': {
    headers: callers.ann,
    usual: 'FORBIDDEN',
    other: each(['me', ...ownFields, ...ownChanges], 'may'),
  },
  'the user with a wrong operator key': {
    headers: { ...callers.ann, ...callers.stranger },
    usual: 'FORBIDDEN',
    other: each(['me', ...ownFields, ...ownChanges], 'may'),
  },
  'the user, who may not approve or cancel here': {
    headers: callers.ann,
    settings: restricted,
    usual: 'FORBIDDEN',
    other: each(['me', ...ownFields, 'completePayment'], 'may'),
  },
  'an operator without the rights': { headers: callers.pinOperator, usual: 'FORBIDDEN' },
  "an operator without the rights, with the user's token": {
    headers: { ...callers.pinOperator, ...callers.ann },
    usual: 'FORBIDDEN',
    other: each(['me', ...ownFields, ...ownChanges], 'may'),
  },
  'an operator with the rights': { headers: callers.operator, usual: 'may', other: { me: 'FORBIDDEN' } },
  'an operator with the rights, with a malformed token': {
    headers: { ...callers.operator, ...callers.badBearer },
    usual: 'may',
    other: { me: 'FORBIDDEN' },
  },
  'an operator with the rights, with a token that Pi refuses': {
    headers: { ...callers.operator, ...callers.refusedBearer },
    usual: 'may',
    other: { me: 'UNAUTHENTICATED' },
    cost: ['GET /me'],
  },
  "an operator with the rights, with another user's token": {
    headers: { ...callers.operator, ...callers.ben },
    usual: 'may',
  },
  'an operator with one right': {
    headers: { 'x-gateway-key': 'one' },
    settings: { GATEWAY_KEYS: gatewayKey('pi:complete', 'one') },
    usual: 'FORBIDDEN',
    other: { completePayment: 'may' },
  },
  'an operator who may only read': {
    headers: { 'x-gateway-key': 'one' },
    settings: { GATEWAY_KEYS: gatewayKey('pi:read', 'one') },
    usual: 'FORBIDDEN',
    other: each([...ownFields, 'incompleteServerPayments', 'rewardedAd', 'node of an ad'], 'may'),
  },
};

describe('what each caller may do', () => {
  it.each(Object.entries(matrix))('%s', async (_name, { headers, settings, usual, other = {}, cost = [] }) => {
    const graph = await startPaymentsGraph({ ME_NEGATIVE_TTL_MS: '0', ...settings });
    graph.pi.intercept(({ path }) =>
      path.startsWith('/v2/ads_network')
        ? {
            body: {
              identifier: 'ad',
              mediator_ack_status: 'granted',
              mediator_granted_at: null,
              mediator_revoked_at: null,
            },
          }
        : undefined,
    );
    for (const [name, ask] of Object.entries(asks)) {
      graph.pi.put('anns');
      graph.pi.requests.length = 0;
      const expected = other[name] ?? usual;
      const answers = await ask(graph, headers);
      expect(answers, name).toHaveLength(1);
      const [answer = {}] = answers;
      if (expected === 'may') {
        expect(answer.errors, name).toBeUndefined();
        expect(answer.data?.field, name).toBeTruthy();
        continue;
      }
      expect(codesIn(answer), name).toEqual([expected]);
      expect(answer.errors?.[0]?.extensions, name).toMatchObject({ retryable: false, requestId: expect.any(String) });
      expect(answer.data?.field ?? null, name).toBeNull();
      expect(graph.pi.seen(), name).toEqual(expected === 'UNAUTHENTICATED' ? cost : []);
    }
  });

  it('a refusal goes before any fault of the input', async () => {
    const graph = await startPaymentsGraph(restricted);
    const faulty = [
      ...['payment(paymentId: "..") { state }', 'rewardedAd(adId: "..") { adId }'].map(
        (field) => `{ field: ${field} }`,
      ),
      'mutation { field: approvePayment(input: { paymentId: ".." }) { __typename } }',
      'mutation { field: createPayment(input: { userUid: "", amount: -1, memo: "", idempotencyKey: "" }) { __typename } }',
    ];
    for (const text of faulty) {
      expect(codesIn(await graph.query(text, {}, callers.anonymous)), text).toEqual(['UNAUTHENTICATED']);
      expect(codesIn(await graph.query(text, {}, callers.pinOperator)), text).toEqual(['FORBIDDEN']);
    }
    expect(graph.pi.seen()).toEqual([]);
  });
});

describe("somebody else's payment looks like none", () => {
  const started = async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('bens', { user_uid: BEN });
    await graph.query('{ me { uid } }', {}, callers.ann);
    graph.pi.requests.length = 0;
    return graph;
  };
  const both: Record<string, (id: string) => Ask> = {
    payment: (id) => query(`{ field: payment(paymentId: "${id}") { paymentId user { uid } } }`),
    node: (id) => query(`{ field: node(id: "${idOf('Payment', id)}") { id } }`),
    nodes: (id) => query(`{ field: nodes(ids: ["${idOf('Payment', id)}"]) { id } }`),
    paymentStatus: (id) => async (graph, headers) => {
      const events = [];
      for await (const event of graph.subscribe<{ field?: unknown }>(
        `subscription { field: paymentStatus(paymentId: "${id}") { paymentId } }`,
        {},
        headers,
      ))
        events.push(event);
      return events;
    },
    ...Object.fromEntries(
      ownChanges.map((name) => [
        name,
        (id: string): Ask =>
          async (graph, headers) => [
            (await graph.query(
              mutations[name as MutationName],
              { input: { paymentId: id, ...(name === 'completePayment' ? { txid: TXID } : {}) } },
              headers,
            )) as GraphAnswer<{ field?: unknown }>,
          ],
      ]),
    ),
  };

  it.each(Object.entries(both))('%s', async (name, ask) => {
    const seen = await Promise.all(
      ['bens', 'gone'].map(async (id) => {
        const graph = await started();
        const answers = await ask(id)(graph, callers.ann);
        expect(graph.pi.seen()).toEqual([`GET /payments/${id}`]);
        return JSON.stringify(withoutRequestId(answers));
      }),
    );
    expect(seen[0]).toBe(seen[1]);
    if (name in mutations) expect(seen[0]).toContain('"__typename":"NotFoundError"');
    else expect(JSON.parse(seen[0] ?? '')).toEqual([{ data: { field: name === 'nodes' ? [null] : null } }]);
  });

  it('whether Pi hides it by 403 or by 404, and in whatever state it is', async () => {
    const texts = new Set<string>();
    for (const prepare of [
      (graph: PaymentsGraph) =>
        graph.pi.intercept(({ path }) =>
          path.endsWith('/bens') ? { status: 403, body: { error: 'forbidden' } } : undefined,
        ),
      (graph: PaymentsGraph) =>
        graph.pi.intercept(({ path }) => (path.endsWith('/bens') ? { status: 404, body: '' } : undefined)),
      (graph: PaymentsGraph) => void graph.pi.put('bens', { user_uid: BEN, direction: 'app_to_user' }),
      (graph: PaymentsGraph) =>
        void graph.pi.put('bens', { user_uid: BEN, network: 'Pi Testnet', status: flags('cancelled') }),
    ]) {
      const graph = await startPaymentsGraph({ PI_NETWORK: 'mainnet' });
      graph.pi.put('bens', { user_uid: BEN });
      prepare(graph);
      texts.add(JSON.stringify(await change(graph, 'approvePayment', { paymentId: 'bens' }, callers.ann)));
    }
    expect([...texts]).toHaveLength(1);
  });

  it('also to a user whose uid is written differently', async () => {
    const graph = await started();
    graph.pi.put('odd', { user_uid: ANN.toUpperCase() });
    expect(await graph.query('{ payment(paymentId: "odd") { state } }', {}, callers.ann)).toEqual({
      data: { payment: null },
    });
  });
});

describe('two principals in one request', () => {
  it("unite their rights; me is the token's", async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('anns');
    const text =
      '{ me { uid } payment(paymentId: "anns") { userUid user { uid } } incompleteServerPayments { state } }';
    expect(await graph.query(text, {}, { ...callers.operator, ...callers.ben })).toEqual({
      data: { me: { uid: BEN }, payment: { userUid: ANN, user: null }, incompleteServerPayments: [] },
    });
    expect(
      (await graph.query<{ payment: { user: unknown } }>(text, {}, { ...callers.operator, ...callers.ann })).data
        ?.payment.user,
    ).toEqual({ uid: ANN });
  });

  it("an operator's view of a payment does not suffer from the token, but an outage shows", async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('anns');
    const text = '{ payment(paymentId: "anns") { state user { uid } } }';
    expect(await graph.query(text, {}, { ...callers.operator, ...callers.refusedBearer })).toEqual({
      data: { payment: { state: 'CREATED', user: null } },
    });
    graph.pi.intercept(({ path }) => (path === '/v2/me' ? { status: 400, body: '' } : undefined));
    const answer = await graph.query(text, {}, { ...callers.operator, ...callers.ann });
    expect(answer.data).toEqual({ payment: { state: 'CREATED', user: null } });
    expect(errorAt(answer, 'payment', 'user').extensions['code']).toBe('AUTH_PROVIDER_UNAVAILABLE');
  });

  it("node finds the caller's own user and nobody else", async () => {
    const graph = await startPaymentsGraph();
    const text = `{ own: node(id: "${idOf('User', ANN)}") { id ... on User { uid } } other: node(id: "${idOf('User', BEN)}") { id } }`;
    expect(await graph.query(text, {}, callers.ann)).toEqual({
      data: { own: { id: idOf('User', ANN), uid: ANN }, other: null },
    });
    expect(graph.pi.seen()).toEqual(['GET /me']);
  });
});

describe('without a server key', () => {
  it('the user can still be told, and the rest is switched off for those who may', async () => {
    const graph = await startPaymentsGraph({ PI_API_KEY: '', GATEWAY_KEYS: gatewayKey(PI_SCOPES) });
    expect(await graph.query('{ me { uid } }', {}, callers.ann)).toEqual({ data: { me: { uid: ANN } } });
    for (const [name, ask] of Object.entries(asks)) {
      if (name === 'me') continue;
      expect((await ask(graph, callers.operator)).flatMap(codesIn), name).toEqual(['PROVIDER_DISABLED']);
      expect((await ask(graph, callers.anonymous)).flatMap(codesIn), name).toEqual(['UNAUTHENTICATED']);
      expect((await ask(graph, callers.ann)).flatMap(codesIn), name).toEqual([
        [...ownFields, ...ownChanges].includes(name) ? 'PROVIDER_DISABLED' : 'FORBIDDEN',
      ]);
    }
    expect(graph.pi.seen()).toEqual(['GET /me']);
  });
});

describe('the credential', () => {
  it('of the server goes to payments, of the user to /me, and no other header of the caller anywhere', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('anns');
    await graph.query(
      '{ me { uid } payment(paymentId: "anns") { state } }',
      {},
      { ...callers.ann, ...callers.operator, 'x-pinning-token': 'pin', cookie: 'a=b' },
    );
    const sent = Object.fromEntries(graph.pi.requests.map(({ path, headers }) => [path, headers.authorization]));
    expect(sent).toEqual({ '/v2/me': 'Bearer ann-token', '/v2/payments/anns': 'Key server-key-of-the-app' });
    expect(JSON.stringify(graph.pi.requests.map(({ headers }) => headers))).not.toMatch(
      /operator|x-gateway-key|pinning|cookie/,
    );
  });

  it("of the server refused is not the caller's fault", async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('anns');
    graph.pi.intercept(({ path }) =>
      path === '/v2/me' ? { body: wireUser(ANN) } : { status: 401, body: { error: 'unauthorized' } },
    );
    for (const headers of [callers.operator, callers.ann]) {
      const answers = [
        await graph.query('{ field: payment(paymentId: "anns") { state } }', {}, headers),
        await graph.query(`{ field: node(id: "${idOf('Payment', 'anns')}") { id } }`, {}, headers),
        ...(await subscribe('subscription { field: paymentStatus(paymentId: "anns") { state } }')(graph, headers)),
        ...(await Promise.all(
          ownChanges.map((name) =>
            graph.query(
              mutations[name as MutationName],
              { input: { paymentId: 'anns', ...(name === 'completePayment' ? { txid: TXID } : {}) } },
              headers,
            ),
          ),
        )),
      ];
      for (const answer of answers) expect(codesIn(answer)).toEqual(['UPSTREAM_AUTH_FAILED']);
    }
    expect(graph.pi.count('POST')).toBe(0);
  });
});
