import { describe, expect, it } from 'vitest';
import { createMemoryState } from '../../src/state/memory.js';
import { createToldOnce } from '../../src/writes/told-once.js';
import {
  ANN,
  callers,
  closeAfterEach,
  linked,
  startPaymentsGraph,
  TXID,
  union,
  type PaymentsGraph,
  type Wire,
} from '../support/graph-payments.js';
import { gatewayKey } from '../support/create-test-app.js';
import { codesIn } from '../support/graph-pins.js';
import { flags } from '../providers/pi-support.js';

closeAfterEach();

interface Answer {
  readonly result: {
    readonly __typename: string;
    readonly reason?: string;
    readonly alreadyApproved?: boolean;
    readonly alreadyCompleted?: boolean;
    readonly action?: string;
    readonly why?: string;
  } | null;
}
const complete =
  `mutation ($input: CompletePaymentInput!) { result: completePayment(input: $input) { ${union} ... on ` +
  'CompletePaymentPayload { alreadyCompleted payment { state } } } }';
const approve =
  `mutation ($input: ApprovePaymentInput!) { result: approvePayment(input: $input) { ${union} ... on ` +
  'ApprovePaymentPayload { alreadyApproved payment { state } } } }';
const settle =
  `mutation ($input: SettlePaymentInput!) { result: settlePayment(input: $input) { ${union} ... on ` +
  'SettlePaymentPayload { action why payment { state } } } }';
const paid: Wire = { status: flags('developer_approved'), transaction: linked(TXID, false) };

async function graphWith(wire: Wire, settings = {}): Promise<PaymentsGraph> {
  const graph = await startPaymentsGraph(settings);
  graph.pi.put('p1', wire);
  return graph;
}
const order = { amount: 4.25, memo: 'Crate of pears', metadata: { order: 7, lines: [{ id: 1 }, 2], gift: null } };

describe('expected', () => {
  it.each([
    ['nothing', {}],
    ['nulls', { amount: null, memo: null, metadata: null, userUid: null }],
    ['the amount in another spelling', { amount: '4.2500' }],
    ['everything', { amount: '4.25', memo: order.memo, userUid: ANN, metadata: order.metadata }],
    ['keys in another order', { metadata: { gift: null, order: 7 } }],
    ['no key', { metadata: {} }],
  ])('that names %s lets it through', async (_name, expected) => {
    const graph = await graphWith({ ...order, ...paid });
    const answer = await graph.query<Answer>(complete, { input: { paymentId: 'p1', txid: TXID, expected } });
    expect(answer.data?.result).toMatchObject({ __typename: 'CompletePaymentPayload' });
  });

  it.each([
    ['another amount', { amount: '4.2500001' }],
    ['another memo', { memo: 'crate of pears' }],
    ['another user', { userUid: 'somebody' }],
    ['another value', { metadata: { order: 8 } }],
    ['a number as text', { metadata: { order: '7' } }],
    ['a deep difference', { metadata: { lines: [{ id: 2 }, 2] } }],
    ['another order of a list', { metadata: { lines: [2, { id: 1 }] } }],
    ['a missing key', { metadata: { other: null } }],
    ['a list', { metadata: [] }],
    ['one of many', { amount: '4.25', memo: order.memo, userUid: ANN, metadata: { order: 7, gift: false } }],
  ])('that differs by %s is a conflict, and nothing is sent', async (_name, expected) => {
    for (const [document, input, wire] of [
      [complete, { txid: TXID }, paid],
      [complete, { txid: TXID }, { ...paid, status: flags('developer_approved', 'developer_completed') }],
      [approve, {}, {}],
      [settle, {}, { ...paid, transaction: linked(TXID, true) }],
    ] as const) {
      const graph = await graphWith({ ...order, ...wire });
      const answer = await graph.query<Answer>(document, { input: { paymentId: 'p1', ...input, expected } });
      expect(answer.data?.result).toMatchObject({ __typename: 'ConflictError', reason: 'NOT_AS_EXPECTED' });
      expect(graph.pi.count('POST')).toBe(0);
    }
  });
});

