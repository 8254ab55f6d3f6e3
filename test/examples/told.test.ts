import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const payout = (amount: string, name: string, uid = piUsers.juniper.uid) => [uid, amount, 'Thanks', name];
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
    ['what is no seed', 'pay-out', payout('1', 'f'), { PI_WALLET_SEED: 'SABC' }, /^PI_WALLET_SEED is no seed/],
  ])('is told in one line: %s (%s)', async (_what, program, words, changes, line) => {
    const { code, out, err } = await run(program, words, changes);
    expect({ code, out, err }).toEqual({ code: 1, out: '', err: expect.stringMatching(/^[^\n]{10,400}\n$/) as string });
    expect(err).toMatch(line);
  });

  it('is told in one line: the name of another payout', async () => {
    expect(await run('pay-out', payout('0.1', 'used'))).toMatchObject({ code: 0, err: '' });
    const { code, err } = await run('pay-out', payout('0.2', 'used'));
    expect([code, err]).toEqual([1, expect.stringMatching(/^IDEMPOTENCY_KEY_REUSED: [^\n]*name of its own\)\n$/)]);
  });
});
