import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphQLClient } from 'graphql-request';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOrders } from '../../examples/pay-with-pi/orders.js';
import { serveShop } from '../../examples/pay-with-pi/server.js';
import { createShop } from '../../examples/pay-with-pi/shop.js';
import { gatewayKey } from '../support/create-test-app.js';
import { startPinsGateway, type PinsGateway } from '../support/pins-gateway.js';
import { example } from '../support/built-examples.js';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const SHOP = ['--import', 'tsx', 'examples/pay-with-pi/main.ts'];

/** An example with nothing in its environment but these. */
function run(args: readonly string[], settings: Readonly<Record<string, string>>): Promise<Said> {
  const options = { env: { PATH: process.env['PATH'], ...settings } };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

describe('where an example finds the gateway', { timeout: 60_000 }, () => {
  let gateway: PinsGateway;
  let key: Readonly<Record<string, string>>;
  beforeAll(async () => {
    gateway = await startPinsGateway({ GATEWAY_KEYS: gatewayKey('pi:read', 'reads-only', 'reader') });
    key = { HEADGATE_KEY: gateway.sandbox.operatorKey };
  });
  afterAll(() => gateway?.close());

  it('is HEADGATE_URL, with or without /graphql', async () => {
    const base = gateway.endpoint.replace(/\/graphql$/, '');
    for (const url of [base, `${base}/`, gateway.endpoint]) {
      const { code, out, err } = await run([example('list-pins')], { ...key, HEADGATE_URL: url });
      expect({ code, err }, url).toEqual({ code: 0, err: '' });
      expect(out.trim().split('\n').length, url).toBeGreaterThan(20);
    }
  });

  it.each([
    ['list-pins', () => [example('list-pins')]],
    ['recover', () => [example('recover')]],
    ['pay-with-pi', () => SHOP],
  ] as const)('is told in one line: %s', async (_name, program) => {
    expect(await run(program(), { HEADGATE_URL: gateway.endpoint })).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^set HEADGATE_KEY [^\n]+\n$/) as string,
    });
    expect(await run(program(), { ...key, HEADGATE_URL: 'http://127.0.0.1:1' })).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^nothing answers at http:\/\/127\.0\.0\.1:1\/graphql: set HEADGATE_URL [^\n]+\n$/,
      ) as string,
    });
  });

  it.each([
    ['nobody has', 'not-a-key', /^UNAUTHENTICATED: [^\n]*set HEADGATE_KEY to an operator key[^\n]*\n$/],
    ['lacks a scope', 'reads-only', /^the key of HEADGATE_KEY lacks pi:approve pi:complete pi:cancel: [^\n]*\n$/],
  ])('has a shop that does not open with a key that %s', async (_what, wrong, line) => {
    const { code, out, err } = await run(SHOP, { HEADGATE_KEY: wrong, HEADGATE_URL: gateway.endpoint, SHOP_PORT: '0' });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(line);
  });

  it('has a shop with a line in its log for each call that failed, and no secret in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-shop-'));
    const lines: string[] = [];
    const shopOf = (url: string, secret: string) =>
      serveShop(
        createShop({
          gateway: new GraphQLClient(url, { headers: { 'x-gateway-key': secret } }),
          orders: openOrders(join(folder, 'orders.json')),
          prices: { apples: '1' },
          deliver: () => undefined,
        }),
        '',
        undefined,
        (line) => lines.push(line),
      ).listen(0, '127.0.0.1');
    for (const [url, said] of [
      [gateway.endpoint, /^POST \/approve failed: UNAUTHENTICATED: /],
      ['http://127.0.0.1:2/graphql', /^POST \/approve failed: .*ECONNREFUSED/],
    ] as const) {
      const shop = shopOf(url, 'S3CRET-key');
      await once(shop, 'listening');
      const address = shop.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      const ask = () =>
        fetch(`http://127.0.0.1:${port}/approve`, { method: 'POST', body: '{"paymentId":"approved-eggs"}' });
      lines.length = 0;
      expect((await ask()).status).toBeGreaterThanOrEqual(500);
      await ask();
      expect(lines).toEqual([expect.stringMatching(said), expect.stringMatching(said)]);
      expect(lines.join()).not.toContain('S3CRET');
      shop.close();
    }
    rmSync(folder, { recursive: true });
  });

  it('has a shop that names the setting of a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = `${typeof address === 'object' && address ? address.port : 0}`;
    try {
      const { code, err } = await run(SHOP, {
        ...key,
        HEADGATE_URL: gateway.endpoint,
        SHOP_PORT: port,
      });
      expect({ code, err }).toEqual({ code: 1, err: `port ${port} is taken: set SHOP_PORT to a free one\n` });
    } finally {
      other.close();
    }
  });
});

it('keeps what examples write out of the repository', () => {
  const written = [
    'orders.json',
    'examples/pay-with-pi/orders.json',
    'examples/pay-out/payouts/a.0.json',
    'payouts/a.0.json',
  ];
  expect(
    execFileSync('git', ['check-ignore', ...written], { encoding: 'utf8' })
      .trim()
      .split('\n'),
  ).toEqual(written);
});
