import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphQLClient } from 'graphql-request';
import { openOrders, type Order, type Orders } from '../../examples/pay-with-pi/orders.js';
import { serveShop } from '../../examples/pay-with-pi/server.js';
import { createShop } from '../../examples/pay-with-pi/shop.js';
import { inject } from 'vitest';
import { builtIn } from './build.js';
import { startShopWorld } from './shop-world.js';

/** How Pi behaves towards the gateway, as a test wants it. */
export interface PiMood {
  /** So long each answer to an approval or a completion takes, which is carried out at once. */
  lateMs: number;
  /** So long it takes until a completion is carried out. */
  slowMs: number;
  /** So many completions are answered "not verified yet", as while Pi's own look at the ledger lags behind. */
  unverified: number;
}

/** Time for the sandbox and for Pi's lateness. */
export interface StreetClock {
  now(): number;
  /** Runs it when so much of this clock's time has passed. */
  after(ms: number, run: () => void): void;
}

/** The shop of `examples/pay-with-pi` on a port, with a gateway, a sandbox and a Pi whose answers may be late. */
export interface ShopStreet {
  readonly url: string;
  readonly orders: Orders;
  /** Every delivery, in order. */
  readonly delivered: readonly Order[];
  readonly pi: PiMood;
  /** Answers of Pi that are on their way. */
  held(): number;
  close(): Promise<void>;
}

export async function startShopStreet(clock: StreetClock): Promise<ShopStreet> {
  const pi: PiMood = { lateMs: 0, slowMs: 0, unverified: 0 };
  let held = 0;
  let target = new URL('http://127.0.0.1');

  /** Passes everything on to the sandbox's Pi at once, and is late with the answers to approvals and completions. */
  const front = createServer((incoming, outgoing) => {
    const { method, url: path = '', headers } = incoming;
    if (path.endsWith('/complete') && pi.unverified > 0) {
      pi.unverified -= 1;
      incoming.resume();
      return unverified(outgoing);
    }
    const { hostname, port } = target;
    const late = (ms: number, run: () => void) => {
      held += 1;
      clock.after(ms, () => {
        held -= 1;
        run();
      });
    };
    const passed = request({ hostname, port, method, path, headers }, (answer) => {
      const reply = () => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      };
      if (pi.lateMs === 0 || !/\/(approve|complete)$/.test(path)) return reply();
      late(pi.lateMs, reply);
    });
    passed.on('error', () => outgoing.destroy());
    if (pi.slowMs > 0 && path.endsWith('/complete')) late(pi.slowMs, () => incoming.pipe(passed));
    else incoming.pipe(passed);
  });

  const world = await startShopWorld(
    {},
    async (settings) => {
      target = new URL(settings['PI_BASE_URL'] ?? '');
      return { PI_BASE_URL: `${await listen(front)}/v2` };
    },
    { now: () => clock.now() },
  );
  const folder = mkdtempSync(join(tmpdir(), 'headgate-shop-'));
  const orders = openOrders(join(folder, 'orders.json'));
  const delivered: Order[] = [];
  const shop = createShop({
    gateway: new GraphQLClient(world.endpoint, { headers: world.headers }),
    orders,
    prices: { apples: '100' },
    deliver: (order) => delivered.push(order),
  });
  const { PI_BROWSER_URL = '', PI_TOKEN = '' } = world.sandbox.examples;
  const server = serveShop(shop, readFileSync(join(await builtIn(inject('built'), 'shop'), 'page.js'), 'utf8'), {
    url: PI_BROWSER_URL,
    token: PI_TOKEN,
  });
  return {
    url: await listen(server),
    orders,
    delivered,
    pi,
    held: () => held,
    async close() {
      for (const one of [server, front]) {
        one.close();
        one.closeAllConnections();
      }
      await world.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function unverified(outgoing: ServerResponse): void {
  outgoing.writeHead(400, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ error: 'not_verified', error_message: 'The transaction is not on the ledger yet' }));
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
