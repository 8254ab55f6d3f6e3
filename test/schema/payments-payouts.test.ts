import { afterEach, describe, expect, it, vi } from 'vitest';
import { gatewayKey, type GraphAnswer } from '../support/create-test-app.js';
import { codesIn, errorAt, until } from '../support/graph-pins.js';
import {
  BEN, callers, change, closeAfterEach, PI_SCOPES, startPaymentsGraph, type Fate, type MutationData, type PaymentsGraph, type Wire,
} from '../support/graph-payments.js';
import { flags } from '../providers/pi-support.js';

closeAfterEach();
afterEach(() => { vi.useRealTimers(); });

const LIST = 'GET /payments/incomplete_server_payments';
const CREATE = 'POST /payments';
let keys = 0;
const input = (changes: object = {}) => ({ userUid: BEN, amount: '1.5', memo: 'Thanks', metadata: { order: 7 }, idempotencyKey: `key-${(keys += 1)}`, ...changes });
const pay = (graph: PaymentsGraph, changes: object = {}, headers: Record<string, string> = callers.operator) => change(graph, 'createPayment', input(changes), headers);
/** The one payout that was sent, as it went out. */
const sentBodies = (graph: PaymentsGraph) => graph.pi.requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
const issuePaths = (answer: GraphAnswer<MutationData>) => answer.data?.result?.issues?.map(({ path }) => path.join('.'));
const kind = (answer: GraphAnswer<MutationData>) => answer.data?.result?.__typename ?? codesIn(answer)[0];
/** Finishes every open payout, so that the next may begin. */
function finish(graph: PaymentsGraph): void {
  for (const [id, payment] of graph.pi.payments) graph.pi.payments.set(id, { ...payment, status: flags('developer_approved', 'developer_completed') });
}
const noQuarantine = { RESEND_QUARANTINE_MS: '0' };

