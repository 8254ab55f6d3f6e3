import { describe, expect, it } from 'vitest';
import { gatewayKey } from '../support/create-test-app.js';
import type { FakeAnswer } from '../support/fake-upstream.js';
import { errorAt } from '../support/graph-pins.js';
import {
  change,
  closeAfterEach,
  finishPayouts,
  kindOf,
  pay,
  PI_SCOPES,
  startPaymentsGraph,
  TXID,
  type PaymentsGraph,
} from '../support/graph-payments.js';

closeAfterEach();

/** A page of somebody in between. */
const page = (status: number): FakeAnswer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: '<html>not from here</html>',
});
const json = (status: number): FakeAnswer => ({ status, body: { message: 'no Route matched with those values' } });
const words = (status: number, error: string): FakeAnswer => ({
  status,
  body: { error, error_message: 'by the edge' },
});
const key = { idempotencyKey: 'one' };
const settings = {
  PAYOUT_MAX_PER_CALL: '1.5',
  PAYOUT_MAX_PER_DAY: '1.5',
  GATEWAY_KEYS: gatewayKey(`${PI_SCOPES}+ops:read+ops:write`),
};

/** Carries a payout out, as the payment `made`. */
function carryOut(graph: PaymentsGraph, body: string, more: object = {}) {
  const { payment } = JSON.parse(body) as { payment: { uid: string } & Record<string, unknown> };
  const { uid, ...rest } = payment;
  return graph.pi.put('made', { ...rest, user_uid: uid, direction: 'app_to_user', ...more });
}

/** Closes the key by the word of people. */
async function resolve(graph: PaymentsGraph, applied: boolean): Promise<void> {
  const resolved = await graph.query<{ resolveOpenWrite: object }>(
    `mutation { resolveOpenWrite(input: { operation: "createPayment", idempotencyKey: "one", applied: ${applied} })
       { __typename } }`,
  );
  expect(resolved.data?.resolveOpenWrite).toEqual({ __typename: 'ResolveOpenWritePayload' });
}

/** Carries the next payout out, or not, and answers it with this. */
function answerWith(graph: PaymentsGraph, answer: FakeAnswer, made: boolean): void {
  graph.pi.intercept(({ method, path, body }) => {
    if (method !== 'POST' || !path.endsWith('/payments')) return undefined;
    graph.pi.intercept(undefined);
    if (made) carryOut(graph, body);
    return answer;
  });
}

async function openStates(graph: PaymentsGraph): Promise<unknown> {
  const { data } = await graph.query<{ openWrites: { nodes: object[] } }>(
    '{ openWrites(first: 9) { nodes { operation state } } }',
  );
  return data?.openWrites.nodes;
}

const told: [string, FakeAnswer, string][] = [
  ['a page with 401', page(401), 'UPSTREAM_AUTH_FAILED'],
  ['a 401 of a proxy', json(401), 'UPSTREAM_AUTH_FAILED'],
  ['an empty 401', { status: 401, body: '' }, 'UPSTREAM_AUTH_FAILED'],
  ['a page with 403', page(403), 'UPSTREAM_AUTH_FAILED'],
  ['a page with 429', page(429), 'RATE_LIMITED'],
  ['a 403 that says forbidden', { status: 403, body: { error: 'forbidden' } }, 'UPSTREAM_AUTH_FAILED'],
  ['a 403 that says more', words(403, 'forbidden'), 'UPSTREAM_AUTH_FAILED'],
  ['a 401 with words', words(401, 'unauthorized'), 'UPSTREAM_AUTH_FAILED'],
  ['a 429 with words', words(429, 'too_many_requests'), 'RATE_LIMITED'],
];
const untold: [string, FakeAnswer, string][] = [
  ['a page with 409', page(409), 'OutcomeUnknownError'],
  ['a page with 404', page(404), 'OutcomeUnknownError'],
  ['a 404 of a proxy', json(404), 'OutcomeUnknownError'],
  ['an empty 404', { status: 404, body: '' }, 'OutcomeUnknownError'],
  ['a 400 of a proxy', json(400), 'OutcomeUnknownError'],
  ['a 400 with words', words(400, 'invalid_request'), 'OutcomeUnknownError'],
  ['a 413 with words', words(413, 'payload_too_large'), 'OutcomeUnknownError'],
];

