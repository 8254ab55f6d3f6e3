import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GraphAnswer } from '../support/create-test-app.js';
import { errorAt } from '../support/graph-pins.js';
import {
  BEN,
  callers,
  closeAll,
  idOf,
  startPaymentsGraph,
  type PaymentsGraph,
  type Wire,
} from '../support/graph-payments.js';
import { flags, wirePayment } from '../providers/pi-support.js';

let graph: PaymentsGraph;
beforeAll(async () => {
  graph = await startPaymentsGraph();
});
afterAll(closeAll);

const FIELDS = `id paymentId userUid amount memo metadata fromAddress toAddress direction network createdAt state
  status { developerApproved transactionVerified developerCompleted cancelled userCancelled } transaction { txid verified link }`;
type Read = GraphAnswer<{ payment: Record<string, unknown> | null }>;

/** Reads a payment whose JSON is this text. */
async function readText(text: string): Promise<Read> {
  graph.pi.intercept(() => ({ body: text }));
  return graph.query(`{ payment(paymentId: "p1") { ${FIELDS} } }`);
}
const read = (changes: Wire): Promise<Read> => readText(JSON.stringify(wirePayment({ identifier: 'p1', ...changes })));
/** The payment's JSON with one value written by hand, as no JavaScript value could be. */
const withRaw = (field: string, raw: string): string =>
  JSON.stringify(wirePayment({ identifier: 'p1', [field]: '@@' })).replace('"@@"', raw);

function expectUnusable(answer: Read): void {
  expect(answer.data).toEqual({ payment: null });
  const { message, extensions } = errorAt(answer, 'payment');
  expect(extensions).toMatchObject({
    code: 'UPSTREAM_INVALID_RESPONSE',
    reason: 'shape',
    retryable: true,
    provider: 'pi',
  });
  expect(message).not.toContain('non-nullable');
}

