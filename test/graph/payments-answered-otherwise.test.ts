import { describe, expect, it } from 'vitest';
import { codesIn } from '../support/graph-pins.js';
import { flags } from '../providers/pi-support.js';
import {
  closeAfterEach,
  kindOf,
  linked,
  pay,
  startPaymentsGraph,
  TXID,
  union,
  type PaymentsGraph,
  type Result,
  type Wire,
} from '../support/graph-payments.js';

/** Pi does what it is asked, and answers with a payment that is not the one that was meant. */

closeAfterEach();

interface Answer {
  readonly result: (Result & { readonly alreadyCompleted?: boolean; readonly action?: string }) | null;
}
const documents = {
  complete:
    `mutation ($input: CompletePaymentInput!) { result: completePayment(input: $input) { ${union} ... on ` +
    'CompletePaymentPayload { alreadyCompleted payment { paymentId state } } } }',
  approve:
    `mutation ($input: ApprovePaymentInput!) { result: approvePayment(input: $input) { ${union} ... on ` +
    'ApprovePaymentPayload { alreadyApproved payment { paymentId state } } } }',
  settle:
    `mutation ($input: SettlePaymentInput!) { result: settlePayment(input: $input) { ${union} ... on ` +
    'SettlePaymentPayload { action why payment { paymentId state } } } }',
} as const;
const order: Wire = { amount: 3, memo: 'a thing', user_uid: 'u-1', metadata: { orderId: 7 } };
const expected = { amount: '3', memo: 'a thing', userUid: 'u-1', metadata: { orderId: 7 } };
const paid: Wire = { ...order, status: flags('developer_approved'), transaction: linked(TXID, true) };

describe('what Pi answers to a change is compared with what is expected', () => {
  const others: readonly (readonly [string, Wire])[] = [
    ['amount', { amount: 30 }],
    ['memo', { memo: 'another thing' }],
    ['user', { user_uid: 'u-9' }],
    ['order', { metadata: { orderId: 8 } }],
  ];
  const changes = [
    ['complete', paid, { txid: TXID }, 'COMPLETED'],
    ['settle', paid, {}, 'COMPLETED'],
    ['approve', order, {}, 'APPROVED'],
  ] as const;

  it.each(
    changes.flatMap((row) =>
      others.map(([name, other]) => {
        const [what, wire, input, state] = row;
        return [what, name, wire, input, state, other] as const;
      }),
    ),
  )('%s, which shows another %s', async (what, _name, wire, input, state, differing) => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1', wire);
    let odd = true;
    graph.pi.intercept(({ method, path }) => {
      if (method !== 'POST' || !odd) return undefined;
      const done = path.endsWith('/complete') ? ['developer_completed', 'transaction_verified'] : [];
      const status = flags('developer_approved', ...(done as never[]));
      graph.pi.put('p1', { ...wire, status });
      return { body: { ...graph.pi.payments.get('p1'), ...differing } };
    });
    const run = () => graph.query<Answer>(documents[what], { input: { paymentId: 'p1', ...input, expected } });
    const answer = await run();
    expect(answer.data?.result).toMatchObject({
      __typename: 'ConflictError',
      reason: 'NOT_AS_EXPECTED',
      applied: true,
      message: expect.stringMatching(/the change was made.*p1.*deliver nothing/),
      payment: { paymentId: 'p1', state },
    });
    // Whoever asks again, and is shown what is expected, is the first to be told.
    odd = false;
    const again = (await run()).data?.result;
    if (what === 'complete') expect(again).toMatchObject({ alreadyCompleted: false });
    expect(graph.pi.count('POST')).toBe(1);
  });

  it('is not applied where the difference shows before anything is sent', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1', { ...paid, amount: 30 });
    const answer = await graph.query<Answer>(documents.complete, { input: { paymentId: 'p1', txid: TXID, expected } });
    expect(answer.data?.result).toMatchObject({ reason: 'NOT_AS_EXPECTED', applied: false });
    expect(graph.pi.count('POST')).toBe(0);
  });
});

