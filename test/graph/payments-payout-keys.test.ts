import { afterEach, describe, expect, it, vi } from 'vitest';
import { gatewayKey } from '../support/create-test-app.js';
import { errorAt } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import {
  BEN,
  callers,
  closeAfterEach,
  finishPayouts,
  kindOf,
  pay,
  PI_SCOPES,
  sentBodies,
  startPaymentsGraph,
  type Fate,
  type Wire,
} from '../support/graph-payments.js';
import { flags } from '../providers/pi-support.js';

closeAfterEach();
afterEach(() => {
  vi.useRealTimers();
});

const LIST = 'GET /payments/incomplete_server_payments';
const CREATE = 'POST /payments';
const noQuarantine = { RESEND_QUARANTINE_MS: '0' };

describe('an idempotency key', () => {
  it('replays a success without sending, with the payment as it is now', async () => {
    const graph = await startPaymentsGraph();
    const first = await pay(graph, { idempotencyKey: 'same' });
    const again = await pay(graph, { idempotencyKey: 'same' });
    expect(again).toEqual(first);
    finishPayouts(graph);
    expect((await pay(graph, { idempotencyKey: 'same' })).data?.result?.payment).toMatchObject({
      paymentId: first.data?.result?.payment?.paymentId,
      state: 'COMPLETED',
    });
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('replays a success also when the payment cannot be read just now', async () => {
    const graph = await startPaymentsGraph();
    await pay(graph, { idempotencyKey: 'same' });
    graph.pi.intercept(() => ({ status: 400, body: '' }));
    const answer = await pay(graph, { idempotencyKey: 'same' });
    expect(answer.data?.result).toEqual({ __typename: 'CreatePaymentPayload', payment: null });
    const { extensions } = errorAt(answer, 'result', 'payment');
    expect(extensions).toMatchObject({ provider: 'pi' });
    expect(extensions, 'the payout was applied').not.toHaveProperty('outcome');
  });

  it('is one payout for 20 at a time', async () => {
    const graph = await startPaymentsGraph();
    const answers = await Promise.all(Array.from({ length: 20 }, () => pay(graph, { idempotencyKey: 'same' })));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toHaveProperty('size', 1);
    expect([graph.pi.count('POST'), graph.pi.effects()]).toEqual([1, 1]);
  });

  it('with another input is refused', async () => {
    const graph = await startPaymentsGraph();
    await pay(graph, { idempotencyKey: 'same' });
    for (const changes of [{ amount: 2 }, { memo: 'Other' }, { userUid: 'other' }, { metadata: { order: 8 } }]) {
      expect(errorAt(await pay(graph, { idempotencyKey: 'same', ...changes }), 'result').extensions).toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
        retryable: false,
      });
    }
    expect(
      kindOf(await pay(graph, { idempotencyKey: 'same', amount: 1.5 })),
      'the same number, written otherwise',
    ).toBe('CreatePaymentPayload');
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('waits for one that runs, and then says so', async () => {
    const graph = await startPaymentsGraph({ WRITE_TIMEOUT_MS: '5000' });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    graph.pi.intercept(async ({ method }) => {
      if (method === 'POST') await held;
      return undefined;
    });
    const first = pay(graph, { idempotencyKey: 'same' });
    await until(() => graph.pi.count('POST') === 1);
    expect(errorAt(await pay(graph, { idempotencyKey: 'same' }), 'result').extensions).toMatchObject({
      code: 'IDEMPOTENCY_IN_PROGRESS',
      retryable: true,
    });
    release();
    expect(kindOf(await first)).toBe('CreatePaymentPayload');
    expect(graph.pi.count('POST')).toBe(1);
  });

  it("is the operator's own, whatever else comes along", async () => {
    const graph = await startPaymentsGraph({
      GATEWAY_KEYS: [gatewayKey(PI_SCOPES), gatewayKey(PI_SCOPES, 'second', 'second')].join(','),
    });
    const first = await pay(graph, { idempotencyKey: 'same' });
    finishPayouts(graph);
    for (const more of [callers.ann, callers.ben, { 'x-pinning-token': 'pin' }]) {
      expect(
        (await pay(graph, { idempotencyKey: 'same' }, { ...callers.operator, ...more })).data?.result?.payment
          ?.paymentId,
      ).toBe(first.data?.result?.payment?.paymentId);
    }
    expect(graph.pi.count('POST')).toBe(1);
    const other = await pay(graph, { idempotencyKey: 'same' }, { 'x-gateway-key': 'second' });
    expect(other.data?.result?.payment?.paymentId).not.toBe(first.data?.result?.payment?.paymentId);
    const markers = sentBodies(graph).map(
      (body) => (JSON.parse(body) as { payment: { metadata: Wire } }).payment.metadata['gw_idem'],
    );
    expect(new Set(markers).size).toBe(2);
  });
});

describe('a lost answer', () => {
  it.each(['cut after', 'half', '500 after', 'html after', 'empty after', 'redirect after', 'silence after'] as const)(
    'is found in the list: %s',
    async (fate) => {
      const graph = await startPaymentsGraph(fate === 'silence after' ? { WRITE_TIMEOUT_MS: '1000' } : {});
      graph.pi.meet(fate);
      expect((await pay(graph)).data?.result).toMatchObject({
        __typename: 'CreatePaymentPayload',
        payment: { amount: '1.5', metadata: { order: 7 } },
      });
      expect(graph.pi.seen()).toEqual([LIST, CREATE, LIST]);
    },
  );

  it('without an effect is unknown after two looks, and its key never sends again', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 2, 9, 12) });
    const graph = await startPaymentsGraph();
    graph.pi.meet('cut before', 'ok');
    const unknown = { __typename: 'OutcomeUnknownError', code: 'OUTCOME_UNKNOWN', idempotencyKey: 'same' };
    expect((await pay(graph, { idempotencyKey: 'same' })).data?.result).toMatchObject(unknown);
    expect(graph.pi.seen()).toEqual([LIST, CREATE, LIST, LIST]);
    for (const passed of [59_000, 2_000, 12 * 3_600_000]) {
      vi.setSystemTime(Date.now() + passed);
      expect((await pay(graph, { idempotencyKey: 'same' })).data?.result, 'looks only').toMatchObject(unknown);
    }
    expect(graph.pi.seen().slice(4)).toEqual([LIST, LIST, LIST, LIST, LIST, LIST]);
    expect(graph.pi.effects()).toBe(0);
  });

  it('of a payout that was finished elsewhere pays no second time', async () => {
    const graph = await startPaymentsGraph(noQuarantine);
    graph.pi.meet('cut after', 'ok');
    graph.pi.intercept(({ method }) =>
      method === 'GET' && graph.pi.effects() === 1 ? { status: 400, body: '' } : undefined,
    );
    expect(kindOf(await pay(graph, { idempotencyKey: 'same' }))).toBe('OutcomeUnknownError');
    graph.pi.intercept(undefined);
    finishPayouts(graph);
    expect(kindOf(await pay(graph, { idempotencyKey: 'same' }))).toBe('OutcomeUnknownError');
    expect([graph.pi.count('POST'), graph.pi.effects()]).toEqual([1, 1]);
  });

  it('is not sent again while a look fails', async () => {
    const graph = await startPaymentsGraph(noQuarantine);
    graph.pi.meet('cut before', 'ok');
    await pay(graph, { idempotencyKey: 'same' });
    let looks = 0;
    graph.pi.intercept(({ method }) =>
      method === 'GET' && (looks += 1) === 2 ? { status: 400, body: '' } : undefined,
    );
    expect(kindOf(await pay(graph, { idempotencyKey: 'same' }))).toBe('OutcomeUnknownError');
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('that took effect late is found, not paid twice', async () => {
    const graph = await startPaymentsGraph(noQuarantine);
    let late: string | undefined;
    graph.pi.intercept((request, response) => {
      if (request.method !== 'POST') return undefined;
      late = request.body;
      response.destroy();
      return 'handled';
    });
    expect(kindOf(await pay(graph, { idempotencyKey: 'same' }))).toBe('OutcomeUnknownError');
    graph.pi.intercept(undefined);
    const { uid, ...asked } = (JSON.parse(late ?? '') as { payment: Wire }).payment;
    graph.pi.put('late', { ...asked, user_uid: uid, direction: 'app_to_user', status: flags('developer_approved') });
    expect((await pay(graph, { idempotencyKey: 'same' })).data?.result).toMatchObject({
      __typename: 'CreatePaymentPayload',
      payment: { paymentId: 'late' },
    });
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('of a process that is gone is found by the marker', async () => {
    const graph = await startPaymentsGraph();
    const first = await pay(graph, { idempotencyKey: 'same' });
    const later = await startPaymentsGraph({ PI_BASE_URL: `${graph.pi.url}/v2` });
    expect((await pay(later, { idempotencyKey: 'same' })).data?.result).toEqual(first.data?.result);
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('is finished for a client that leaves, and replayed when it comes back', async () => {
    const graph = await startPaymentsGraph();
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
    const text = `mutation { createPayment(input: { userUid: "${BEN}", amount: 1, memo: "m", idempotencyKey: "same" }) { __typename } }`;
    const left = fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...callers.operator },
      signal: leaver.signal,
      body: JSON.stringify({ query: text }),
    }).catch((error: unknown) => error);
    await until(() => graph.pi.count('POST') === 1);
    leaver.abort();
    expect(await left).toBeInstanceOf(Error);
    const again = graph.query(text);
    release();
    expect(await again).toEqual({ data: { createPayment: { __typename: 'CreatePaymentPayload' } } });
    expect(graph.pi.effects()).toBe(1);
  });
});

describe('an open payout', () => {
  const ongoing = (payment?: Wire): Fate => ({ status: 400, body: { error: 'ongoing_payment_found', payment } });

  it('of ours is the answer', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.intercept((request) => {
      if (request.method !== 'POST') return undefined;
      const { uid, ...asked } = (JSON.parse(request.body) as { payment: Wire }).payment;
      const payment = graph.pi.put('ours', {
        ...asked,
        user_uid: uid,
        direction: 'app_to_user',
        status: flags('developer_approved'),
      });
      return { status: 400, body: { error: 'ongoing_payment_found', payment } };
    });
    expect((await pay(graph)).data?.result).toMatchObject({
      __typename: 'CreatePaymentPayload',
      payment: { paymentId: 'ours' },
    });
  });

  it('of another is shown, now and when the key comes again', async () => {
    const graph = await startPaymentsGraph();
    const other = graph.pi.put('other', {
      direction: 'app_to_user',
      user_uid: BEN,
      metadata: { gw_idem: 'another marker' },
      status: flags('developer_approved'),
    });
    for (const fate of [ongoing(other), ongoing()]) {
      graph.pi.meet(fate, 'ok');
      const key = `open-${JSON.stringify(fate).length}`;
      const first = await pay(graph, { idempotencyKey: key });
      expect(first.data?.result).toMatchObject({
        __typename: 'ConflictError',
        code: 'CONFLICT',
        upstreamCode: 'ongoing_payment_found',
        payment: { paymentId: 'other', state: 'APPROVED' },
      });
      const posts = graph.pi.count('POST');
      expect(first.data?.result).toMatchObject({
        reason: 'PAYOUT_OPEN',
        message: expect.stringContaining('PAYOUT_OPEN'),
      });
      const again = await pay(graph, { idempotencyKey: key });
      expect(again.data?.result).toMatchObject({
        reason: 'PAYOUT_OPEN',
        upstreamCode: 'ongoing_payment_found',
        message: expect.stringContaining('a new key asks anew'),
        payment: { paymentId: 'other', state: 'APPROVED' },
      });
      expect(graph.pi.count('POST')).toBe(posts);
      expect(JSON.stringify(first)).not.toContain('another marker');
    }
  });

  it('of another is told with the way out: once it is finished a new key pays, and the old one never does', async () => {
    const graph = await startPaymentsGraph();
    await pay(graph, { idempotencyKey: 'A' });
    graph.pi.meet(ongoing(), 'ok');
    const refused = await pay(graph, { idempotencyKey: 'B' });
    expect(refused.data?.result).toMatchObject({
      reason: 'PAYOUT_OPEN',
      message: expect.stringMatching(/complete or cancel that one first.*Nothing was made.*ask with a new key/),
    });
    finishPayouts(graph);
    expect(kindOf(await pay(graph, { idempotencyKey: 'B' })), 'its own key stays refused').toBe('ConflictError');
    expect(graph.pi.effects()).toBe(1);
    expect(kindOf(await pay(graph, { idempotencyKey: 'B2' }))).toBe('CreatePaymentPayload');
    finishPayouts(graph);
    expect(kindOf(await pay(graph, { idempotencyKey: 'B' }))).toBe('ConflictError');
    expect([graph.pi.count('POST'), graph.pi.effects()]).toEqual([3, 2]);
  });

  it('that our sending made otherwise than asked is no refusal: no new key is advised, and it counts for the day', async () => {
    const graph = await startPaymentsGraph({ PAYOUT_MAX_PER_CALL: '2', PAYOUT_MAX_PER_DAY: '2' });
    graph.pi.meet('cut after', 'ok');
    graph.pi.intercept(({ method }) => {
      for (const [id, one] of method === 'GET' ? graph.pi.payments : [])
        graph.pi.payments.set(id, { ...one, amount: 9 });
      return undefined;
    });
    for (const said of [/is there, and is not as asked/, /answered before/]) {
      const { result } = (await pay(graph, { idempotencyKey: 'same' })).data ?? {};
      expect(result).toMatchObject({ reason: 'NOT_AS_EXPECTED', message: expect.stringMatching(said) });
      expect(result?.message).not.toMatch(/nothing was (sent|made)\.|new key (asks|pays)|ask with a new key/i);
    }
    graph.pi.intercept(undefined);
    finishPayouts(graph);
    expect(errorAt(await pay(graph, { idempotencyKey: 'other' }), 'result').extensions['code']).toBe('FORBIDDEN');
    expect(graph.pi.effects()).toBe(1);
  });

  it('with our marker and another amount is a conflict, and nothing is sent', async () => {
    const graph = await startPaymentsGraph();
    await pay(graph, { idempotencyKey: 'same' });
    const [[id, payment] = ['', {}]] = graph.pi.payments;
    graph.pi.payments.set(id, { ...payment, amount: 9 });
    const later = await startPaymentsGraph({ PI_BASE_URL: `${graph.pi.url}/v2` });
    expect((await pay(later, { idempotencyKey: 'same' })).data?.result).toMatchObject({
      __typename: 'ConflictError',
      payment: { paymentId: id },
    });
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('with our marker that a user made is not ours', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.intercept(({ method, path }) => {
      if (method !== 'GET' || !path.endsWith('incomplete_server_payments')) return undefined;
      const payments = [...graph.pi.payments.values()].map((one) => ({ ...one, direction: 'user_to_app' }));
      return { body: { incomplete_server_payments: payments } };
    });
    graph.pi.meet('cut after');
    expect(kindOf(await pay(graph, { idempotencyKey: 'same' }))).toBe('OutcomeUnknownError');
  });
});
