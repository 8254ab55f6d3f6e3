import { flags, wirePayment } from '../providers/pi-support.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GraphAnswer } from '../support/create-test-app.js';
import { codesIn, errorAt } from '../support/graph-pins.js';
import {
  BEN,
  callers,
  closeAfterEach,
  finishPayouts,
  kindOf,
  pay,
  sentBodies,
  startPaymentsGraph,
  type Fate,
  type MutationData,
  type Wire,
} from '../support/graph-payments.js';

closeAfterEach();
afterEach(() => {
  vi.useRealTimers();
});

const LIST = 'GET /payments/incomplete_server_payments';
const CREATE = 'POST /payments';
const issuePaths = (answer: GraphAnswer<MutationData>) =>
  answer.data?.result?.issues?.map(({ path }) => path.join('.'));

describe('a payout', () => {
  it('looks, sends once, and hides its marker', async () => {
    const graph = await startPaymentsGraph();
    const answer = await pay(graph);
    expect(answer.data?.result).toMatchObject({
      __typename: 'CreatePaymentPayload',
      payment: {
        amount: '1.5',
        memo: 'Thanks',
        metadata: { order: 7 },
        direction: 'APP_TO_USER',
        userUid: BEN,
        state: 'APPROVED',
      },
    });
    expect(graph.pi.seen()).toEqual([LIST, CREATE]);
    const { payment } = JSON.parse(sentBodies(graph)[0] ?? '') as { payment: Wire };
    expect(payment).toEqual({
      uid: BEN,
      amount: 1.5,
      memo: 'Thanks',
      metadata: { order: 7, gw_idem: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
    const id = answer.data?.result?.payment?.paymentId;
    expect(
      JSON.stringify(
        await graph.query(`{ payment(paymentId: "${id}") { metadata } incompleteServerPayments { metadata } }`),
      ),
    ).not.toContain('gw_idem');
  });

  it('takes no metadata for {}', async () => {
    const graph = await startPaymentsGraph();
    for (const metadata of [undefined, null]) {
      expect((await pay(graph, { metadata })).data?.result?.payment?.metadata).toEqual({});
      finishPayouts(graph);
    }
  });

  it.each([
    ['"0.0000001"', '0.0000001'],
    ['0.0000001', '0.0000001'],
    ['1e-7', '0.0000001'],
    ['"1E-7"', '0.0000001'],
    ['"+2.50"', '2.5'],
    ['3', '3'],
    ['"3.1415926"', '3.1415926'],
    ['0.1234567', '0.1234567'],
    ['"000.5"', '0.5'],
    ['1e0', '1'],
  ])('of %s is exact, as a literal and as a variable', async (text, exact) => {
    const graph = await startPaymentsGraph();
    const literal = await graph.query<MutationData>(
      `mutation { result: createPayment(input: { userUid: "${BEN}", amount: ${text}, memo: "m", ` +
        'idempotencyKey: "k" }) { __typename ... on CreatePaymentPayload { payment { amount } } } }',
    );
    expect(literal.data?.result?.payment?.amount).toBe(exact);
    finishPayouts(graph);
    expect((await pay(graph, { amount: JSON.parse(text) as unknown })).data?.result?.payment?.amount).toBe(exact);
    for (const body of sentBodies(graph)) expect(body).toContain(`"amount":${exact},`);
  });

  it.each([
    ['"0.00000001"'],
    ['0.00000001'],
    ['"1.00000001"'],
    ['0'],
    ['"-1"'],
    ['-1'],
    ['"0.0"'],
    ['"-0"'],
    ['"1000000000000"'],
  ])('of %s is InvalidInputError, with nothing sent', async (text) => {
    const graph = await startPaymentsGraph();
    const answer = await pay(graph, { amount: JSON.parse(text) as unknown });
    expect(answer.data?.result).toMatchObject({ __typename: 'InvalidInputError', code: 'BAD_USER_INPUT' });
    expect(issuePaths(answer)).toEqual(['input.amount']);
    expect(graph.pi.seen()).toEqual([]);
  });

  it.each([
    ['""'],
    ['"x"'],
    ['"1,5"'],
    ['"1e99"'],
    ['true'],
    ['null'],
    ['[1]'],
    ['"Infinity"'],
    ['0.12345678901234567'],
  ])('of %s is no Decimal', async (text) => {
    const graph = await startPaymentsGraph();
    const answer = await pay(graph, { amount: JSON.parse(text) as unknown });
    expect(codesIn(answer)).toEqual(['BAD_USER_INPUT']);
    expect(graph.pi.seen()).toEqual([]);
  });

  it('names everything that is wrong with its input', async () => {
    const graph = await startPaymentsGraph();
    const faults: readonly [object, string[]][] = [
      [{ memo: '' }, ['input.memo']],
      [{ memo: '  ' }, ['input.memo']],
      [{ memo: 'ä'.repeat(513) }, ['input.memo']],
      [{ userUid: ' ' }, ['input.userUid']],
      [{ userUid: 'x'.repeat(129) }, ['input.userUid']],
      [{ metadata: { gw_idem: 'mine' } }, ['input.metadata.gw_idem']],
      [{ metadata: { big: 'x'.repeat(16_384) } }, ['input.metadata']],
      [{ idempotencyKey: '' }, ['input.idempotencyKey']],
      [{ idempotencyKey: 'x'.repeat(256) }, ['input.idempotencyKey']],
      [{ idempotencyKey: 'a\nb' }, ['input.idempotencyKey']],
      [
        { memo: '', amount: 0, userUid: '', metadata: { gw_idem: 1 } },
        ['input.amount', 'input.userUid', 'input.memo', 'input.metadata.gw_idem'],
      ],
    ];
    for (const [changes, paths] of faults) {
      const answer = await pay(graph, changes);
      expect(answer.data?.result, JSON.stringify(changes).slice(0, 80)).toMatchObject({
        __typename: 'InvalidInputError',
      });
      expect(issuePaths(answer)).toEqual(paths);
    }
    expect(
      codesIn(
        await graph.query('mutation { createPayment(input: { userUid: "u", amount: 1, memo: "m" }) { __typename } }'),
      ).length,
    ).toBe(1);
    expect(graph.pi.seen()).toEqual([]);
    expect(
      kindOf(await pay(graph, { memo: 'x'.repeat(1_024), idempotencyKey: 'ü'.repeat(255) })),
      'the limits themselves',
    ).toBe('CreatePaymentPayload');
  });

  it("is never a user's", async () => {
    const graph = await startPaymentsGraph();
    expect(codesIn(await pay(graph, {}, callers.ben))).toEqual(['FORBIDDEN']);
    expect(codesIn(await pay(graph, {}, { ...callers.ben, ...callers.pinOperator }))).toEqual(['FORBIDDEN']);
    expect(graph.pi.seen()).toEqual([]);
  });

  it.each([
    ['user_not_found', 404, 'NotFoundError'],
    ['missing_scope', 401, 'InvalidInputError'],
    ['missing_wallet', 400, 'InvalidInputError'],
    ['invalid_address', 400, 'InvalidInputError'],
    ['feature_not_available', 400, 'InvalidInputError'],
    ['altered_amount', 400, 'ConflictError'],
  ])('refused for %s says so, and says it again without sending', async (error, status, typename) => {
    const graph = await startPaymentsGraph();
    graph.pi.meet({ status, body: { error, error_message: 'text for people' } }, 'ok');
    for (let round = 0; round < 2; round += 1) {
      const answer = await pay(graph, { idempotencyKey: 'same' });
      expect(answer).toEqual({
        data: { result: expect.objectContaining({ __typename: typename, upstreamCode: error }) },
      });
      expect(answer.data?.result?.upstreamDetails, 'what is told to people is not kept').toBe(
        round === 0 ? 'text for people' : null,
      );
      expect(answer.data?.result?.message).toContain(round === 0 ? 'ask with a new key' : 'a new key asks anew');
      if (typename === 'NotFoundError') expect(answer.data?.result?.message).toMatch(/^input\.userUid: /);
    }
    expect(graph.pi.count('POST')).toBe(1);
    expect(kindOf(await pay(graph, { idempotencyKey: 'another' }))).toBe('CreatePaymentPayload');
  });

  /** The pause of a second has to fit into the time that a call is given. */
  const roomForAPause = { UPSTREAM_TIMEOUT_MS: '4000', WRITE_TIMEOUT_MS: '4000', OPERATION_TIMEOUT_MS: '12000' };

  it.each([
    [
      { status: 400, body: { error: 'too_many_payments' } },
      { code: 'RATE_LIMITED', upstreamCode: 'too_many_payments' },
    ],
    [
      { status: 429, body: { error: 'too_many_payments' }, headers: { 'retry-after': '1' } },
      { code: 'RATE_LIMITED', retryAfterMs: 1_000 },
    ],
  ] as const)('that met a limit was not applied, and may be sent again: %j', async (fate, extensions) => {
    const graph = await startPaymentsGraph(roomForAPause);
    graph.pi.meet(fate, 'ok');
    const answer = await pay(graph, { idempotencyKey: 'same' });
    expect(errorAt(answer, 'result').extensions).toMatchObject({
      ...extensions,
      outcome: 'not_applied',
      provider: 'pi',
    });
    expect(graph.pi.count('POST')).toBe(1);
    expect(kindOf(await pay(graph, { idempotencyKey: 'same' }))).toBe('CreatePaymentPayload');
  });
});

describe('caps', () => {
  it('per call and per day, and both 0 is off', async () => {
    for (const settings of [
      { PAYOUT_MAX_PER_CALL: '', PAYOUT_MAX_PER_DAY: '' },
      { PAYOUT_MAX_PER_CALL: '5', PAYOUT_MAX_PER_DAY: '0' },
      { PAYOUT_MAX_PER_CALL: '0', PAYOUT_MAX_PER_DAY: '5' },
      { PAYOUT_MAX_PER_CALL: '0.0', PAYOUT_MAX_PER_DAY: '0' },
    ]) {
      const graph = await startPaymentsGraph(settings);
      const answer = await pay(graph, { amount: '0.0000001' });
      expect(errorAt(answer, 'result').extensions).toMatchObject({ code: 'FORBIDDEN', retryable: false });
      expect(graph.pi.seen()).toEqual([]);
    }
    const graph = await startPaymentsGraph({ PAYOUT_MAX_PER_CALL: '0.5', PAYOUT_MAX_PER_DAY: '1' });
    expect(kindOf(await pay(graph, { amount: '0.5000001' }))).toBe('FORBIDDEN');
    expect(graph.pi.seen()).toEqual([]);
    for (const [amount, expected] of [
      ['0.5', 'CreatePaymentPayload'],
      ['0.4999999', 'CreatePaymentPayload'],
      ['0.0000002', 'FORBIDDEN'],
      ['0.0000001', 'CreatePaymentPayload'],
      ['0.0000001', 'FORBIDDEN'],
    ]) {
      expect(kindOf(await pay(graph, { amount })), amount).toBe(expected);
      finishPayouts(graph);
    }
    expect(graph.pi.count('POST')).toBe(3);
  });

  it('begin anew at midnight UTC', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.UTC(2026, 2, 9, 23, 59, 58) });
    const graph = await startPaymentsGraph({ PAYOUT_MAX_PER_CALL: '1', PAYOUT_MAX_PER_DAY: '1' });
    expect(kindOf(await pay(graph, { amount: 1 }))).toBe('CreatePaymentPayload');
    finishPayouts(graph);
    expect(kindOf(await pay(graph, { amount: 1 }))).toBe('FORBIDDEN');
    vi.advanceTimersByTime(2_000);
    expect(kindOf(await pay(graph, { amount: 1 }))).toBe('CreatePaymentPayload');
  });

  const openPayout = wirePayment({
    identifier: 'another',
    direction: 'app_to_user',
    status: flags('developer_approved'),
  });
  const oncePerDay = { PAYOUT_MAX_PER_CALL: '1', PAYOUT_MAX_PER_DAY: '1' };
  it.each<[string, Fate]>([
    ['refused', { status: 400, body: { error: 'missing_scope' } }],
    ['limited', { status: 429, body: { error: 'too_many_payments' } }],
    ['stopped by an open one', { status: 400, body: { error: 'ongoing_payment_found', payment: openPayout } }],
  ])('get the amount back of one that was %s', async (_name, fate) => {
    const graph = await startPaymentsGraph(oncePerDay);
    graph.pi.meet(fate, 'ok');
    expect(kindOf(await pay(graph, { amount: 1 }))).not.toBe('CreatePaymentPayload');
    expect(kindOf(await pay(graph, { amount: 1 }))).toBe('CreatePaymentPayload');
  });

  it.each<[string, Wire]>([
    ['failed', { status: 500, body: '' }],
    ['made no sense', { status: 200, body: '<html>' }],
    ['was refused', { status: 401, body: '' }],
  ])('get the amount back of one whose look beforehand %s', async (_name, reply) => {
    const graph = await startPaymentsGraph(oncePerDay);
    graph.pi.intercept(() => reply);
    const answer = await pay(graph, { amount: 1 });
    expect(errorAt(answer, 'result').extensions).toMatchObject({ outcome: 'not_applied', provider: 'pi' });
    graph.pi.intercept(undefined);
    expect(kindOf(await pay(graph, { amount: 1 }))).toBe('CreatePaymentPayload');
  });

  it('keep counting one whose end is unclear', async () => {
    const graph = await startPaymentsGraph(oncePerDay);
    graph.pi.meet('500 before', 'ok');
    expect(kindOf(await pay(graph, { amount: 1 }))).toBe('OutcomeUnknownError');
    expect(kindOf(await pay(graph, { amount: 1 }))).toBe('FORBIDDEN');
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('hold for payouts at a time', async () => {
    const graph = await startPaymentsGraph({ PAYOUT_MAX_PER_CALL: '1', PAYOUT_MAX_PER_DAY: '3' });
    graph.pi.intercept(({ method }) => {
      if (method === 'GET') finishPayouts(graph);
      return undefined;
    });
    const answers = await Promise.all(Array.from({ length: 8 }, () => pay(graph, { amount: 1 })));
    expect(answers.map(kindOf).toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      ...Array.from({ length: 3 }, () => 'CreatePaymentPayload'),
      ...Array.from({ length: 5 }, () => 'FORBIDDEN'),
    ]);
    expect(graph.pi.effects()).toBe(3);
  });
});
