import { describe, expect, it } from 'vitest';
import type { Settings } from '../../src/settings.js';
import type { GraphAnswer } from '../support/create-test-app.js';
import { codesIn, errorAt } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import {
  ANN,
  callers,
  change,
  closeAfterEach,
  linked,
  mutations,
  OTHER_TXID,
  startPaymentsGraph,
  TXID,
  type Fate,
  type MutationData,
  type MutationName,
  type PaymentsGraph,
  type Wire,
} from '../support/graph-payments.js';
import { flags } from '../providers/pi-support.js';

closeAfterEach();

type Change = Exclude<MutationName, 'createPayment'>;
const changes: Record<Change, { readonly start: Wire; readonly state: string; readonly verb: string }> = {
  approvePayment: { start: {}, state: 'APPROVED', verb: 'approve' },
  completePayment: {
    start: { status: flags('developer_approved'), transaction: linked(TXID, false) },
    state: 'COMPLETED',
    verb: 'complete',
  },
  cancelPayment: { start: {}, state: 'CANCELLED', verb: 'cancel' },
};
const names = Object.keys(changes) as Change[];

function inputOf(name: Change, more: object = {}): object {
  return { paymentId: 'p1', ...(name === 'completePayment' ? { txid: TXID } : {}), ...more };
}
async function graphWith(start: Wire, ...fates: Fate[]): Promise<PaymentsGraph> {
  const patience: Settings = fates.includes('silence after') ? { WRITE_TIMEOUT_MS: '1000' } : {};
  const graph = await startPaymentsGraph({ PI_NETWORK: 'mainnet', ...patience });
  graph.pi.put('p1', start);
  if (fates.length > 0) graph.pi.meet(...fates);
  return graph;
}
const run = (
  graph: PaymentsGraph,
  name: Change,
  headers: Record<string, string> = callers.operator,
  more: object = {},
) => change(graph, name, inputOf(name, more), headers);