describe('a payment on its way out', () => {
  it('is whole', async () => {
    const answer = await read({
      status: flags('developer_approved'),
      transaction: { txid: 'ab'.repeat(32), verified: false, _link: 'https://api.mainnet.minepi.com/transactions/x' },
      something_new: { deep: true },
    });
    expect(answer).toEqual({
      data: {
        payment: {
          id: idOf('Payment', 'p1'),
          paymentId: 'p1',
          userUid: expect.any(String),
          amount: '4.25',
          memo: 'Crate of early apples',
          metadata: { order: { number: 5127, lines: ['apples', 3] }, gift: false },
          fromAddress: expect.stringMatching(/^G/),
          toAddress: expect.stringMatching(/^G/),
          direction: 'USER_TO_APP',
          network: 'MAINNET',
          createdAt: '2026-03-09T07:41:18.206Z',
          state: 'SUBMITTED',
          status: {
            developerApproved: true,
            transactionVerified: false,
            developerCompleted: false,
            cancelled: false,
            userCancelled: false,
          },
          transaction: {
            txid: 'ab'.repeat(32),
            verified: false,
            link: 'https://api.mainnet.minepi.com/transactions/x',
          },
        },
      },
    });
  });

  it.each([
    ['3.1415926', '3.1415926'],
    ['1e-7', '0.0000001'],
    ['0.0000001', '0.0000001'],
    ['12', '12'],
    ['12.0', '12'],
    ['1.50', '1.5'],
    ['0', '0'],
    ['1E+2', '100'],
    ['123456789012345678901234567890.1234567', '123456789012345678901234567890.1234567'],
    ['0.1', '0.1'],
    ['"4.25"', '4.25'],
    ['0.30000000000000004', '0.30000000000000004'],
  ])('has the amount %s as %s', async (raw, text) => {
    expect((await readText(withRaw('amount', raw))).data?.payment?.['amount']).toBe(text);
  });

  it.each([
    ['2025-11-20T09:14:07.512Z', '2025-11-20T09:14:07.512Z'],
    ['2025-11-20T09:14:07Z', '2025-11-20T09:14:07Z'],
    ['2025-11-20T09:14:07.123456789Z', '2025-11-20T09:14:07.123456789Z'],
    ['2025-11-20T11:14:07.50+02:00', '2025-11-20T09:14:07.50Z'],
    ['2025-12-31T23:30:00-01:00', '2026-01-01T00:30:00Z'],
  ])('was made at %s, which is %s', async (text, utc) => {
    expect((await read({ created_at: text })).data?.payment?.['createdAt']).toBe(utc);
  });

  it('keeps big numbers in its metadata, and drops what would poison it', async () => {
    const raw =
      '{"big":12345678901234567890,"fine":0.1,"list":[9007199254740993,{"n":1e400}],' +
      '"__proto__":{"status":"x"},"gw_idem":"secret","nul":null}';
    const answer = await readText(withRaw('metadata', raw));
    expect(answer.data?.payment?.['metadata']).toEqual({
      big: '12345678901234567890',
      fine: 0.1,
      list: ['9007199254740993', { n: '1e400' }],
      nul: null,
    });
  });

  it.each([
    ['direction', 'sideways', 'UNKNOWN'],
    ['direction', undefined, 'UNKNOWN'],
    ['direction', null, 'UNKNOWN'],
    ['direction', 'app_to_user', 'APP_TO_USER'],
    ['network', 'Pi Moonnet', 'UNKNOWN'],
    ['network', undefined, 'UNKNOWN'],
    ['network', 'Pi Testnet', 'TESTNET'],
    ['network', 'Pi Network', 'MAINNET'],
  ] as const)('%s %j is %s', async (field, word, value) => {
    const answer = await read({ [field]: word });
    expect(answer.errors).toBeUndefined();
    expect(answer.data?.payment?.[field]).toBe(value);
  });

  it('has null, or nothing, where Pi says null, nothing or an empty text', async () => {
    for (const nothing of [null, undefined]) {
      const answer = await read({
        from_address: nothing,
        to_address: nothing,
        transaction: nothing,
        metadata: nothing,
      });
      expect(answer.errors).toBeUndefined();
      expect(answer.data?.payment).toMatchObject({
        fromAddress: null,
        toAddress: null,
        transaction: null,
        metadata: {},
      });
    }
    expect((await read({ from_address: '', to_address: '' })).data?.payment).toMatchObject({
      fromAddress: null,
      toAddress: null,
    });
    expect((await read({ status: {} })).data?.payment).toMatchObject({
      state: 'CREATED',
      status: { developerApproved: false, cancelled: false },
    });
  });

  const faults: Wire[] = [
    ...['identifier', 'user_uid', 'amount', 'created_at', 'status'].flatMap((field) =>
      [undefined, null, [], true].map((value) => ({ [field]: value })),
    ),
    { identifier: 7 },
    { user_uid: 7 },
    { user_uid: '' },
    { amount: 'x' },
    { amount: '-1' },
    { created_at: 7 },
    { created_at: 'yesterday' },
    { created_at: '2025-02-30T00:00:00Z' },
    { direction: 7 },
    { network: true },
    { status: { cancelled: 'true' } },
    { status: { developer_approved: 1 } },
    { transaction: [] },
    { transaction: {} },
    { transaction: { txid: 7, verified: true, _link: '' } },
    { transaction: { txid: 'a', verified: 'yes', _link: '' } },
  ];
  it.each(
    faults.map(
      (fault) =>
        [JSON.stringify(fault, (_key, value: unknown) => (value === undefined ? 'absent' : value)), fault] as const,
    ),
  )('is unusable with %s', async (_name, fault) => {
    expectUnusable(await read(fault));
  });

  const shown: [Wire, Record<string, unknown>][] = [
    ...[undefined, null, [], true].map((memo): [Wire, Record<string, unknown>] => [{ memo }, { memo: '' }]),
    [{ memo: 7 }, { memo: '7' }],
    [{ metadata: [] }, { metadata: [] }],
    [{ metadata: 'text' }, { metadata: 'text' }],
    [{ from_address: 7 }, { fromAddress: null }],
    [{ to_address: {} }, { toAddress: null }],
    [{ transaction: { txid: 'a', verified: true } }, { transaction: { txid: 'a', verified: true, link: null } }],
    [{ transaction: { txid: 'a', _link: 7 } }, { transaction: { txid: 'a', verified: false, link: null } }],
  ];
  it.each(shown.map(([odd, fields]) => [JSON.stringify(odd), odd, fields] as const))(
    'is shown all the same with %s',
    async (_name, odd, fields) => {
      const answer = await read(odd);
      expect(answer.errors).toBeUndefined();
      expect(answer.data?.payment).toMatchObject({ amount: '4.25', ...fields });
    },
  );

  it("of another id is nobody's", async () => {
    const answer = await read({ identifier: 'p2' });
    expect(errorAt(answer, 'payment').extensions).toMatchObject({
      code: 'UPSTREAM_INVALID_RESPONSE',
      reason: 'identity_mismatch',
    });
  });

  it.each([
    [['developer_approved', 'cancelled', 'developer_completed'], 'CANCELLED'],
    [['user_cancelled'], 'CANCELLED'],
    [['developer_completed'], 'COMPLETED'],
    [['developer_approved', 'transaction_verified'], 'VERIFIED'],
    [['developer_approved'], 'APPROVED'],
    [[], 'CREATED'],
  ])('with the flags %j is %s', async (set, state) => {
    expect((await read({ status: flags(...set) })).data?.payment?.['state']).toBe(state);
  });
});