describe("a payout whose refusal is not in Pi's words", () => {
  it.each([...told, ...untold])(
    '(%s) is told so the first time, and its end stays open: listed, counted, never sent again',
    async (_what, answer, kind) => {
      const graph = await startPaymentsGraph(settings);
      answerWith(graph, answer, false);
      const first = await pay(graph, key);
      expect(kindOf(first)).toBe(kind);
      if (first.errors) {
        const { extensions, message } = errorAt(first, 'result');
        expect(extensions).toMatchObject({ outcome: 'unknown', upstreamStatus: answer.status });
        expect(message).toMatch(/may have been made.*the same idempotency key, and no other/);
      } else expect(first.data?.result).toMatchObject({ message: expect.not.stringMatching(/[Nn]othing was made/) });
      expect(await openStates(graph)).toEqual([{ operation: 'createPayment', state: 'UNKNOWN' }]);
      expect((await pay(graph, key)).data?.result).toMatchObject({
        __typename: 'OutcomeUnknownError',
        idempotencyKey: 'one',
      });
      expect(errorAt(await pay(graph, { idempotencyKey: 'two' }), 'result').extensions['code']).toBe('FORBIDDEN');
      expect(graph.pi.count('POST')).toBe(1);
    },
  );

  it.each([...told, ...untold])('(%s) and that was made is the answer', async (_what, answer) => {
    const graph = await startPaymentsGraph(settings);
    answerWith(graph, answer, true);
    for (let time = 0; time < 2; time += 1)
      expect((await pay(graph, key)).data?.result).toMatchObject({
        __typename: 'CreatePaymentPayload',
        payment: { paymentId: 'made' },
      });
    expect(graph.pi.count('POST')).toBe(1);
    expect(await openStates(graph)).toEqual([]);
  });

  const ends: [string, (graph: PaymentsGraph) => unknown, string][] = [
    ['completed elsewhere', finishPayouts, 'OutcomeUnknownError'],
    [
      'completed through the gateway',
      (graph) => change(graph, 'completePayment', { paymentId: 'made', txid: TXID }),
      'CreatePaymentPayload',
    ],
    [
      'cancelled through the gateway',
      (graph) => change(graph, 'cancelPayment', { paymentId: 'made' }),
      'CreatePaymentPayload',
    ],
    ['listed late', () => undefined, 'CreatePaymentPayload'],
  ];
  it.each(ends)('and that was made, and %s, is not made again', async (_end, finish, kind) => {
    for (const [, answer] of told) {
      const graph = await startPaymentsGraph(settings);
      let posted = false;
      graph.pi.intercept(({ method, path, body }) => {
        if (method === 'GET' && posted && path.endsWith('incomplete_server_payments'))
          return { body: { incomplete_server_payments: [] } };
        if (method !== 'POST' || posted) return undefined;
        posted = true;
        carryOut(graph, body);
        return answer;
      });
      await pay(graph, key);
      graph.pi.intercept(undefined);
      await finish(graph);
      expect(kindOf(await pay(graph, key))).toBe(kind);
      expect(graph.pi.payments.size).toBe(1);
      expect(
        graph.pi.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/payments')),
      ).toHaveLength(1);
    }
  });
});

