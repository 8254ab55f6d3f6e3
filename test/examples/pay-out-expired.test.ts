import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphQLClient } from 'graphql-request';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keptPayouts } from '../../examples/pay-out/kept-payouts.js';
import { createLedger } from '../../examples/pay-out/ledger.js';
import { payOut } from '../../examples/pay-out/pay-out.js';
import { piUsers } from '../../src/sandbox/pi/users.js';
import { startShopWorld, type ShopWorld } from '../support/shop-world.js';

/** More than the minute for which a transaction is valid, and the time in which it may still turn up. */
const OVER_MS = 120_000;

/** What a program sends and to whom; `pass` carries it out. */
interface Sent {
  readonly isSubmission: boolean;
  readonly asksState: boolean;
  readonly looksAtLedger: boolean;
  pass(): Promise<Response>;
}
type Door = (sent: Sent) => Promise<Response>;

const never = () => new Promise<never>(() => undefined);

let folder: string;
const worlds: ShopWorld[] = [];

/** All clocks are the test's. */
async function openWorld(): Promise<ShopWorld> {
  const world = await startShopWorld({}, undefined, { speed: 20, now: () => Date.now() });
  worlds.push(world);
  return world;
}

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  folder = mkdtempSync(join(tmpdir(), 'headgate-expired-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all(worlds.map((world) => world.close()));
  vi.useRealTimers();
});

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** The example, with a door before everything that it sends. */
function run(world: ShopWorld, key: string, door: Door = ({ pass }) => pass()): Promise<string> {
  const guarded: typeof fetch = (input, init) => {
    const text = typeof init?.body === 'string' ? init.body : '';
    return door({
      isSubmission: input === `${world.ledgerUrl}/transactions` && init?.method === 'POST',
      asksState: text.includes('PayoutState'),
      looksAtLedger: typeof input === 'string' && input.startsWith(`${world.ledgerUrl}/transactions/`),
      pass: () => globalThis.fetch(input, init),
    });
  };
  return payOut(
    { userUid: piUsers.juniper.uid, amount: '0.25', memo: 'Help with the hay', idempotencyKey: key },
    {
      gateway: new GraphQLClient(world.endpoint, { headers: world.headers, fetch: guarded }),
      ledger: createLedger(world.ledgerUrl, world.seed, guarded),
      kept: keptPayouts(folder),
      say: () => undefined,
    },
  );
}

/** Starts it, and has it die when it sends the transaction: before that arrives, or after, unanswered. */
async function killedAtSubmission(world: ShopWorld, key: string, when: 'before' | 'after'): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    run(world, key, async ({ isSubmission, pass }) => {
      if (!isSubmission) return pass();
      if (when === 'after') await pass();
      resolve();
      return never();
    }).catch(reject);
  });
}

describe('examples/pay-out, resumed when the time bounds of what it signed are over', { timeout: 60_000 }, () => {
  it('signs another when the first never arrived: one transaction on the ledger', async () => {
    const world = await openWorld();
    await killedAtSubmission(world, 'never-arrived', 'before');
    const signed = readdirSync(folder).length;
    later(OVER_MS);
    expect(await world.paidBy(await run(world, 'never-arrived'))).toHaveLength(1);
    expect(readdirSync(folder)).toHaveLength(signed + 1);
    expect(await world.payouts()).toBe(1);
  });

  it.each([
    ['seen by the gateway', (text: string) => text],
    ['not seen by the gateway yet', unseen],
  ])('signs no other when the first arrived, and its answer was lost: %s', async (which, seen) => {
    const world = await openWorld();
    await killedAtSubmission(world, which, 'after');
    const signed = readdirSync(folder);
    later(OVER_MS);
    const txid = await run(world, which, async ({ asksState, pass }) => {
      const answer = await pass();
      return asksState ? Response.json(JSON.parse(seen(await answer.text()))) : answer;
    });
    expect(await world.paidBy(txid)).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(signed);
    expect(await world.payouts()).toBe(1);
  });

  it('signs another once the ledger has refused the first as too late for long enough', async () => {
    const world = await openWorld();
    let refused = 0;
    const txid = await run(world, 'too-late', async ({ isSubmission, pass }) => {
      // Slow on its way: the bounds are over when it arrives, and a moment later nobody can take it any more.
      if (isSubmission && refused++ < 2) later(61_000);
      return pass();
    });
    expect(refused).toBeGreaterThan(1);
    expect(await world.paidBy(txid)).toHaveLength(1);
    expect(await world.payouts()).toBe(1);
  });

  it('signs one other when two programs resume at once', async () => {
    const world = await openWorld();
    await killedAtSubmission(world, 'twice', 'before');
    later(OVER_MS);
    const firstSigned = signal();
    const firstPaid = signal();
    const secondAsked = signal();
    // The second finds the old transaction, and hears that the ledger does not have it, when the first has signed anew; it hears
    // from the gateway that nothing is paid just before the first sends, and acts on that just afterwards.
    let states = 0;
    const second = run(world, 'twice', async ({ asksState, looksAtLedger, pass }) => {
      const answer = await pass();
      if (looksAtLedger) await firstSigned.given;
      if (asksState && ++states === 2) {
        secondAsked.give();
        await firstPaid.given;
      }
      return answer;
    });
    const first = run(world, 'twice', async ({ isSubmission, pass }) => {
      if (!isSubmission) return pass();
      firstSigned.give();
      await secondAsked.given;
      const answer = await pass();
      firstPaid.give();
      return answer;
    });
    const [one, other] = await Promise.all([first, second]);
    expect(other).toBe(one);
    expect(await world.payouts()).toBe(1);
  });
});

/** An answer of the gateway, with nothing on the ledger. */
const unseen = (text: string) => text.replace(/"ledgerTransaction":\{[^}]*\}/, '"ledgerTransaction":null');

/** Something that one waits for and another tells. */
function signal(): { readonly given: Promise<void>; give(): void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give: () => give() };
}
