import { mkdtempSync, rmSync } from 'node:fs';
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

let world: ShopWorld;
let folder: string;
beforeAll(async () => {
  world = await startShopWorld();
  folder = mkdtempSync(join(tmpdir(), 'headgate-payouts-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

/** A process that dies at its nth call, before the call goes out or after it was carried out. */
function mortal(dieAt: number, when: 'before' | 'after'): { readonly fetch: typeof fetch; calls(): number } {
  let calls = 0;
  return {
    calls: () => calls,
    async fetch(input, init) {
      calls += 1;
      if (calls === dieAt && when === 'before') return new Promise(() => undefined);
      const answer = await globalThis.fetch(input, init);
      return calls === dieAt ? new Promise(() => undefined) : answer;
    },
  };
}

/** Runs the example until it ends, or until it has made the call at which it dies. */
async function run(key: string, memo = 'Help with the hay', dieAt = Infinity, when: 'before' | 'after' = 'before') {
  const { fetch, calls } = mortal(dieAt, when);
  const payment = { userUid: piUsers.juniper.uid, amount: '0.25', memo, idempotencyKey: key };
  const done = payOut(payment, {
    gateway: new GraphQLClient(world.endpoint, { headers: world.headers, fetch }),
    ledger: createLedger(world.ledgerUrl, world.seed, fetch),
    kept: keptPayouts(folder),
    say: () => undefined,
  });
  if (dieAt === Infinity) return { txid: await done, calls: calls() };
  const dead = (async () => {
    while (calls() < dieAt) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 60));
    return null;
  })();
  return Promise.race([done.then((txid) => ({ txid, calls: calls() })), dead]);
}

describe('examples/pay-out', () => {
  it('killed at any step and started again, it ends with one transaction on the ledger', async () => {
    const whole = await run('whole');
    expect(whole?.calls).toBeGreaterThanOrEqual(6);
    for (let step = 1; step <= (whole?.calls ?? 0); step += 1) {
      for (const when of ['before', 'after'] as const) {
        const key = `killed-${when}-${step}`;
        expect(await run(key, 'Help with the hay', step, when)).toBeNull();
        const again = await run(key);
        expect(await world.paidBy(again?.txid ?? ''), key).toHaveLength(1);
        // Once more changes nothing.
        expect((await run(key))?.txid).toBe(again?.txid);
      }
    }
    expect(await world.payouts()).toBe(1 + 2 * (whole?.calls ?? 0));
  }, 60_000);

  it.each(['Lost answer', 'Too late', 'Unseen'])('comes through %s', async (memo) => {
    const before = await world.payouts();
    const { txid } = (await run(memo, memo)) ?? {};
    expect(await world.paidBy(txid ?? '')).toHaveLength(1);
    expect(await world.payouts()).toBe(before + 1);
  });

  it('keeps no seed', async () => {
    const files = await world.readAll(folder);
    expect(files.length).toBeGreaterThan(1);
    expect(files.filter((text) => text.includes(world.seed))).toEqual([]);
  });
});

describe('examples/recover', () => {
  it('completes what was paid, and leaves what is not certain', async () => {
    const gateway = new GraphQLClient(world.endpoint, { headers: world.headers });
    // A payout that died between the ledger and Pi.
    await run('left-behind', 'Unseen', 5, 'after');
    const all = await recover(gateway, [
      'unseen-plums',
      'approved-eggs',
      'wrong-amount-quinces',
      'submitted-wrong-memo',
    ]);
    const [payout, ...users] = all.map(({ outcome }) => outcome);
    expect(payout).toBe('COMPLETED');
    expect(users).toEqual(['COMPLETED', 'CANCELLED', 'NONE', 'NONE']);
    const before = await world.payouts();
    await run('left-behind', 'Unseen');
    expect(await world.payouts()).toBe(before);
  });
});
