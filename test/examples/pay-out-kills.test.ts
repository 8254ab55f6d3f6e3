import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as forward, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphQLClient } from 'graphql-request';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptPayouts } from '../../examples/pay-out/kept-payouts.js';
import { createLedger } from '../../examples/pay-out/ledger.js';
import { payOut } from '../../examples/pay-out/pay-out.js';
import { recover } from '../../examples/recover/recover.js';
import { piUsers } from '../../src/sandbox/pi/users.js';
import { startShopWorld, type ShopWorld } from '../support/shop-world.js';
import { example } from '../support/built-examples.js';

let world: ShopWorld;
let folder: string;
let calls = 0;
/** Ends the process that runs at its nth call: before it is carried out, or after, unanswered. */
let killAt = Infinity;
let when: 'before' | 'after' = 'before';
let running: ChildProcess | undefined;
const doors: Server[] = [];

/** A door to an address of the world, through which the example goes. */
async function doorTo(target: string): Promise<string> {
  const { hostname, port } = new URL(target);
  const door = createServer((request, response) => {
    calls += 1;
    const fatal = calls === killAt;
    if (fatal && when === 'before') return void running?.kill('SIGKILL');
    const { method, url: path, headers } = request;
    const sent = forward({ hostname, port, method, path, headers }, (answer) => {
      if (fatal) {
        answer.resume();
        running?.kill('SIGKILL');
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    sent.on('error', () => response.destroy());
    request.pipe(sent);
  });
  doors.push(door);
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const address = door.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

let settings: Readonly<Record<string, string>>;
beforeAll(async () => {
  world = await startShopWorld();
  folder = mkdtempSync(join(tmpdir(), 'headgate-payouts-'));
  const gateway = await doorTo(world.endpoint);
  settings = {
    PATH: process.env['PATH'] ?? '',
    HEADGATE_URL: `${gateway}/graphql`,
    HEADGATE_KEY: world.headers['x-gateway-key'] ?? '',
    PI_LEDGER_URL: `${await doorTo(world.ledgerUrl)}${new URL(world.ledgerUrl).pathname.replace(/\/$/, '')}`,
    PI_WALLET_SEED: world.seed,
    PAYOUT_DIR: folder,
  };
});
afterAll(async () => {
  for (const door of doors) door.close();
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
}

const [userUid, amount, memo] = [piUsers.juniper.uid, '0.25', 'Help with the hay'];

/** The example as a process of its own. */
function run(key: string): Promise<Ended> {
  const args = [example('pay-out'), userUid, amount, memo, key];
  const child = spawn(process.execPath, args, { env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  running = child;
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return new Promise((resolve) => child.once('exit', (_code, signal) => resolve({ signal, out })));
}

/** The same in this process, which starts sooner: the transaction by which it was paid. */
function payAgain(gateway: GraphQLClient, idempotencyKey: string): Promise<string> {
  const kept = keptPayouts(folder);
  const ledger = createLedger(settings['PI_LEDGER_URL'] ?? '', world.seed);
  return payOut({ userUid, amount, memo, idempotencyKey }, { gateway, ledger, kept, say: () => {} });
}

const txidIn = ({ out }: Ended) => /paid by ([0-9a-f]{64})/.exec(out)?.[1] ?? `nothing: ${out}`;

describe('examples/pay-out as a process', { timeout: 180_000 }, () => {
  it('ended by kill -9 at any call, started again twice at once beside a recovery job, it pays once', async () => {
    calls = 0;
    const whole = await run('whole');
    expect(await world.paidBy(txidIn(whole))).toHaveLength(1);
    const steps = calls;
    expect(steps).toBeGreaterThanOrEqual(6);
    for (let step = 1; step <= steps; step += 1) {
      [calls, killAt, when] = [0, step, step % 2 === 0 ? 'after' : 'before'];
      const key = `killed-${step}`;
      expect((await run(key)).signal, key).toBe('SIGKILL');
      killAt = Infinity;
      const gateway = new GraphQLClient(world.endpoint, { headers: world.headers });
      const [one, other] = await Promise.all([
        run(key),
        payAgain(gateway, key).catch((told: unknown) => `nothing: ${String(told)}`),
        recover(gateway, []),
      ]);
      const txid = [txidIn(one), other].find((found) => !found.startsWith('nothing'));
      // Whoever was told to wait, or found it done by another, is told the same when it asks again.
      const again = await payAgain(gateway, key);
      expect(again, `${one.out}\n${other}`).toMatch(/^[0-9a-f]{64}$/);
      if (txid !== undefined) expect(txid).toBe(again);
      expect(await world.paidBy(again), key).toHaveLength(1);
    }
    expect(await world.payouts()).toBe(1 + steps);
  });
});