describe('a payout', () => {
  it('looks, sends once, and hides its marker', async () => {
    const graph = await startPaymentsGraph();
    const answer = await pay(graph);
    expect(answer.data?.result).toMatchObject({ __typename: 'CreatePaymentPayload', payment: { amount: '1.5', memo: 'Thanks', metadata: { order: 7 }, direction: 'APP_TO_USER', userUid: BEN, state: 'APPROVED' } });
    expect(graph.pi.seen()).toEqual([LIST, CREATE]);
    const { payment } = JSON.parse(sentBodies(graph)[0] ?? '') as { payment: Wire };
    expect(payment).toEqual({ uid: BEN, amount: 1.5, memo: 'Thanks', metadata: { order: 7, gw_idem: expect.stringMatching(/^[0-9a-f]{32}$/) } });
    const id = answer.data?.result?.payment?.paymentId;
    expect(JSON.stringify(await graph.query(`{ payment(paymentId: "${id}") { metadata } incompleteServerPayments { metadata } }`))).not.toContain('gw_idem');
  });

  it('takes no metadata for {}', async () => {
    const graph = await startPaymentsGraph();
    for (const metadata of [undefined, null]) {
      expect((await pay(graph, { metadata })).data?.result?.payment?.metadata).toEqual({});
      finish(graph);
    }
  });

  it.each([
    ['"0.0000001"', '0.0000001'], ['0.0000001', '0.0000001'], ['1e-7', '0.0000001'], ['"1E-7"', '0.0000001'], ['"+2.50"', '2.5'], ['3', '3'], ['"3.1415926"', '3.1415926'],
    ['0.1234567', '0.1234567'], ['"000.5"', '0.5'], ['1e0', '1'],
  ])('of %s is exact, as a literal and as a variable', async (text, exact) => {
    const graph = await startPaymentsGraph();
    const literal = await graph.query<MutationData>(`mutation { result: createPayment(input: { userUid: "${BEN}", amount: ${text}, memo: "m", idempotencyKey: "k" }) { __typename ... on CreatePaymentPayload { payment { amount } } } }`);
    expect(literal.data?.result?.payment?.amount).toBe(exact);
    finish(graph);
    expect((await pay(graph, { amount: JSON.parse(text) as unknown })).data?.result?.payment?.amount).toBe(exact);
    for (const body of sentBodies(graph)) expect(body).toContain(`"amount":${exact},`);
  });

  it.each([['"0.00000001"'], ['0.00000001'], ['"1.00000001"'], ['0'], ['"-1"'], ['-1'], ['"0.0"'], ['"-0"'], ['"1000000000000"']])('of %s is InvalidInputError, with nothing sent', async (text) => {
    const graph = await startPaymentsGraph();
    const answer = await pay(graph, { amount: JSON.parse(text) as unknown });
    expect(answer.data?.result).toMatchObject({ __typename: 'InvalidInputError', code: 'BAD_USER_INPUT' });
    expect(issuePaths(answer)).toEqual(['input.amount']);
    expect(graph.pi.seen()).toEqual([]);
  });

  it.each([['""'], ['"x"'], ['"1,5"'], ['"1e99"'], ['true'], ['null'], ['[1]'], ['"Infinity"'], ['0.12345678901234567']])('of %s is no Decimal', async (text) => {
    const graph = await startPaymentsGraph();
    const answer = await pay(graph, { amount: JSON.parse(text) as unknown });
    expect(codesIn(answer)).toEqual(['BAD_USER_INPUT']);
    expect(graph.pi.seen()).toEqual([]);
  });

  it('names everything that is wrong with its input', async () => {
    const graph = await startPaymentsGraph();
    const faults: readonly [object, string[]][] = [
      [{ memo: '' }, ['input.memo']], [{ memo: '  ' }, ['input.memo']], [{ memo: 'ä'.repeat(513) }, ['input.memo']],
      [{ userUid: ' ' }, ['input.userUid']], [{ userUid: 'x'.repeat(129) }, ['input.userUid']],
      [{ metadata: { gw_idem: 'mine' } }, ['input.metadata.gw_idem']], [{ metadata: { big: 'x'.repeat(16_384) } }, ['input.metadata']],
      [{ idempotencyKey: '' }, ['input.idempotencyKey']], [{ idempotencyKey: 'x'.repeat(256) }, ['input.idempotencyKey']], [{ idempotencyKey: 'a\nb' }, ['input.idempotencyKey']],
      [{ memo: '', amount: 0, userUid: '', metadata: { gw_idem: 1 } }, ['input.amount', 'input.userUid', 'input.memo', 'input.metadata.gw_idem']],
    ];
    for (const [changes, paths] of faults) {
      const answer = await pay(graph, changes);
      expect(answer.data?.result, JSON.stringify(changes).slice(0, 80)).toMatchObject({ __typename: 'InvalidInputError' });
      expect(issuePaths(answer)).toEqual(paths);
    }
    expect(codesIn(await graph.query('mutation { createPayment(input: { userUid: "u", amount: 1, memo: "m" }) { __typename } }')).length).toBe(1);
    expect(graph.pi.seen()).toEqual([]);
    expect(kind(await pay(graph, { memo: 'x'.repeat(1_024), idempotencyKey: 'ü'.repeat(255) })), 'the limits themselves').toBe('CreatePaymentPayload');
  });

  it('is never a user\'s', async () => {
    const graph = await startPaymentsGraph();
    expect(codesIn(await pay(graph, {}, callers.ben))).toEqual(['FORBIDDEN']);
    expect(codesIn(await pay(graph, {}, { ...callers.ben, ...callers.pinOperator }))).toEqual(['FORBIDDEN']);
    expect(graph.pi.seen()).toEqual([]);
  });

  it.each([
    ['user_not_found', 404, 'NotFoundError'], ['missing_scope', 401, 'InvalidInputError'], ['missing_wallet', 400, 'InvalidInputError'], ['invalid_address', 400, 'InvalidInputError'],
    ['feature_not_available', 400, 'InvalidInputError'], ['altered_amount', 400, 'ConflictError'],
  ])('refused for %s says so, and says it again without sending', async (error, status, typename) => {
    const graph = await startPaymentsGraph();
    graph.pi.meet({ status, body: { error, error_message: 'text for people' } }, 'ok');
    for (let round = 0; round < 2; round += 1) {
      const answer = await pay(graph, { idempotencyKey: 'same' });
      expect(answer).toEqual({ data: { result: expect.objectContaining({ __typename: typename, upstreamCode: error }) } });
      expect(JSON.stringify(answer)).not.toContain('people');
    }
    expect(graph.pi.count('POST')).toBe(1);
    expect(kind(await pay(graph, { idempotencyKey: 'another' }))).toBe('CreatePaymentPayload');
  });

  it.each([
    [{ status: 400, body: { error: 'too_many_payments' } }, { code: 'RATE_LIMITED', upstreamCode: 'too_many_payments' }],
    [{ status: 401, body: { error: 'unauthorized' } }, { code: 'UPSTREAM_AUTH_FAILED' }],
    [{ status: 429, body: '', headers: { 'retry-after': '1' } }, { code: 'RATE_LIMITED', retryAfterMs: 1_000 }],
  ] as const)('that met a limit or a refused key was not applied, and may be sent again: %j', async (fate, extensions) => {
    const graph = await startPaymentsGraph();
    graph.pi.meet(fate, 'ok');
    const answer = await pay(graph, { idempotencyKey: 'same' });
    expect(errorAt(answer, 'result').extensions).toMatchObject({ ...extensions, outcome: 'not_applied', provider: 'pi' });
    expect(graph.pi.count('POST')).toBe(1);
    expect(kind(await pay(graph, { idempotencyKey: 'same' }))).toBe('CreatePaymentPayload');
  });
});

