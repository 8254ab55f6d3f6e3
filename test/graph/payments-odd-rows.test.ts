import { describe, expect, it } from 'vitest';
import { flags } from '../providers/pi-support.js';
import { ANN, callers, closeAfterEach, startPaymentsGraph, type Wire } from '../support/graph-payments.js';
import { codesIn } from '../support/graph-pins.js';

closeAfterEach();

const whole = `{ payment(paymentId: "p1") { amount memo metadata fromAddress state transaction { txid verified link } } }`;
const list = '{ incompleteServerPayments { paymentId amount } }';
const payout = (key: string) =>
  `mutation { createPayment(input: { userUid: "${ANN}", amount: "1.5", memo: "m", idempotencyKey: "${key}" }) { __typename } }`;

/** What Pi has been seen to send, and what may be read of it. */
const odd: readonly (readonly [string, Wire, Wire])[] = [
  ['memo null', { memo: null }, { memo: '' }],
  ['memo absent', { memo: undefined }, { memo: '' }],
  ['memo as a number', { memo: 12 }, { memo: '12' }],
  ['metadata as a list', { metadata: [] }, { metadata: [] }],
  ['metadata as text', { metadata: 'order 7' }, { metadata: 'order 7' }],
  ['metadata as a number of many digits', { metadata: { n: 5 } }, { metadata: { n: 5 } }],
  ['metadata null', { metadata: null }, { metadata: {} }],
  ['an amount as text', { amount: '3.1415926' }, { amount: '3.1415926' }],
  ['an address of another shape', { from_address: 7 }, { fromAddress: null }],
  [
    'a transaction of nothing but its id',
    { transaction: { txid: 'aa' } },
    { state: 'SUBMITTED', transaction: { txid: 'aa', verified: false, link: null } },
  ],
];
const unreadable: readonly (readonly [string, Wire])[] = [
  ['an amount in words', { amount: 'three' }],
  ['no amount', { amount: null }],
  ['an amount below nothing', { amount: -1 }],
  ['a uid that is a number', { user_uid: 7 }],
  ['a direction that is a number', { direction: 1 }],
  ['a flag as text', { status: { ...flags(), cancelled: 'false' } }],
];

describe('a payment', () => {
  it.each(odd)('with %s is read', async (_name, changes, expected) => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1', changes);
    expect(await graph.query(whole)).toMatchObject({ data: { payment: expected } });
  });

  it.each(unreadable)('with %s is not', async (_name, changes) => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1', changes);
    const answer = await graph.query(whole);
    expect([answer.data, codesIn(answer)]).toEqual([{ payment: null }, ['UPSTREAM_INVALID_RESPONSE']]);
  });

  it('with memo null, metadata [] and a bare transaction can be approved and completed', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1', { memo: null, metadata: [], transaction: undefined });
    const answer = await graph.query('mutation { approvePayment(input: { paymentId: "p1" }) { __typename } }');
    expect(answer.data).toEqual({ approvePayment: { __typename: 'ApprovePaymentPayload' } });
  });
});

describe('one odd row among the open payouts', () => {
  const open = { direction: 'app_to_user', status: flags('developer_approved') };
  it('costs that row alone', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1', open);
    graph.pi.put('odd', { ...open, amount: 'much' });
    graph.pi.put('p3', open);
    const answer = await graph.query(list);
    const amount = expect.any(String);
    expect(answer.data).toEqual({
      incompleteServerPayments: [{ paymentId: 'p1', amount }, null, { paymentId: 'p3', amount }],
    });
    expect(answer.errors?.map(({ path, extensions }) => [path, extensions['code']])).toEqual([
      [['incompleteServerPayments', 1], 'UPSTREAM_INVALID_RESPONSE'],
    ]);
  });

  it.each([
    ['of another shape', { ...open, amount: 'much' }],
    ['that is text', 'nonsense'],
  ])('never stops a payout: %s', async (_name, row) => {
    const graph = await startPaymentsGraph();
    graph.pi.intercept(({ path }) =>
      path.endsWith('incomplete_server_payments') ? { body: { incomplete_server_payments: [row] } } : undefined,
    );
    expect((await graph.query(payout('k1'), {}, callers.operator)).data).toEqual({
      createPayment: { __typename: 'CreatePaymentPayload' },
    });
  });

  it('that shows the marker of a lost payout leaves its end open, and nothing is sent again', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.meet('cut after');
    let marker: unknown;
    graph.pi.intercept((request) => {
      if (request.method === 'POST')
        marker = (JSON.parse(request.body) as { payment: { metadata: Wire } }).payment.metadata['gw_idem'];
      return request.path.endsWith('incomplete_server_payments')
        ? { body: { incomplete_server_payments: marker ? [{ identifier: 'x', metadata: { gw_idem: marker } }] : [] } }
        : undefined;
    });
    for (let repeat = 0; repeat < 2; repeat += 1)
      expect((await graph.query(payout('k1'), {}, callers.operator)).data).toEqual({
        createPayment: { __typename: 'OutcomeUnknownError' },
      });
    expect(graph.pi.count('POST /payments')).toBe(1);
  });
});

it('a payout that cannot be counted exactly is refused at its amount', async () => {
  const graph = await startPaymentsGraph({ PAYOUT_MAX_PER_CALL: '9000000000', PAYOUT_MAX_PER_DAY: '9000000000' });
  const ask = (amount: string) =>
    graph.query(
      `mutation { createPayment(input: { userUid: "u", amount: "${amount}", memo: "m", idempotencyKey: "k${amount}" }) {
        __typename ... on InvalidInputError { issues { path } } } }`,
      {},
      callers.operator,
    );
  expect((await ask('900719925.4740992')).data).toEqual({
    createPayment: { __typename: 'InvalidInputError', issues: [{ path: ['input', 'amount'] }] },
  });
  await ask('900719925.4740991');
  const sent = graph.pi.requests.find(({ method, path }) => method === 'POST' && path.endsWith('/payments'));
  expect(sent?.body).toContain('"amount":900719925.4740991');
});