describe('of parallel calls', () => {
  it('exactly one is told that it completed, and one that it approved', async () => {
    for (const [document, input, wire, field] of [
      [complete, { txid: TXID }, paid, 'alreadyCompleted'],
      [approve, {}, {}, 'alreadyApproved'],
    ] as const) {
      const graph = await graphWith(wire);
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => graph.query<Answer>(document, { input: { paymentId: 'p1', ...input } })),
      );
      expect(answers.filter(({ data }) => data?.result?.[field] === false)).toHaveLength(1);
      expect(answers.filter(({ data }) => data?.result?.[field] === true)).toHaveLength(11);
    }
  });

  it('exactly one is told so among instances that know nothing of each other but the state', async () => {
    for (let round = 0; round < 50; round += 1) {
      const { records } = createMemoryState();
      const told = await Promise.all(
        Array.from({ length: 5 }, async () => {
          const first = createToldOnce(records, 'completePayment:p1');
          await first.begin();
          return first.claim();
        }),
      );
      expect(told.filter(Boolean)).toHaveLength(1);
    }
  });

  it('one that comes after a crash in the middle is told so, and none when it was done elsewhere', async () => {
    const { records } = createMemoryState();
    await createToldOnce(records, 'completePayment:p1').begin();
    expect(await createToldOnce(records, 'completePayment:p1').claim()).toBe(true);
    expect(await createToldOnce(records, 'completePayment:p1').claim()).toBe(false);
    expect(await createToldOnce(records, 'completePayment:p2').claim()).toBe(false);
    const graph = await graphWith({ ...paid, status: flags('developer_approved', 'developer_completed') });
    const answer = await graph.query<Answer>(complete, { input: { paymentId: 'p1', txid: TXID } });
    expect(answer.data?.result).toMatchObject({ alreadyCompleted: true });
  });
});

describe('settlePayment', () => {
  it('completes what Pi has verified, once', async () => {
    const graph = await graphWith({ ...paid, transaction: linked(TXID, true) });
    const run = () => graph.query<Answer>(settle, { input: { paymentId: 'p1' } });
    const answers = await Promise.all([run(), run(), run()]);
    const actions = answers.map(({ data }) => data?.result?.action);
    expect(actions.filter((action) => action === 'COMPLETED')).toHaveLength(1);
    expect(actions.filter((action) => action === 'NONE')).toHaveLength(2);
    expect(graph.pi.seen().filter((request) => request.startsWith('POST'))).toEqual(['POST /payments/p1/complete']);
  });

  it('cancels what was never approved, and leaves alone what the ledger would have to tell', async () => {
    const graph = await graphWith({});
    graph.pi.put('p2', { status: flags('developer_approved') });
    expect((await graph.query<Answer>(settle, { input: { paymentId: 'p1' } })).data?.result).toMatchObject({
      action: 'CANCELLED',
    });
    expect((await graph.query<Answer>(settle, { input: { paymentId: 'p2' } })).data?.result).toMatchObject({
      action: 'NONE',
      why: expect.stringContaining('PI_LEDGER_URL'),
    });
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('is for operators who may both complete and cancel', async () => {
    const graph = await graphWith(
      {},
      {
        GATEWAY_KEYS: [
          gatewayKey('pi:complete', 'completer', 'completer'),
          gatewayKey('pi:cancel', 'canceller', 'canceller'),
          gatewayKey('pi:complete+pi:cancel', 'both', 'both'),
        ].join(','),
      },
    );
    const codes = async (headers: Record<string, string>) =>
      codesIn(await graph.query<Answer>(settle, { input: { paymentId: 'p1' } }, headers));
    expect(await codes({ 'x-gateway-key': 'completer' })).toEqual(['FORBIDDEN']);
    expect(await codes({ 'x-gateway-key': 'canceller' })).toEqual(['FORBIDDEN']);
    expect(await codes(callers.ann)).toEqual(['FORBIDDEN']);
    expect(graph.pi.seen()).toEqual([]);
    expect(await codes({ 'x-gateway-key': 'both' })).toEqual([]);
  });
});