describe('caps', () => {
  it('per call and per day, and both 0 is off', async () => {
    for (const settings of [{ PAYOUT_MAX_PER_CALL: '' }, { PAYOUT_MAX_PER_DAY: '' }, { PAYOUT_MAX_PER_CALL: '0', PAYOUT_MAX_PER_DAY: '5' }, { PAYOUT_MAX_PER_CALL: '0.0', PAYOUT_MAX_PER_DAY: '0' }]) {
      const graph = await startPaymentsGraph(settings);
      const answer = await pay(graph, { amount: '0.0000001' });
      expect(errorAt(answer, 'result').extensions).toMatchObject({ code: 'FORBIDDEN', retryable: false });
      expect(graph.pi.seen()).toEqual([]);
    }
    const graph = await startPaymentsGraph({ PAYOUT_MAX_PER_CALL: '0.5', PAYOUT_MAX_PER_DAY: '1' });
    expect(kind(await pay(graph, { amount: '0.5000001' }))).toBe('FORBIDDEN');
    expect(graph.pi.seen()).toEqual([]);
    for (const [amount, expected] of [['0.5', 'CreatePaymentPayload'], ['0.4999999', 'CreatePaymentPayload'], ['0.0000002', 'FORBIDDEN'], ['0.0000001', 'CreatePaymentPayload'], ['0.0000001', 'FORBIDDEN']]) {
      expect(kind(await pay(graph, { amount })), amount).toBe(expected);
      finish(graph);
    }
    expect(graph.pi.count('POST')).toBe(3);
  });

  it('begin anew at midnight UTC', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 2, 9, 23, 59, 58) });
    const graph = await startPaymentsGraph({ PAYOUT_MAX_PER_CALL: '1', PAYOUT_MAX_PER_DAY: '1' });
    expect(kind(await pay(graph, { amount: 1 }))).toBe('CreatePaymentPayload');
    finish(graph);
    expect(kind(await pay(graph, { amount: 1 }))).toBe('FORBIDDEN');
    vi.setSystemTime(Date.UTC(2026, 2, 10));
    expect(kind(await pay(graph, { amount: 1 }))).toBe('CreatePaymentPayload');
  });

  const oncePerDay = { PAYOUT_MAX_PER_CALL: '1', PAYOUT_MAX_PER_DAY: '1' };
  it.each<[string, Fate]>([
    ['refused', { status: 400, body: { error: 'missing_scope' } }], ['limited', { status: 429, body: '' }], ['refused for its key', { status: 401, body: '' }],
    ['stopped by an open one', { status: 400, body: { error: 'ongoing_payment_found' } }],
  ])('get the amount back of one that was %s', async (_name, fate) => {
    const graph = await startPaymentsGraph(oncePerDay);
    graph.pi.meet(fate, 'ok');
    expect(kind(await pay(graph, { amount: 1 }))).not.toBe('CreatePaymentPayload');
    expect(kind(await pay(graph, { amount: 1 }))).toBe('CreatePaymentPayload');
  });

  it.each<[string, Wire]>([['failed', { status: 500, body: '' }], ['made no sense', { status: 200, body: '<html>' }], ['was refused', { status: 401, body: '' }]])('get the amount back of one whose look beforehand %s', async (_name, reply) => {
    const graph = await startPaymentsGraph(oncePerDay);
    graph.pi.intercept(() => reply);
    const answer = await pay(graph, { amount: 1 });
    expect(errorAt(answer, 'result').extensions).toMatchObject({ outcome: 'not_applied', provider: 'pi' });
    graph.pi.intercept(undefined);
    expect(kind(await pay(graph, { amount: 1 }))).toBe('CreatePaymentPayload');
  });

  it('keep counting one whose end is unclear', async () => {
    const graph = await startPaymentsGraph(oncePerDay);
    graph.pi.meet('500 before', 'ok');
    expect(kind(await pay(graph, { amount: 1 }))).toBe('OutcomeUnknownError');
    expect(kind(await pay(graph, { amount: 1 }))).toBe('FORBIDDEN');
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('count one that is sent again once', async () => {
    const graph = await startPaymentsGraph({ ...oncePerDay, ...noQuarantine });
    graph.pi.meet('500 before', 'ok');
    expect(kind(await pay(graph, { amount: 1, idempotencyKey: 'same' }))).toBe('OutcomeUnknownError');
    expect(kind(await pay(graph, { amount: 1, idempotencyKey: 'same' }))).toBe('CreatePaymentPayload');
    expect(graph.pi.effects()).toBe(1);
    finish(graph);
    expect(kind(await pay(graph, { amount: '0.0000001' }))).toBe('FORBIDDEN');
  });

  it('hold for payouts at a time', async () => {
    const graph = await startPaymentsGraph({ PAYOUT_MAX_PER_CALL: '1', PAYOUT_MAX_PER_DAY: '3' });
    graph.pi.intercept(({ method }) => {
      if (method === 'GET') finish(graph);
      return undefined;
    });
    const answers = await Promise.all(Array.from({ length: 8 }, () => pay(graph, { amount: 1 })));
    expect(answers.map(kind).sort()).toEqual([...Array.from({ length: 3 }, () => 'CreatePaymentPayload'), ...Array.from({ length: 5 }, () => 'FORBIDDEN')]);
    expect(graph.pi.effects()).toBe(3);
  });
});