describe.each(names)('%s', (name) => {
  const { start, state, verb } = changes[name];
  const post = `POST /payments/p1/${verb}`;
  const done = (title: string) => ({
    data: {
      result: {
        __typename: title,
        payment: expect.objectContaining({ paymentId: 'p1', state, amount: '4.25', userUid: ANN }),
      },
    },
  });
  const payload = `${name[0]?.toUpperCase()}${name.slice(1)}Payload`;

  it.each([
    ['a user', callers.ann, ['GET /me']],
    ['an operator', callers.operator, []],
  ] as const)('reads, sends once, and says so: %s', async (_who, headers, before) => {
    const graph = await graphWith(start);
    expect(await run(graph, name, headers)).toEqual(done(payload));
    expect(graph.pi.seen()).toEqual([...before, 'GET /payments/p1', post]);
    const sent = graph.pi.requests.at(-1);
    expect(sent?.headers).toMatchObject({
      connection: 'close',
      'content-type': 'application/json',
      authorization: 'Key server-key-of-the-app',
    });
    expect(sent?.body).toBe(name === 'completePayment' ? `{"txid":"${TXID}"}` : '{}');
    expect(await run(graph, name, headers), 'again').toEqual(done(payload));
    expect(graph.pi.count('POST')).toBe(1);
  });

  it.each(['cut after', 'half', '500 after', 'html after', 'empty after', 'redirect after', 'silence after'] as const)(
    'finds its effect: %s',
    async (fate) => {
      const graph = await graphWith(start, fate);
      expect(await run(graph, name, callers.ann)).toEqual(done(payload));
      expect([graph.pi.count('POST'), graph.pi.effects()]).toEqual([1, 1]);
      expect(graph.pi.seen().at(-1)).toBe('GET /payments/p1');
    },
  );

  it.each([
    'cut before',
    '500 before',
    'html before',
    { status: 200, body: '' },
    { status: 200, body: '<html>' },
    { status: 502, body: '' },
  ] as const)('sends once more after a look: %j', async (fate) => {
    const graph = await graphWith(start, fate, 'ok');
    expect(await run(graph, name)).toEqual(done(payload));
    expect(graph.pi.effects()).toBe(1);
    expect(graph.pi.seen()).toEqual(['GET /payments/p1', post, 'GET /payments/p1', post]);
  });

  it('never sends a third time, and says that it does not know', async () => {
    const graph = await graphWith(start, 'html before');
    const answer = await run(graph, name);
    expect(answer).toEqual({
      data: {
        result: expect.objectContaining({
          __typename: 'OutcomeUnknownError',
          code: 'OUTCOME_UNKNOWN',
          idempotencyKey: null,
        }),
      },
    });
    expect(graph.pi.count('POST')).toBe(2);
    expect(graph.pi.seen().at(-1), 'the last word is a look').toBe('GET /payments/p1');
    graph.pi.meet('ok');
    expect(await run(graph, name), 'nothing stays locked').toEqual(done(payload));
  });

  it('does not send again when it cannot look', async () => {
    const graph = await graphWith(start, 'cut after');
    graph.pi.intercept(({ method }) =>
      method === 'GET' && graph.pi.count('POST') > 0 ? { status: 400, body: '' } : undefined,
    );
    expect((await run(graph, name)).data?.result?.__typename).toBe('OutcomeUnknownError');
    expect(graph.pi.count('POST')).toBe(1);
  });

  it.each([
    [
      { status: 429, body: '', headers: { 'retry-after': '20' } },
      { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 20_000, outcome: 'not_applied' },
    ],
    [
      { status: 401, body: { error: 'unauthorized' } },
      { code: 'UPSTREAM_AUTH_FAILED', retryable: false, outcome: 'not_applied' },
    ],
    [
      { status: 401, body: '' },
      { code: 'UPSTREAM_AUTH_FAILED', retryable: false, outcome: 'not_applied' },
    ],
  ])('passes a clear refusal on: %j', async (fate, extensions) => {
    const graph = await graphWith(start, fate);
    const answer = await run(graph, name, callers.ann);
    expect(answer.data?.result).toBeNull();
    expect(errorAt(answer, 'result').extensions).toMatchObject({
      ...extensions,
      provider: 'pi',
      requestId: expect.any(String),
    });
    expect(graph.pi.count('POST')).toBe(1);
  });

  it("tells Pi's words for people to operators, and not to the user whose payment it is", async () => {
    for (const [headers, told] of [
      [callers.operator, 'words for people'],
      [callers.ann, null],
    ] as const) {
      const graph = await graphWith(start, {
        status: 400,
        body: { error: 'missing_scope', error_message: told ?? 'words' },
      });
      const { data } = await run(graph, name, headers);
      expect([data?.result?.__typename, data?.result?.upstreamDetails]).toEqual(['InvalidInputError', told]);
    }
  });

  it('is told as a member of the union what the caller can act on', async () => {
    for (const [fate, typename, upstreamCode] of [
      [{ status: 404, body: { error: 'payment_not_found' } }, 'NotFoundError', 'payment_not_found'],
      [{ status: 400, body: { error: 'missing_scope' } }, 'InvalidInputError', 'missing_scope'],
      [{ status: 401, body: { error: 'missing_scope' } }, 'InvalidInputError', 'missing_scope'],
      [
        { status: 400, body: { error: 'verification_failed', verification_error: 'x' } },
        'ConflictError',
        'verification_failed',
      ],
    ] as const) {
      const graph = await graphWith(start, fate);
      expect(await run(graph, name)).toEqual({
        data: { result: expect.objectContaining({ __typename: typename, upstreamCode }) },
      });
      expect(graph.pi.effects()).toBe(0);
    }
  });

  it('is sent once for 20 at a time', async () => {
    const graph = await graphWith(start);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => run(graph, name, index % 2 ? callers.ann : callers.operator)),
    );
    for (const answer of answers) expect(answer).toEqual(done(payload));
    expect([graph.pi.count('POST'), graph.pi.effects()]).toEqual([1, 1]);
  });

  it('does not keep others waiting after it failed', async () => {
    const graph = await graphWith(start, { status: 429, body: '' }, 'ok');
    const [first, ...others] = await Promise.all(Array.from({ length: 3 }, () => run(graph, name)));
    expect(codesIn(first ?? {})).toEqual(['RATE_LIMITED']);
    for (const answer of others) expect(answer).toEqual(done(payload));
  });

  it('is finished for a client that leaves', async () => {
    const graph = await graphWith(start);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    graph.pi.intercept(async ({ method }) => {
      if (method === 'POST') await held;
      return undefined;
    });
    const url = `${await graph.app.listen()}/graphql`;
    const leaver = new AbortController();
    const left = fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...callers.ann },
      signal: leaver.signal,
      body: JSON.stringify({ query: mutations[name], variables: { input: inputOf(name) } }),
    }).catch((error: unknown) => error);
    await until(() => graph.pi.count('POST') === 1);
    leaver.abort();
    expect(await left).toBeInstanceOf(Error);
    const repeated = run(graph, name, callers.ann);
    release();
    expect(await repeated).toEqual(done(payload));
    expect([graph.pi.count('POST'), graph.pi.effects()]).toEqual([1, 1]);
  });

  it.each(['', '..', 'a/b', 'a?b', 'ä', 'x'.repeat(65), 'incomplete_server_payments', 'p1\n'])(
    'refuses the id %j with nothing sent',
    async (paymentId) => {
      const graph = await graphWith(start);
      const answer = await run(graph, name, callers.operator, { paymentId });
      expect(answer).toEqual({
        data: {
          result: expect.objectContaining({
            __typename: 'InvalidInputError',
            code: 'BAD_USER_INPUT',
            issues: [expect.objectContaining({ path: ['input', 'paymentId'] })],
          }),
        },
      });
      expect(graph.pi.seen()).toEqual([]);
    },
  );

  it('shows the changed payment to the next field of the operation', async () => {
    const graph = await graphWith(start);
    const answer = await graph.query<MutationData & { second: { payment: { state: string } } }>(
      `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { result: ${name}(input: $input) ` +
        `{ __typename } second: ${name}(input: $input) { ... on ${payload} { payment { state } } } }`,
      { input: inputOf(name) },
      callers.ann,
    );
    expect(answer.data).toEqual({ result: { __typename: payload }, second: { payment: { state } } });
    expect(graph.pi.count('POST')).toBe(1);
  });
});

