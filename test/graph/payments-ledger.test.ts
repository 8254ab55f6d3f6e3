import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callers, closeAll, startPaymentsGraph, type PaymentsGraph } from '../support/graph-payments.js';
import { fakeLedger, type FakeLedger } from '../support/fake-ledger.js';

const WALLET = 'GCXC6QBLLO42GK2TA3445NLY6MHENLKXDGRHX3VCIOXBZ4RGKL3DIQP6';
const USER = 'GAG6JP4O2VF32FTUSVJCW4NURJ7DPMGZGM57OD72KLNPUWY556OFL53K';
const right = { from: USER, to: WALLET, amount: '4.2500000', memo: 'p1' };

let horizon: FakeLedger;
let graph: PaymentsGraph;
beforeAll(async () => {
  horizon = await fakeLedger('Pi Network');
  graph = await startPaymentsGraph({ PI_LEDGER_URL: horizon.url });
});
afterAll(async () => {
  await closeAll();
  await horizon.close();
});
beforeEach(() => {
  graph.pi.put('p1', {
    amount: 4.25,
    direction: 'user_to_app',
    network: 'Pi Network',
    created_at: '2026-03-09T07:41:18.206Z',
    from_address: USER,
    to_address: WALLET,
  });
});
afterEach(() => {
  horizon.transactions.length = 0;
  horizon.intercept(undefined);
});

const FIELDS = 'txid from to amount memo createdAt matches';
interface Found {
  readonly found: Record<string, unknown> | null;
  readonly payment: { readonly networkPassphrase: string; readonly ledgerTransaction: object | null } | null;
}
const ask = (headers: Record<string, string> = callers.operator, id = 'p1') =>
  graph.query<Found>(
    `{ found: ledgerTransaction(paymentId: "${id}") { ${FIELDS} }
       payment(paymentId: "${id}") { networkPassphrase ledgerTransaction { ${FIELDS} } } }`,
    {},
    headers,
  );
const codes = ({ errors = [] }: Awaited<ReturnType<typeof ask>>) => errors.map(({ extensions }) => extensions['code']);

describe("a payment's transaction on the ledger", () => {
  it('is the one that agrees, for the operator and for the one whose payment it is', async () => {
    horizon.add({ ...right, amount: '0.0100000' });
    const match = horizon.add(right);
    horizon.requests.length = 0;
    const shown = { ...right, amount: '4.25', txid: match.hash, createdAt: match.createdAt, matches: true };
    expect(await ask()).toEqual({
      data: { found: shown, payment: { networkPassphrase: 'Pi Network', ledgerTransaction: shown } },
    });
    // One walk for both fields, and the network once.
    expect(horizon.seen().filter((path) => path.startsWith('/accounts/'))).toHaveLength(2);
    expect((await ask(callers.ann)).data?.found).toEqual(shown);
  });

  it('is not told to those who may not read the payment', async () => {
    horizon.add(right);
    horizon.requests.length = 0;
    expect((await ask(callers.ben)).data).toEqual({ found: null, payment: null });
    expect(codes(await ask(callers.anonymous))).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
    expect(codes(await ask(callers.pinOperator))).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    expect(horizon.seen()).toEqual([]);
  });

  it('is null when there is none, and shown as no match when only its memo is right', async () => {
    expect((await ask()).data?.found).toBeNull();
    const decoy = horizon.add({ ...right, amount: '0.0100000' });
    expect((await ask()).data?.found).toMatchObject({ txid: decoy.hash, amount: '0.01', matches: false });
  });

  it('is no match when two agree', async () => {
    horizon.add(right);
    const newest = horizon.add(right);
    expect((await ask()).data?.found).toMatchObject({ txid: newest.hash, matches: false });
  });

  it('fails alone when the ledger is down, or the wallet has too much in it', async () => {
    horizon.intercept(() => ({ status: 503, body: {} }));
    const down = await ask();
    expect(down.data).toMatchObject({
      found: null,
      payment: { networkPassphrase: 'Pi Network', ledgerTransaction: null },
    });
    expect(new Set(codes(down))).toEqual(new Set(['UPSTREAM_UNAVAILABLE']));
    horizon.intercept(undefined);
    for (let index = 0; index < 2_001; index += 1) horizon.add({ ...right, memo: `other-${index}` });
    expect(new Set(codes(await ask()))).toEqual(new Set(['LOOKUP_LIMIT']));
  });

  it('says when no ledger is configured, or another', async () => {
    const without = await startPaymentsGraph();
    without.pi.put('p1', { to_address: WALLET });
    const answer = await without.query('{ payment(paymentId: "p1") { paymentId ledgerTransaction { txid } } }');
    expect(answer.data).toMatchObject({ payment: { paymentId: 'p1', ledgerTransaction: null } });
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'PROVIDER_DISABLED', provider: 'ledger' });
    graph.pi.put('p1', { network: 'Pi Testnet', to_address: WALLET });
    expect(new Set(codes(await ask()))).toEqual(new Set(['PROVIDER_DISABLED']));
  });

  it('is among the providers', async () => {
    const { data } = await graph.query<{ providers: readonly { name: string; reachable: boolean }[] }>(
      '{ providers { name enabled reachable } }',
    );
    expect(data?.providers).toContainEqual({ name: 'ledger', enabled: true, reachable: true });
  });
});