describe('an idempotency key', () => {
  it('replays a success without sending, with the payment as it is now', async () => {
    const graph = await startPaymentsGraph();
    const first = await pay(graph, { idempotencyKey: 'same' });
    const again = await pay(graph, { idempotencyKey: 'same' });
    expect(again).toEqual(first);
    finish(graph);
    expect((await pay(graph, { idempotencyKey: 'same' })).data?.result?.payment).toMatchObject({ paymentId: first.data?.result?.payment?.paymentId, state: 'COMPLETED' });
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
      expect(errorAt(await pay(graph, { idempotencyKey: 'same', ...changes }), 'result').extensions).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', retryable: false });
    }
    expect(kind(await pay(graph, { idempotencyKey: 'same', amount: 1.5 })), 'the same number, written otherwise').toBe('CreatePaymentPayload');
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('waits for one that runs, and then says so', async () => {
    const graph = await startPaymentsGraph({ WRITE_TIMEOUT_MS: '5000' });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => { release = resolve; });
    graph.pi.intercept(async ({ method }) => {
      if (method === 'POST') await held;
      return undefined;
    });
    const first = pay(graph, { idempotencyKey: 'same' });
    await until(() => graph.pi.count('POST') === 1);
    expect(errorAt(await pay(graph, { idempotencyKey: 'same' }), 'result').extensions).toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS', retryable: true });
    release();
    expect(kind(await first)).toBe('CreatePaymentPayload');
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('is the operator\'s own, whatever else comes along', async () => {
    const graph = await startPaymentsGraph({ GATEWAY_KEYS: [gatewayKey(PI_SCOPES), gatewayKey(PI_SCOPES, 'second', 'second')].join(',') });
    const first = await pay(graph, { idempotencyKey: 'same' });
    finish(graph);
    for (const more of [callers.ann, callers.ben, { 'x-pinning-token': 'pin' }]) {
      expect((await pay(graph, { idempotencyKey: 'same' }, { ...callers.operator, ...more })).data?.result?.payment?.paymentId).toBe(first.data?.result?.payment?.paymentId);
    }
    expect(graph.pi.count('POST')).toBe(1);
    const other = await pay(graph, { idempotencyKey: 'same' }, { 'x-gateway-key': 'second' });
    expect(other.data?.result?.payment?.paymentId).not.toBe(first.data?.result?.payment?.paymentId);
    const markers = sentBodies(graph).map((body) => (JSON.parse(body) as { payment: { metadata: Wire } }).payment.metadata['gw_idem']);
    expect(new Set(markers).size).toBe(2);
  });
});

describe('a lost answer', () => {
  it.each(['cut after', 'half', '500 after', 'html after', 'empty after', 'redirect after', 'silence after'] as const)('is found in the list: %s', async (fate) => {
    const graph = await startPaymentsGraph();
    graph.pi.meet(fate);
    expect((await pay(graph)).data?.result).toMatchObject({ __typename: 'CreatePaymentPayload', payment: { amount: '1.5', metadata: { order: 7 } } });
    expect(graph.pi.seen()).toEqual([LIST, CREATE, LIST]);
  });

  it('without an effect is unknown after two looks; the key may send again only after the quarantine', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 2, 9, 12) });
    const graph = await startPaymentsGraph();
    graph.pi.meet('cut before', 'ok');
    const unknown = { __typename: 'OutcomeUnknownError', code: 'OUTCOME_UNKNOWN', idempotencyKey: 'same' };
    expect((await pay(graph, { idempotencyKey: 'same' })).data?.result).toMatchObject(unknown);
    expect(graph.pi.seen()).toEqual([LIST, CREATE, LIST, LIST]);
    vi.setSystemTime(Date.now() + 59_000);
    expect((await pay(graph, { idempotencyKey: 'same' })).data?.result, 'looks only').toMatchObject(unknown);
    expect(graph.pi.seen().slice(4)).toEqual([LIST, LIST]);
    vi.setSystemTime(Date.now() + 2_000);
    expect(kind(await pay(graph, { idempotencyKey: 'same' }))).toBe('CreatePaymentPayload');
    expect(graph.pi.seen().slice(6)).toEqual([LIST, LIST, LIST, CREATE]);
    expect(graph.pi.effects()).toBe(1);
  });

  it('is not sent again while a look fails', async () => {
    const graph = await startPaymentsGraph(noQuarantine);
    graph.pi.meet('cut before', 'ok');
    await pay(graph, { idempotencyKey: 'same' });
    let looks = 0;
    graph.pi.intercept(({ method }) => (method === 'GET' && (looks += 1) === 2 ? { status: 400, body: '' } : undefined));
    expect(kind(await pay(graph, { idempotencyKey: 'same' }))).toBe('OutcomeUnknownError');
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
    expect(kind(await pay(graph, { idempotencyKey: 'same' }))).toBe('OutcomeUnknownError');
    graph.pi.intercept(undefined);
    const { uid, ...asked } = (JSON.parse(late ?? '') as { payment: Wire }).payment;
    graph.pi.put('late', { ...asked, user_uid: uid, direction: 'app_to_user', status: flags('developer_approved') });
    expect((await pay(graph, { idempotencyKey: 'same' })).data?.result).toMatchObject({ __typename: 'CreatePaymentPayload', payment: { paymentId: 'late' } });
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('of a process that is gone is found by the marker', async () => {
    const graph = await startPaymentsGraph();
    const first = await pay(graph, { idempotencyKey: 'same' });
    const later = await startPaymentsGraph({ PI_BASE_URL: `${graph.pi.url}/v2`, HEADGATE_SECRET: 'quite another secret' });
    expect((await pay(later, { idempotencyKey: 'same' })).data?.result).toEqual(first.data?.result);
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('is finished for a client that leaves, and replayed when it comes back', async () => {
    const graph = await startPaymentsGraph();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => { release = resolve; });
    graph.pi.intercept(async ({ method }) => {
      if (method === 'POST') await held;
      return undefined;
    });
    const url = `${await graph.app.listen()}/graphql`;
    const leaver = new AbortController();
    const text = `mutation { createPayment(input: { userUid: "${BEN}", amount: 1, memo: "m", idempotencyKey: "same" }) { __typename } }`;
    const left = fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...callers.operator }, signal: leaver.signal, body: JSON.stringify({ query: text }) }).catch((error: unknown) => error);
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
      const payment = graph.pi.put('ours', { ...asked, user_uid: uid, direction: 'app_to_user', status: flags('developer_approved') });
      return { status: 400, body: { error: 'ongoing_payment_found', payment } };
    });
    expect((await pay(graph)).data?.result).toMatchObject({ __typename: 'CreatePaymentPayload', payment: { paymentId: 'ours' } });
  });

  it('of another is shown, now and when the key comes again', async () => {
    const graph = await startPaymentsGraph();
    const other = graph.pi.put('other', { direction: 'app_to_user', user_uid: BEN, metadata: { gw_idem: 'another marker' }, status: flags('developer_approved') });
    for (const fate of [ongoing(other), ongoing()]) {
      graph.pi.meet(fate, 'ok');
      const key = `open-${JSON.stringify(fate).length}`;
      const first = await pay(graph, { idempotencyKey: key });
      expect(first.data?.result).toMatchObject({ __typename: 'ConflictError', code: 'CONFLICT', upstreamCode: 'ongoing_payment_found', payment: { paymentId: 'other', state: 'APPROVED' } });
      const posts = graph.pi.count('POST');
      expect(await pay(graph, { idempotencyKey: key })).toEqual(first);
      expect(graph.pi.count('POST')).toBe(posts);
      expect(JSON.stringify(first)).not.toContain('another marker');
    }
  });

  it('with our marker and another amount is a conflict, and nothing is sent', async () => {
    const graph = await startPaymentsGraph();
    await pay(graph, { idempotencyKey: 'same' });
    const [[id, payment] = ['', {}]] = graph.pi.payments;
    graph.pi.payments.set(id, { ...payment, amount: 9 });
    const later = await startPaymentsGraph({ PI_BASE_URL: `${graph.pi.url}/v2` });
    expect((await pay(later, { idempotencyKey: 'same' })).data?.result).toMatchObject({ __typename: 'ConflictError', payment: { paymentId: id } });
    expect(graph.pi.count('POST')).toBe(1);
  });
});