describe('a list with one bad payment', () => {
  it('has null in its place, with an error at its own path, and hurts no neighbour', async () => {
    graph.pi.intercept(({ path }) =>
      path.endsWith('/incomplete_server_payments')
        ? {
            body: {
              incomplete_server_payments: [
                wirePayment({ identifier: 'ok' }),
                wirePayment({ identifier: 'bad', amount: null }),
              ],
            },
          }
        : { body: wirePayment({ identifier: 'p1', user_uid: BEN }) },
    );
    const answer = await graph.query(
      '{ incompleteServerPayments { paymentId } payment(paymentId: "p1") { paymentId } }',
    );
    expect(answer.data).toEqual({
      incompleteServerPayments: [{ paymentId: 'ok' }, null],
      payment: { paymentId: 'p1' },
    });
    expect(errorAt(answer, 'incompleteServerPayments', 1).extensions).toMatchObject({
      code: 'UPSTREAM_INVALID_RESPONSE',
      reason: 'shape',
    });
  });

  it.each([
    '{}',
    '{"incomplete_server_payments":null}',
    '{"incomplete_server_payments":{}}',
    '{"payments":[]}',
    '"none"',
    'null',
  ])('%s is never taken for an empty one', async (body) => {
    graph.pi.intercept(() => ({ body }));
    expect(
      errorAt(await graph.query('{ incompleteServerPayments { paymentId } }'), 'incompleteServerPayments').extensions,
    ).toMatchObject({ code: 'UPSTREAM_INVALID_RESPONSE' });
  });
});

