import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keypair } from '@stellar/stellar-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { piUsers } from '../../src/sandbox/pi/users.js';
import type { BuiltExample } from '../support/build.js';
import { example } from '../support/built-examples.js';
import { startShopWorld, type ShopWorld } from '../support/shop-world.js';

let world: ShopWorld;
const folder = mkdtempSync(join(tmpdir(), 'headgate-told-'));
beforeAll(async () => {
  world = await startShopWorld();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

/** Of this Node says nothing where it is a library in `node_modules` that does it; in a bundle it is the program itself. */
const SILENT = '--disable-warning=DEP0005';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** An example against the shop's gateway, with what the case changes. */
function run(
  program: BuiltExample,
  words: readonly string[],
  changes: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const env = {
    PATH: process.env['PATH'],
    HEADGATE_URL: world.endpoint,
    HEADGATE_KEY: Object.values(world.headers)[0],
    PI_LEDGER_URL: world.ledgerUrl,
    PI_WALLET_SEED: world.seed,
    PAYOUT_DIR: folder,
    ...changes,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [SILENT, example(program), ...words], { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

/** How many payouts of the app Pi has open. */
async function openPayouts(): Promise<number> {
  const answer = await fetch(world.endpoint, {
    method: 'POST',
    headers: { ...world.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ incompleteServerPayments { paymentId } }' }),
  });
  const { data } = (await answer.json()) as { readonly data: { readonly incompleteServerPayments: readonly object[] } };
  return data.incompleteServerPayments.length;
}

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const payout = (amount: string, name: string, uid = piUsers.juniper.uid) => [uid, amount, 'Thanks', name];
/** The seed of a wallet that no ledger knows. */
const STRANGER = Keypair.random().secret();
const wrongKey = { HEADGATE_KEY: 'not-a-key' };

describe('a mistake with an example', { timeout: 120_000 }, () => {
  it.each<[string, BuiltExample, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ['a wrong key', 'list-pins', [], wrongKey, /^UNAUTHENTICATED: .*set HEADGATE_KEY/],
    ['a wrong key', 'pin-and-watch', [CID], wrongKey, /^UNAUTHENTICATED: .*set HEADGATE_KEY/],
    ['a wrong key', 'recover', [], wrongKey, /^UNAUTHENTICATED: .*set HEADGATE_KEY/],
    ['a wrong key', 'pay-out', payout('1', 'a'), wrongKey, /^UNAUTHENTICATED: .*set HEADGATE_KEY/],
    ['no words', 'pin-and-watch', [], {}, /^usage: /],
    ['no words', 'pay-out', [], {}, /^usage: /],
    ['what is no CID', 'pin-and-watch', ['nothing'], {}, /input\.cid/],
    ['what is no amount', 'pay-out', payout('abc', 'b'), {}, /^BAD_USER_INPUT: .*amount/],
    ['an amount over the cap', 'pay-out', payout('1000', 'c'), {}, /^FORBIDDEN: .*cap|^FORBIDDEN: .*PAYOUT_MAX/],
    ['a uid that nobody has', 'pay-out', payout('1', 'd', 'nobody'), {}, /^NOT_FOUND: input\.userUid: .*new key/],
    ['no seed at all', 'pay-out', payout('1', 'e'), { PI_WALLET_SEED: '' }, /^set PI_LEDGER_URL .*PI_WALLET_SEED/],
    [
      'no ledger at its address',
      'pay-out',
      payout('1', 'g'),
      { PI_LEDGER_URL: 'http://127.0.0.1:2' },
      /^the ledger \(PI_LEDGER_URL\) does not answer: connect ECONNREFUSED/,
    ],
    [
      'a wallet that nobody has',
      'pay-out',
      payout('1', 'h'),
      { PI_WALLET_SEED: STRANGER },
      /^the ledger knows no wallet/,
    ],
    ['what is no seed', 'pay-out', payout('1', 'f'), { PI_WALLET_SEED: 'SABC' }, /^PI_WALLET_SEED is no seed/],
  ])('is told in one line: %s (%s)', async (_what, program, words, changes, line) => {
    const { code, out, err } = await run(program, words, changes);
    expect({ code, out, err }).toEqual({ code: 1, out: '', err: expect.stringMatching(/^[^\n]{10,400}\n$/) as string });
    expect(err).toMatch(line);
  });

  it('is told in one line, with nothing opened: an address that is no ledger', async () => {
    const opened = await openPayouts();
    for (const url of [world.endpoint, new URL('/nowhere', world.endpoint).href]) {
      const { code, out, err } = await run('pay-out', payout('0.1', 'no-ledger'), { PI_LEDGER_URL: url });
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/^what answers at PI_LEDGER_URL is no ledger [^\n]*\n$/);
    }
    expect(await openPayouts()).toBe(opened);
  });

  it.each([
    ['that is of another network', (path: string) => path === '/', /is of "Another Net", and the payment of /],
    ['that goes away', (path: string) => path === '/fee_stats', /^the ledger \(PI_LEDGER_URL\) answered 503/],
  ])('is told in one line, and that the payment is open: a ledger %s', async (name, isBent, line) => {
    const door = createServer(async (request, response) => {
      const path = request.url ?? '/';
      if (isBent(path) && path !== '/') return void response.writeHead(503).end('{}');
      const answer = await fetch(`${world.ledgerUrl}${path}`);
      const json = {
        ...((await answer.json()) as object),
        ...(isBent(path) ? { network_passphrase: 'Another Net' } : {}),
      };
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    }).listen(0, '127.0.0.1');
    await once(door, 'listening');
    const address = door.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    const words = payout('0.1', `bent-${name}`);
    try {
      const { code, err } = await run('pay-out', words, { PI_LEDGER_URL: url });
      expect(code).toBe(1);
      expect(err).toMatch(line);
      expect(err).toMatch(/^[^\n]*the payment is open: run again with the same name\n$/);
    } finally {
      door.close();
    }
    expect(await run('pay-out', words)).toMatchObject({ code: 0, err: '' });
  });

  it('is told in one line: the name of another payout', async () => {
    expect(await run('pay-out', payout('0.1', 'used'))).toMatchObject({ code: 0, err: '' });
    const { code, err } = await run('pay-out', payout('0.2', 'used'));
    expect([code, err]).toEqual([1, expect.stringMatching(/^IDEMPOTENCY_KEY_REUSED: [^\n]*name of its own\)\n$/)]);
  });
});
