import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FeeBumpTransaction, Keypair, TransactionBuilder, type Transaction } from '@stellar/stellar-base';
import { GraphQLClient } from 'graphql-request';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptPayouts } from '../../examples/pay-out/kept-payouts.js';
import { createLedger } from '../../examples/pay-out/ledger.js';
import { payOut } from '../../examples/pay-out/pay-out.js';
import { openOrders, type Order } from '../../examples/pay-with-pi/orders.js';
import { createShop } from '../../examples/pay-with-pi/shop.js';
import { recover } from '../../examples/recover/recover.js';
import { flags } from '../providers/pi-support.js';
import { fakeLedger, type FakeLedger } from '../support/fake-ledger.js';
import { ANN, BEN, callers, closeAll, startPaymentsGraph, type PaymentsGraph } from '../support/graph-payments.js';

const PASSPHRASE = 'Pi Testnet';
const wallet = Keypair.random();
const user = Keypair.random().publicKey();

let horizon: FakeLedger;
let graph: PaymentsGraph;
let gateway: GraphQLClient;
let folder: string;

/** Takes what is signed for this network by the wallet. */
function submit(body: string): void {
  const envelope = new URLSearchParams(body).get('tx') ?? '';
  const transaction = TransactionBuilder.fromXDR(envelope, PASSPHRASE);
  if (transaction instanceof FeeBumpTransaction) throw new Error('it pays nobody');
  const hash = transaction.hash();
  const [operation] = transaction.operations;
  if (operation?.type !== 'payment') throw new Error('it pays nobody');
  expect(transaction.signatures.some((one) => wallet.verify(hash, one.signature()))).toBe(true);
  const { destination: to, amount } = operation;
  horizon.add({
    hash: hash.toString('hex'),
    from: transaction.source,
    to,
    amount,
    memo: textOf(transaction),
    createdAt: now(),
  });
}
/** The memo's text, which comes as bytes. */
const textOf = ({ memo }: Transaction) =>
  typeof memo.value === 'string' ? memo.value : (memo.value?.toString() ?? '');
const now = () => new Date().toISOString().replace(/\.\d+/, '');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-fakes-'));
  horizon = await fakeLedger(PASSPHRASE);
  horizon.intercept(({ method, path, body }) => {
    if (method === 'POST' && path === '/transactions') return (submit(body), { body: {} });
    if (path === '/fee_stats') return { body: { last_ledger_base_fee: '100000' } };
    return path === `/accounts/${wallet.publicKey()}` ? { body: { sequence: '1' } } : undefined;
  });
  graph = await startPaymentsGraph({ PI_LEDGER_URL: horizon.url });
  gateway = new GraphQLClient(`${await graph.app.listen()}/graphql`, { headers: callers.operator });
});
afterAll(async () => {
  await closeAll();
  await horizon.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Traffic of the wallet, and what carries this payment's id without being its transaction. */
function traffic(memo: string): void {
  for (let index = 0; index < 120; index += 1)
    horizon.add({ from: user, to: wallet.publicKey(), amount: '1', memo: `order-${index}`, createdAt: now() });
  horizon.add({ from: user, to: wallet.publicKey(), amount: '0.0100000', memo, createdAt: now() });
}
const begun = (id: string, changes: object) =>
  graph.pi.put(id, {
    direction: 'user_to_app',
    network: PASSPHRASE,
    created_at: new Date().toISOString(),
    from_address: user,
    to_address: wallet.publicKey(),
    ...changes,
  });

describe('the examples at a Pi and a Horizon that are not the sandbox', () => {
  it('sell once, by the one right transaction among decoys', async () => {
    const delivered: Order[] = [];
    const orders = openOrders(join(folder, 'orders.json'));
    const shop = createShop({ gateway, orders, prices: { apples: '100' }, deliver: (order) => delivered.push(order) });
    const order = await shop.order('apples', 'ann-token');
    expect(order.userUid).toBe(ANN);
    begun('sale', { amount: 100, metadata: { orderId: order.id } });
    await Promise.all([shop.approve('sale'), shop.approve('sale')]);
    traffic('sale');
    const paid = { from: user, to: wallet.publicKey(), amount: '100.0000000', memo: 'sale', createdAt: now() };
    const { hash } = horizon.add(paid);
    traffic('sale');
    expect(await Promise.all([shop.settle('sale'), shop.settle('sale'), shop.complete('sale', hash)])).toEqual([
      'COMPLETED',
      'COMPLETED',
      true,
    ]);
    expect(delivered).toEqual([expect.objectContaining({ id: order.id })]);
    expect(graph.pi.count('POST /payments/sale/complete')).toBe(1);
    expect(graph.pi.count('POST /payments/sale/approve')).toBe(1);
  });

  it('pay out once, and recover what was left', async () => {
    // Pi says who takes part.
    graph.pi.intercept(({ method, path }) => {
      const payment = graph.pi.payments.get(path.replace('/v2/payments/', ''));
      if (method !== 'GET' || payment?.['direction'] !== 'app_to_user') return undefined;
      return { body: { ...payment, network: PASSPHRASE, from_address: wallet.publicKey(), to_address: user } };
    });
    const input = { userUid: BEN, amount: '0.25', memo: 'Hay', idempotencyKey: 'fakes' };
    const parts = {
      gateway,
      ledger: createLedger(horizon.url, wallet.secret()),
      kept: keptPayouts(join(folder, 'payouts')),
      say: () => undefined,
    };
    const txid = await payOut(input, parts);
    expect(await payOut(input, parts)).toBe(txid);
    expect(horizon.transactions.filter(({ from }) => from === wallet.publicKey())).toHaveLength(1);
    begun('left', { amount: 3, status: flags('developer_approved') });
    horizon.add({ from: user, to: wallet.publicKey(), amount: '3.0000000', memo: 'left', createdAt: now() });
    expect(await recover(gateway, ['left'])).toEqual([expect.objectContaining({ outcome: 'COMPLETED' })]);
  });
});
