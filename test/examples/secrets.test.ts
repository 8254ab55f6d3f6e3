import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keypair } from '@stellar/stellar-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { piUsers } from '../../src/sandbox/pi/users.js';
import { startSandbox, type Sandbox } from '../../src/sandbox/index.js';
import { startCollector, type Collector } from '../observability/otlp-collector.js';
import { formsOf } from '../observability/canaries.js';
import { until } from '../support/until.js';
import { example } from '../support/built-examples.js';
import { product } from '../support/product.js';

const SECRET = 'the-secret-of-this-deployment-4711';
const STRANGER = 'a-token-that-pi-does-not-know-4712';
const UNKNOWN_KEY = 'a-key-that-the-gateway-does-not-know-4713';

let folder: string;
let sandbox: Sandbox;
let collector: Collector;
const programs: Program[] = [];

interface Program {
  readonly child: ChildProcess;
  said(): string;
  ended(): Promise<void>;
}

/** A program with nothing in its environment but these settings. */
function start(args: readonly string[], settings: Readonly<Record<string, string>>): Program {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'] ?? '', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const program = { child, said: () => said, ended: () => ended };
  programs.push(program);
  return program;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-secrets-'));
  [sandbox, collector] = await Promise.all([startSandbox({ speed: 20 }), startCollector()]);
});
afterAll(async () => {
  for (const { child } of programs) child.kill('SIGKILL');
  await Promise.all([sandbox.close(), collector.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** A sale as the page would have it made, and what can go wrong with one. */
async function buyAndSell(shop: string, gateway: string): Promise<void> {
  const { PI_BROWSER_URL = '', PI_TOKEN = '' } = sandbox.examples;
  const post = async (url: string, body: object, token?: string) => {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as Record<string, string>;
  };
  const wallet = async () => {
    const response = await fetch(PI_BROWSER_URL, { headers: { authorization: `Bearer ${PI_TOKEN}` } });
    const { payments } = (await response.json()) as {
      readonly payments: readonly { readonly identifier: string; readonly wallet_txid: string | null }[];
    };
    return payments;
  };
  await post(`${shop}orders`, { item: 'apples' }, STRANGER);
  for (const amount of [0.01, 100]) {
    const order = await post(`${shop}orders`, { item: 'apples' }, PI_TOKEN);
    const payment = { amount, memo: 'A crate of apples', metadata: { orderId: order['id'] } };
    const { identifier: paymentId = '' } = await post(PI_BROWSER_URL, payment, PI_TOKEN);
    await Promise.all([post(`${shop}approve`, { paymentId }), post(`${shop}approve`, { paymentId })]);
    await post(`${shop}complete`, { paymentId, txid: 'no-txid' });
    await post(`${shop}incomplete`, { paymentId });
    if (amount !== 100) continue;
    const signed = async () => (await wallet()).find(({ identifier }) => identifier === paymentId)?.wallet_txid ?? '';
    await expect.poll(signed).not.toBe('');
    await post(`${shop}complete`, { paymentId, txid: await signed() });
    await post(`${shop}incomplete`, { paymentId });
  }
  const query = '{ me { uid } payment(paymentId: "approved-eggs") { state } pins(first: 1) { nodes { name } } }';
  for (const headers of [{ authorization: `Bearer ${PI_TOKEN}` }, { authorization: STRANGER }, {}])
    for (const key of [sandbox.operatorKey, UNKNOWN_KEY])
      await fetch(gateway, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-gateway-key': key, ...headers },
        body: JSON.stringify({ query }),
      });
}

/** All bytes of all files below a folder. */
const bytesIn = (below: string) =>
  readdirSync(below, { recursive: true, encoding: 'utf8' })
    .map((name) => join(below, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');

describe('the programs for money, and a gateway that tells and keeps all it can', { timeout: 120_000 }, () => {
  it('leave no seed, key, token or secret in logs, traces, state or files', async () => {
    const gateway = start([product()], {
      ...sandbox.settings,
      PORT: '0',
      LOG_LEVEL: 'debug',
      STATE_DIR: join(folder, 'state'),
      HEADGATE_SECRET: SECRET,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    await until(() => gateway.said().includes('listens at'), 40_000);
    const endpoint = /listens at (http:\S+)/.exec(gateway.said())?.[1] ?? '';
    const settings = {
      ...sandbox.examples,
      HEADGATE_URL: endpoint,
      HEADGATE_KEY: sandbox.operatorKey,
      PAYOUT_DIR: join(folder, 'payouts'),
      SHOP_ORDERS: join(folder, 'orders.json'),
      SHOP_PORT: '0',
    };
    const payOut = (uid: string, amount: string, memo: string) =>
      start([example('pay-out'), uid, amount, memo, memo], settings);
    // Paid; paid after a lost answer; refused by the cap; nobody's.
    for (const [uid, amount, memo] of [
      [piUsers.juniper.uid, '0.5', 'Hay'],
      [piUsers.juniper.uid, '0.5', 'Lost answer'],
      [piUsers.juniper.uid, '5000', 'Too much'],
      ['nobody', '0.5', 'For nobody'],
    ] as const)
      await payOut(uid, amount, memo).ended();
    const shop = start(['--import', 'tsx', 'examples/pay-with-pi/main.ts'], settings);
    await until(() => shop.said().includes('the shop is at'), 40_000);
    await buyAndSell(/the shop is at (\S+)/.exec(shop.said())?.[1] ?? '', endpoint);
    const recover = start([example('recover'), 'unseen-plums', 'approved-eggs', 'nothing-such'], settings);
    await recover.ended();
    for (const one of [shop, gateway]) one.child.kill(one === shop ? 'SIGINT' : 'SIGTERM');
    await Promise.all([shop.ended(), gateway.ended()]);

    // They did what they are for.
    expect(shop.said()).toContain('deliver apples');
    expect(recover.said()).toMatch(/COMPLETED +unseen-plums/);
    const places = {
      log: gateway.said(),
      traces: JSON.stringify(collector.requests),
      state: bytesIn(join(folder, 'state')),
      files: [bytesIn(join(folder, 'payouts')), bytesIn(join(folder, 'orders.json', '..'))].join('\n'),
      programs: programs.map((one) => one.said()).join('\n'),
    };
    expect(places.log).toContain('"name":"FinishPayment"');
    expect(places.traces).toContain('completePayment');
    expect(places.state.length).toBeGreaterThan(4_000);
    expect(places.programs.match(/paid by [0-9a-f]{64}/g)).toHaveLength(2);
    expect(places.files).toContain('"envelope"');
    expect(places.files).toContain('"delivered":true');

    const { PI_WALLET_SEED = '', PI_TOKEN = '' } = sandbox.examples;
    const secrets: Readonly<Record<string, readonly string[]>> = {
      seed: formsOf(PI_WALLET_SEED),
      'raw seed': ['hex', 'base64', 'latin1'].map((form) =>
        Keypair.fromSecret(PI_WALLET_SEED)
          .rawSecretKey()
          .toString(form as BufferEncoding),
      ),
      'Pi API key': formsOf(sandbox.settings['PI_API_KEY'] ?? ''),
      'operator key': formsOf(sandbox.operatorKey),
      'a user': formsOf(PI_TOKEN),
      'a stranger': formsOf(STRANGER),
      'an unknown key': formsOf(UNKNOWN_KEY),
      HEADGATE_SECRET: formsOf(SECRET),
    };
    for (const [place, text] of Object.entries(places))
      for (const [name, forms] of Object.entries(secrets))
        expect(
          forms.filter((form) => text.includes(form)),
          `${name} in ${place}`,
        ).toEqual([]);
  });
});