describe('a payout on another network than PI_NETWORK', () => {
  const settings = { PI_NETWORK: 'testnet', PAYOUT_MAX_PER_CALL: '4', PAYOUT_MAX_PER_DAY: '5' };
  /** The API key is that of an app on the main network. */
  async function mainnetKey(): Promise<PaymentsGraph> {
    const graph = await startPaymentsGraph(settings);
    graph.pi.paysOn('Pi Network');
    return graph;
  }

  it('is no success: it says what was opened, is told so again, and counts for the day', async () => {
    const graph = await mainnetKey();
    const first = (await pay(graph, { idempotencyKey: 'w1', amount: '3' })).data?.result;
    expect(first).toMatchObject({ __typename: 'ConflictError', reason: 'OTHER_NETWORK', applied: true });
    const paymentId = first?.payment?.paymentId ?? '';
    expect(first?.message).toMatch(new RegExp(`${paymentId} was opened.*cancelPayment.*Look at what is there`));
    const again = (await pay(graph, { idempotencyKey: 'w1', amount: '3' })).data?.result;
    expect(again).toMatchObject({ reason: 'OTHER_NETWORK', applied: true, payment: { paymentId } });
    expect(again?.message).toMatch(new RegExp(`${paymentId} was opened.*nothing was sent now`));
    expect(graph.pi.count('POST')).toBe(1);
    // Nothing more is sent once a payment has shown the network; cancelling is not barred.
    const other = (await pay(graph, { idempotencyKey: 'w2', amount: '1' })).data?.result;
    expect(other).toMatchObject({ reason: 'OTHER_NETWORK', applied: false });
    expect(graph.pi.count('POST')).toBe(1);
    const cancel = `mutation { result: cancelPayment(input: { paymentId: "${paymentId}" }) { __typename } }`;
    expect((await graph.query<Answer>(cancel)).data?.result).toEqual({ __typename: 'CancelPaymentPayload' });
    // Another key of the app, of this network: what was opened counts.
    graph.pi.paysOn('Pi Testnet');
    graph.pi.put('p9', { network: 'Pi Testnet' });
    await graph.query('{ payment(paymentId: "p9") { state } }');
    expect(codesIn(await pay(graph, { idempotencyKey: 'w3', amount: '3' }))).toEqual(['FORBIDDEN']);
    expect(kindOf(await pay(graph, { idempotencyKey: 'w4', amount: '2' }))).toBe('CreatePaymentPayload');
  });

  it('is refused before it is sent where a payment that was read, or is open, shows it', async () => {
    const graph = await startPaymentsGraph(settings);
    graph.pi.put('p1', { ...order, network: 'Pi Network' });
    await graph.query('{ payment(paymentId: "p1") { state } }');
    const refused = (await pay(graph, { idempotencyKey: 'w1' })).data?.result;
    expect(refused).toMatchObject({ reason: 'OTHER_NETWORK', applied: false, payment: null });
    const open = { direction: 'app_to_user', network: 'Pi Network', status: flags('developer_approved') };
    const second = await startPaymentsGraph(settings);
    second.pi.put('p2', { ...order, ...open });
    expect((await pay(second, { idempotencyKey: 'w1' })).data?.result).toMatchObject({
      reason: 'OTHER_NETWORK',
      applied: false,
      payment: { paymentId: 'p2' },
    });
    expect([graph.pi.count('POST'), second.pi.count('POST')]).toEqual([0, 0]);
  });

  it('is opened where Pi names this network, or none, or where none is set', async () => {
    for (const [network, PI_NETWORK] of [
      ['Pi Testnet', 'testnet'],
      [null, 'testnet'],
      ['Pi Network', undefined],
    ] as const) {
      const graph = await startPaymentsGraph({ ...settings, PI_NETWORK });
      graph.pi.paysOn(network);
      expect(kindOf(await pay(graph, { idempotencyKey: 'w1' }))).toBe('CreatePaymentPayload');
    }
  });
});