describe('what a payment does not allow', () => {
  const payout = { direction: 'app_to_user' };
  const rows: readonly [string, Wire, Change, typename: string, user?: string][] = [
    ['approving a cancelled one', { status: flags('cancelled') }, 'approvePayment', 'ConflictError'],
    [
      'approving one that the user cancelled, approved or not',
      { status: flags('user_cancelled', 'developer_approved') },
      'approvePayment',
      'ConflictError',
    ],
    ['approving one of another network', { network: 'Pi Testnet' }, 'approvePayment', 'ConflictError'],
    ['approving one of a network that nobody knows', { network: 'Pi Moonnet' }, 'approvePayment', 'ConflictError'],
    [
      'completing one of a network that nobody knows',
      { network: 'Pi Moonnet', transaction: linked(TXID) },
      'completePayment',
      'ConflictError',
    ],
    ['approving a payout that is not approved', { ...payout, status: flags() }, 'approvePayment', 'ConflictError'],
    [
      'completing a cancelled one',
      { status: flags('cancelled'), transaction: linked(TXID) },
      'completePayment',
      'ConflictError',
    ],
    [
      'completing one of another network',
      { network: 'Pi Testnet', transaction: linked(TXID) },
      'completePayment',
      'ConflictError',
    ],
    [
      'completing one with another transaction',
      { transaction: linked(OTHER_TXID) },
      'completePayment',
      'ConflictError',
    ],
    [
      'completing one that another transaction completed',
      { status: flags('developer_completed'), transaction: linked(OTHER_TXID) },
      'completePayment',
      'ConflictError',
    ],
    [
      'completing a payout with another transaction',
      { ...payout, transaction: linked(OTHER_TXID) },
      'completePayment',
      'ConflictError',
      'FORBIDDEN',
    ],
    ['cancelling a completed one', { status: flags('developer_completed') }, 'cancelPayment', 'ConflictError'],
    ['cancelling one with a transaction', { transaction: linked(TXID, false) }, 'cancelPayment', 'ConflictError'],
    [
      'cancelling a completed payout',
      { ...payout, status: flags('developer_completed') },
      'cancelPayment',
      'ConflictError',
      'FORBIDDEN',
    ],
  ];

  it.each(rows)('%s', async (_name, start, name, typename, user) => {
    const graph = await graphWith(start);
    const byOperator = await run(graph, name);
    expect(byOperator).toEqual({
      data: {
        result: expect.objectContaining({
          __typename: typename,
          code: 'CONFLICT',
          payment: { paymentId: 'p1', state: expect.any(String) },
        }),
      },
    });
    const byUser = await run(graph, name, callers.ann);
    if (user === undefined) expect(byUser).toEqual(byOperator);
    else expect(codesIn(byUser)).toEqual([user]);
    expect(graph.pi.count('POST')).toBe(0);
  });

  it.each(names)('a user handles only what they pay: %s', async (name) => {
    for (const [direction, expected] of [
      ['app_to_user', name === 'approvePayment' ? [] : ['FORBIDDEN']],
      [undefined, ['FORBIDDEN']],
      ['sideways', ['FORBIDDEN']],
    ] as const) {
      const graph = await graphWith({ direction, status: flags('developer_approved') });
      expect(codesIn(await run(graph, name, callers.ann)), direction).toEqual(expected);
      expect(graph.pi.count('POST')).toBe(0);
    }
  });

  it('an operator approves a payout that is born approved, completes and cancels it', async () => {
    for (const [name, posts] of [
      ['approvePayment', 0],
      ['completePayment', 1],
      ['cancelPayment', 1],
    ] as const) {
      const graph = await graphWith({ ...payout, status: flags('developer_approved') });
      expect((await run(graph, name)).data?.result?.payment?.paymentId).toBe('p1');
      expect(graph.pi.count('POST')).toBe(posts);
    }
  });

  it('a network that Pi does not name is not compared, nor is any when none is configured', async () => {
    for (const name of names) {
      const graph = await graphWith({ ...changes[name].start, network: undefined });
      expect((await run(graph, name, callers.ann)).data?.result?.payment?.state).toBe(changes[name].state);
      const open = await startPaymentsGraph();
      open.pi.put('p1', { ...changes[name].start, network: 'Pi Testnet' });
      expect((await run(open, name, callers.ann)).data?.result?.payment?.state).toBe(changes[name].state);
    }
  });
});