describe("a payout that Pi's own words refuse", () => {
  it.each<[FakeAnswer, string]>([
    [{ status: 400, body: { error: 'too_many_cancelled_payments' } }, 'RATE_LIMITED'],
    [{ status: 429, body: { error: 'too_many_payments' } }, 'RATE_LIMITED'],
  ])('was not made: %j frees its key, and the cap has it back', async (answer, code) => {
    const graph = await startPaymentsGraph(settings);
    answerWith(graph, answer, false);
    const first = await pay(graph, key);
    expect(errorAt(first, 'result').extensions).toMatchObject({ code, outcome: 'not_applied' });
    await expect
      .poll(async () => kindOf(await pay(graph, key)), { timeout: 15_000, interval: 200 })
      .toBe('CreatePaymentPayload');
    expect([graph.pi.payments.size, graph.pi.count('POST')]).toEqual([1, 2]);
  });

  it('and that was made all the same is found by what was seen of it, when its key comes again', async () => {
    const graph = await startPaymentsGraph(settings);
    answerWith(graph, { status: 400, body: { error: 'missing_wallet' } }, true);
    expect((await pay(graph, key)).data?.result).toMatchObject({ __typename: 'InvalidInputError' });
    await change(graph, 'completePayment', { paymentId: 'made', txid: TXID });
    expect((await pay(graph, key)).data?.result).toMatchObject({ payment: { paymentId: 'made', state: 'COMPLETED' } });
    expect(graph.pi.payments.size).toBe(1);
  });

  it.each([null, {}, '{"gw_idem":"?"}'])(
    'because of a payment that may be it (metadata %j) is unknown, then found when its marker is seen, and made once',
    async (metadata) => {
      const graph = await startPaymentsGraph(settings);
      let hidden = false;
      graph.pi.intercept(({ method, body, path }) => {
        if (method === 'GET' && hidden) {
          const open = { ...graph.pi.payments.get('made'), metadata };
          return path.endsWith('/made') ? { body: open } : { body: { incomplete_server_payments: [] } };
        }
        if (method !== 'POST' || hidden) return undefined;
        hidden = true;
        const made = carryOut(graph, body, { created_at: new Date().toISOString() });
        return { status: 400, body: { error: 'ongoing_payment_found', payment: { ...made, metadata } } };
      });
      for (let time = 0; time < 2; time += 1) expect(kindOf(await pay(graph, key))).toBe('OutcomeUnknownError');
      expect(errorAt(await pay(graph, { idempotencyKey: 'two' }), 'result').extensions['code']).toBe('FORBIDDEN');
      graph.pi.intercept(undefined);
      finishPayouts(graph);
      expect((await pay(graph, key)).data?.result).toMatchObject({
        payment: { paymentId: 'made', state: 'COMPLETED' },
      });
      expect([graph.pi.payments.size, graph.pi.count('POST')]).toEqual([1, 1]);
    },
  );

  it('and that was told as stopped by another is found by its key once its marker was seen', async () => {
    const graph = await startPaymentsGraph(settings);
    let hidden = false;
    graph.pi.intercept(({ method, body }) => {
      if (method === 'GET' && hidden) return { body: { incomplete_server_payments: [] } };
      if (method !== 'POST' || hidden) return undefined;
      hidden = true;
      carryOut(graph, body);
      const other = { ...graph.pi.payments.get('made'), identifier: 'other', user_uid: 'somebody', metadata: {} };
      return { status: 400, body: { error: 'ongoing_payment_found', payment: other } };
    });
    expect((await pay(graph, key)).data?.result).toMatchObject({ reason: 'PAYOUT_OPEN' });
    graph.pi.intercept(undefined);
    await change(graph, 'completePayment', { paymentId: 'made', txid: TXID });
    for (let time = 0; time < 2; time += 1)
      expect((await pay(graph, key)).data?.result).toMatchObject({
        payment: { paymentId: 'made', state: 'COMPLETED' },
      });
    expect(graph.pi.payments.size).toBe(1);
  });

  it('and whose key people have closed stays closed by their word, also once its marker was seen', async () => {
    const graph = await startPaymentsGraph(settings);
    graph.pi.intercept(({ method, body }) => {
      if (method === 'GET') return { body: { incomplete_server_payments: [] } };
      carryOut(graph, body);
      return page(403);
    });
    await pay(graph, key);
    await resolve(graph, true);
    graph.pi.intercept(undefined);
    await change(graph, 'completePayment', { paymentId: 'made', txid: TXID });
    expect(kindOf(await pay(graph, key))).toBe('ConflictError');
    expect(graph.pi.payments.size).toBe(1);
  });

  it('and whose key people have freed goes out again though a cancelled payment carries its marker', async () => {
    const graph = await startPaymentsGraph({ ...settings, PAYOUT_MAX_PER_DAY: '3' });
    let hidden = false;
    graph.pi.intercept(({ method, body }) => {
      if (method === 'GET' && hidden) return { body: { incomplete_server_payments: [] } };
      if (method !== 'POST' || hidden) return undefined;
      hidden = true;
      carryOut(graph, body);
      return page(403);
    });
    await pay(graph, key);
    graph.pi.intercept(undefined);
    await change(graph, 'cancelPayment', { paymentId: 'made' });
    await resolve(graph, false);
    const again = await pay(graph, key);
    expect(kindOf(again)).toBe('CreatePaymentPayload');
    expect(again.data?.result?.payment?.paymentId).not.toBe('made');
    expect(graph.pi.payments.size).toBe(2);
  });

  it.each(['open', 'completed'] as const)(
    'and whose key people have freed too early sends nothing while that payment is there, %s',
    async (state) => {
      const graph = await startPaymentsGraph({ ...settings, PAYOUT_MAX_PER_DAY: '3' });
      let hidden = false;
      graph.pi.intercept(({ method, body }) => {
        if (method === 'GET' && hidden) return { body: { incomplete_server_payments: [] } };
        if (method !== 'POST' || hidden) return undefined;
        hidden = true;
        carryOut(graph, body);
        return page(403);
      });
      await pay(graph, key);
      await resolve(graph, false);
      graph.pi.intercept(undefined);
      if (state === 'completed') await change(graph, 'completePayment', { paymentId: 'made', txid: TXID });
      for (let time = 0; time < 2; time += 1)
        expect((await pay(graph, key)).data?.result).toMatchObject({
          __typename: 'ConflictError',
          reason: 'DUPLICATE',
          payment: { paymentId: 'made' },
        });
      expect(graph.pi.payments.size).toBe(1);
      if (state === 'completed') return;
      await change(graph, 'cancelPayment', { paymentId: 'made' });
      expect((await pay(graph, key)).data?.result?.payment?.paymentId).not.toBe('made');
      expect(graph.pi.payments.size).toBe(2);
    },
  );

  it('and whose key people have freed waits for the second look where the list is late', async () => {
    const graph = await startPaymentsGraph({ ...settings, PAYOUT_MAX_PER_DAY: '3', READBACK_DELAY_MS: '100' });
    // How often the list is still without what was made.
    let late = 0;
    graph.pi.intercept(({ method, path, body }, response) => {
      if (path.endsWith('/incomplete_server_payments') && late > 0) {
        late -= 1;
        return { body: { incomplete_server_payments: [] } };
      }
      if (method !== 'POST' || !path.endsWith('/payments')) return undefined;
      const { payment } = JSON.parse(body) as { payment: { uid: string } };
      const id = `made-${graph.pi.payments.size}`;
      graph.pi.put(id, { ...payment, user_uid: payment.uid, direction: 'app_to_user' });
      late = graph.pi.payments.size === 1 ? 2 : 1;
      response.destroy();
      return 'handled';
    });
    expect(kindOf(await pay(graph, key))).toBe('OutcomeUnknownError');
    await change(graph, 'cancelPayment', { paymentId: 'made-0' });
    await resolve(graph, false);
    expect((await pay(graph, key)).data?.result?.payment).toMatchObject({ paymentId: 'made-1', state: 'CREATED' });
  });
});

describe('the open list that is read before a payout', () => {
  it.each<[FakeAnswer, string]>([
    [{ status: 404, body: { error: 'payment_not_found' } }, 'UPSTREAM_INVALID_RESPONSE'],
    [json(404), 'UPSTREAM_INVALID_RESPONSE'],
    [json(400), 'UPSTREAM_INVALID_RESPONSE'],
    [page(409), 'UPSTREAM_INVALID_RESPONSE'],
    [json(401), 'UPSTREAM_AUTH_FAILED'],
    [page(403), 'UPSTREAM_AUTH_FAILED'],
    [{ status: 429, body: '', headers: { 'retry-after': '60' } }, 'RATE_LIMITED'],
  ])('fails as the provider, not as the user, with %j', async (answer, code) => {
    const graph = await startPaymentsGraph(settings);
    graph.pi.intercept(({ method }) => (method === 'GET' ? answer : undefined));
    expect(errorAt(await pay(graph, key), 'result').extensions).toMatchObject({ code, outcome: 'not_applied' });
    expect(graph.pi.count('POST')).toBe(0);
  });
});
