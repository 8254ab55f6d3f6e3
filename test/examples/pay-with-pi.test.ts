import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphQLClient } from 'graphql-request';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOrders, type Order, type Orders } from '../../examples/pay-with-pi/orders.js';
import { serveShop } from '../../examples/pay-with-pi/server.js';
import { createShop } from '../../examples/pay-with-pi/shop.js';
import { startShopWorld, type ShopWorld } from '../support/shop-world.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const required = process.env['HEADGATE_REQUIRE_CHROMIUM'] === '1';
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** How long Pi's answer to a write takes; the test's 800 ms stand for 8 s, as its 300 ms stand for the SDK's ten. */
let lateMs = 0;
const EVERY_MS = 300;

let world: ShopWorld;
let front: Server;
let server: Server;
let orders: Orders;
let browser: Browser;
let url: string;
let folder: string;
const delivered: Order[] = [];

/** Passes everything on to the sandbox's Pi, and is late with the answers to approvals and completions. */
function slowPi(target: () => URL): Server {
  return createServer((incoming, outgoing) => {
    const { hostname, port } = target();
    const { method, url: path, headers } = incoming;
    const passed = request({ hostname, port, method, path, headers }, (answer) => {
      const wait = /\/(approve|complete)$/.test(path ?? '') ? lateMs : 0;
      setTimeout(() => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      }, wait);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
}
const listen = async (one: Server) => {
  await new Promise<void>((resolve) => {
    one.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
};

beforeAll(async () => {
  if (executablePath === undefined) return;
  let pi = new URL('http://127.0.0.1');
  front = slowPi(() => pi);
  world = await startShopWorld({ WRITE_TIMEOUT_MS: '400' }, async (settings) => {
    pi = new URL(settings['PI_BASE_URL'] ?? '');
    return { PI_BASE_URL: `${await listen(front)}/v2` };
  });
  folder = mkdtempSync(join(tmpdir(), 'headgate-shop-'));
  orders = openOrders(join(folder, 'orders.json'));
  const shop = createShop({
    gateway: new GraphQLClient(world.endpoint, { headers: world.headers }),
    orders,
    prices: { apples: '100' },
    deliver: (order) => delivered.push(order),
  });
  const { PI_BROWSER_URL = '', PI_TOKEN = '' } = world.sandbox.examples;
  server = serveShop(shop, { url: PI_BROWSER_URL, token: PI_TOKEN });
  url = await listen(server);
  browser = await chromium.launch({ executablePath, args });
});
afterAll(async () => {
  await browser?.close();
  for (const one of [server, front]) one?.closeAllConnections();
  for (const one of [server, front]) one?.close();
  await world?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** Opens the shop in a tab, with what the test changes about the page. */
async function openShop(changes: Readonly<Record<string, unknown>> = {}): Promise<Page> {
  const page = await browser.newPage();
  await page.addInitScript(`Object.assign(window, ${JSON.stringify({ piEvery: EVERY_MS, ...changes })})`);
  await page.goto(url);
  await page.locator('#buy:enabled').waitFor();
  return page;
}
const says = (page: Page, text: string) =>
  page.locator('#state').filter({ hasText: text }).waitFor({ timeout: 15_000 });
const newest = () => orders.all().at(-1);

describe.skipIf(executablePath === undefined && !required)('examples/pay-with-pi in a browser', () => {
  it('sells once, though approval and completion are asked for again and again', async () => {
    const page = await openShop();
    await page.locator('#buy').click();
    await says(page, 'delivered');
    expect(delivered.map(({ id }) => id)).toEqual([newest()?.id]);
    await page.close();
  });

  it('sells once when Pi answers later than anybody waits, and an answer is lost', async () => {
    lateMs = 800;
    const page = await openShop({ memo: 'Apples, lost answer' });
    await page.locator('#buy').click();
    await says(page, 'delivered');
    lateMs = 0;
    expect(delivered.filter(({ id }) => id === newest()?.id)).toHaveLength(1);
    await page.close();
  });

  it('refuses 0.01 for an order of 100', async () => {
    const page = await openShop({ cheat: '0.01' });
    await page.locator('#buy').click();
    await says(page, 'not as');
    expect(newest()).toMatchObject({ amount: '100', paymentId: null, delivered: false });
    await page.close();
  });

  it.each(['Apples', 'Apples that Pi shows unseen'])('loses nothing when the tab is closed: %s', async (memo) => {
    const page = await openShop({ memo });
    await page.locator('#buy').click();
    await says(page, 'approved');
    await page.close();
    const order = newest();
    expect(order?.paymentId).not.toBeNull();
    // The user signs all the same, and comes back.
    for (let tries = 0; tries < 20 && orders.find(order?.id ?? '')?.delivered === false; tries += 1) {
      const again = await openShop();
      await again.locator('#state').filter({ hasNotText: 'signing in' }).waitFor();
      await again.waitForTimeout(200);
      await again.close();
    }
    expect(delivered.filter(({ id }) => id === order?.id)).toHaveLength(1);
  });

  it('ends a payment that was never approved, and takes the next', async () => {
    const page = await openShop({ cheat: '1' });
    await page.locator('#buy').click();
    await says(page, 'not as');
    await page.close();
    const again = await openShop();
    await again.locator('#buy').click();
    await says(again, 'delivered');
    await again.close();
  });
});