describe('completePayment', () => {
  it.each(['', 'ab', TXID.slice(1), `${TXID}0`, `${TXID.slice(1)}g`, ` ${TXID.slice(1)}`])(
    'refuses the transaction id %j',
    async (txid) => {
      const graph = await graphWith({});
      expect(await run(graph, 'completePayment', callers.ann, { txid })).toEqual({
        data: {
          result: expect.objectContaining({
            __typename: 'InvalidInputError',
            issues: [{ path: ['input', 'txid'], message: expect.any(String) }],
          }),
        },
      });
      expect(graph.pi.count('GET /payments')).toBe(0);
    },
  );

  it('takes the id in either case, and compares it so', async () => {
    const graph = await graphWith({ transaction: linked(TXID) });
    expect(
      (await run(graph, 'completePayment', callers.ann, { txid: TXID.toUpperCase() })).data?.result?.payment?.state,
    ).toBe('COMPLETED');
    expect(graph.pi.requests.at(-1)?.body).toBe(`{"txid":"${TXID}"}`);
  });

  it('already_completed is success only by the same transaction', async () => {
    for (const [txid, typename] of [
      [TXID, 'CompletePaymentPayload'],
      [OTHER_TXID, 'ConflictError'],
    ] as const) {
      const graph = await graphWith({}, { status: 400, body: { error: 'already_completed' } });
      graph.pi.intercept(({ method }) => {
        if (method === 'POST')
          graph.pi.put('p1', { status: flags('developer_approved', 'developer_completed'), transaction: linked(txid) });
        return undefined;
      });
      const { data } = await run(graph, 'completePayment', callers.ann);
      expect(data?.result).toMatchObject({ __typename: typename, payment: { paymentId: 'p1', state: 'COMPLETED' } });
      expect(graph.pi.count('POST')).toBe(1);
    }
  });
});

describe('changes of different payments', () => {
  it('do not wait for one another', async () => {
    const graph = await graphWith({});
    graph.pi.put('p2');
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    graph.pi.intercept(async ({ path, method }) => {
      if (method === 'POST' && path.includes('p1')) await held;
      return undefined;
    });
    const slow = run(graph, 'approvePayment');
    await until(() => graph.pi.count('POST') === 1);
    const quick: GraphAnswer<MutationData> = await run(graph, 'approvePayment', callers.ann, { paymentId: 'p2' });
    expect(quick.data?.result?.payment?.paymentId).toBe('p2');
    release();
    expect((await slow).data?.result?.payment?.paymentId).toBe('p1');
  });
});