describe('an ad', () => {
  const adAnswers = (changes: Wire) => {
    graph.pi.intercept(() => ({
      body: {
        identifier: 'ad 1/ä',
        mediator_ack_status: 'granted',
        mediator_granted_at: '2025-11-20T10:11:12.000Z',
        mediator_revoked_at: null,
        ...changes,
      },
    }));
    return graph.query<{ rewardedAd: Record<string, unknown> | null }>(
      '{ rewardedAd(adId: "ad 1/ä") { id adId mediatorAckStatus grantedAt revokedAt rewardable } }',
    );
  };

  it('is rewardable only when granted', async () => {
    const words = [
      ['granted', 'GRANTED', true],
      ['revoked', 'REVOKED', false],
      ['failed', 'FAILED', false],
      ['GRANTED', 'UNKNOWN', false],
      ['later', 'UNKNOWN', false],
      [null, null, false],
      [undefined, null, false],
    ] as const;
    for (const [word, mediatorAckStatus, rewardable] of words) {
      const { data, errors } = await adAnswers({ mediator_ack_status: word });
      expect(errors).toBeUndefined();
      expect(data?.rewardedAd).toEqual({
        id: idOf('RewardedAd', 'ad 1/ä'),
        adId: 'ad 1/ä',
        mediatorAckStatus,
        grantedAt: '2025-11-20T10:11:12.000Z',
        revokedAt: null,
        rewardable,
      });
    }
    expect(graph.pi.seen().at(-1)).toBe('GET /ads_network/status/ad%201%2F%C3%A4');
  });

  it('is unusable when it is another, or of the wrong types', async () => {
    for (const fault of [
      { identifier: 'ad 2' },
      { identifier: null },
      { mediator_ack_status: 1 },
      { mediator_granted_at: 'then' },
      { mediator_revoked_at: 5 },
    ]) {
      const answer = await adAnswers(fault);
      expect(answer.data).toEqual({ rewardedAd: null });
      expect(errorAt(answer, 'rewardedAd').extensions['code']).toBe('UPSTREAM_INVALID_RESPONSE');
    }
  });

  it('that cannot be one is refused with nothing sent; one that Pi does not know is null', async () => {
    graph.pi.intercept(undefined);
    graph.pi.requests.length = 0;
    for (const adId of ['', '.', '..', 'x'.repeat(513)]) {
      const answer = await graph.query('query ($adId: ID!) { rewardedAd(adId: $adId) { adId } }', { adId });
      expect(errorAt(answer, 'rewardedAd').extensions['code']).toBe('BAD_USER_INPUT');
    }
    expect(graph.pi.seen()).toEqual([]);
    expect(await graph.query('{ rewardedAd(adId: "gone") { adId } }')).toEqual({ data: { rewardedAd: null } });
  });
});

describe('reads of one operation', () => {
  it('ask for each payment once, by field and by node, and each failure stays alone', async () => {
    graph.pi.intercept(({ path }) => (path.endsWith('/broken') ? { status: 400, body: '' } : undefined));
    graph.pi.put('p1');
    graph.pi.put('p2');
    graph.pi.requests.length = 0;
    const answer = await graph.query(
      `{
      a: payment(paymentId: "p1") { paymentId } b: payment(paymentId: "p1") { state }
      c: payment(paymentId: "broken") { state } d: payment(paymentId: "gone") { state }
      node(id: "${idOf('Payment', 'p1')}") { id }
      nodes(ids: ["${idOf('Payment', 'p2')}", "${idOf('Payment', 'gone')}", "${idOf('Payment', 'p1')}", "nonsense"]) { id } }`,
      {},
      callers.operator,
    );
    expect(answer.data).toEqual({
      a: { paymentId: 'p1' },
      b: { state: 'CREATED' },
      c: null,
      d: null,
      node: { id: idOf('Payment', 'p1') },
      nodes: [{ id: idOf('Payment', 'p2') }, null, { id: idOf('Payment', 'p1') }, null],
    });
    expect(answer.errors?.map(({ path }) => path)).toEqual([['c']]);
    expect(graph.pi.seen().sort()).toEqual([
      'GET /payments/broken',
      'GET /payments/gone',
      'GET /payments/p1',
      'GET /payments/p2',
    ]);
  });

  it.each(['', '..', 'a/b', 'incomplete_server_payments', 'x'.repeat(65)])(
    'refuse the id %j with nothing sent, also inside a global id',
    async (id) => {
      graph.pi.requests.length = 0;
      const answer = await graph.query(
        'query ($id: ID!, $node: ID!) { payment(paymentId: $id) { state } node(id: $node) { id } }',
        { id, node: idOf('Payment', id) },
      );
      expect(errorAt(answer, 'payment').extensions['code']).toBe('BAD_USER_INPUT');
      expect(errorAt(answer, 'node').extensions['code']).toBe('BAD_USER_INPUT');
      expect(graph.pi.seen()).toEqual([]);
    },
  );
});
