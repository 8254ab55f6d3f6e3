import { afterEach, describe, expect, it } from 'vitest';
import { describeWithRedis } from '../../support/start-redis.js';
import type { Fate } from './fates.js';
import { startStores, type StoreKind, type Stores } from './stores.js';
import { inputOf } from './take.js';
import { CLAIM_MS, type Moment, wait, World } from './world.js';

const TXID = 'ab'.repeat(32);
const input = inputOf('pay', 'one', 0);
const open: { readonly world: World; readonly stores: Stores }[] = [];

afterEach(async () => {
  for (const { world, stores } of open.splice(0)) {
    await world.close();
    await stores.close();
  }
});

const pay = (world: World) => world.ask(0, 'createPayment', input);
const change = (world: World, operation: 'cancelPayment' | 'completePayment', paymentId: string) =>
  world.ask(0, operation, operation === 'cancelPayment' ? { paymentId } : { paymentId, txid: TXID });
const idsIn = ({ upstreams }: World): string[] => [...upstreams.payments.keys()];

async function free(world: World): Promise<void> {
  const resolution = { operation: 'createPayment', idempotencyKey: 'one', applied: false };
  expect((await world.ask(0, 'resolveOpenWrite', resolution))?.what).toBe('ResolveOpenWritePayload');
}

async function listed(world: World): Promise<number | undefined> {
  const found = await world.query<{ openWrites: { nodes: object[] } }>(0, '{ openWrites { nodes { operation } } }');
  return found?.openWrites.nodes.length;
}

/** A payout whose answer was lost, which was then cancelled through the gateway, and whose key people have freed since. */
async function freed(kind: StoreKind): Promise<{ readonly world: World; readonly old: string }> {
  const stores = await startStores(kind);
  const world = await World.open(await stores.create());
  open.push({ world, stores });
  return { world, old: await lostCancelledFreed(world) };
}

async function lostCancelledFreed(world: World): Promise<string> {
  world.upstreams.meet('cut after', true);
  expect((await pay(world))?.what).toBe('OUTCOME_UNKNOWN');
  world.upstreams.meet('ok', false);
  const old = idsIn(world).at(-1) ?? '';
  expect((await change(world, 'cancelPayment', old))?.payment?.state).toBe('CANCELLED');
  await free(world);
  return old;
}

/** Starts anew, whether it has died or not, and waits until nobody counts as alive any more who is not. */
async function revive(world: World): Promise<void> {
  world.upstreams.meet('ok', false);
  await world.restart(0);
  await wait(CLAIM_MS + 10);
}

const lost: readonly Fate[] = ['cut after', 'half', '500 after', 'empty after', '403 after', 'named after'];

describe('a key that people have freed, over one memory', () => ofFreedKeys('memory'));
describe('a key that people have freed, over a folder', () => ofFreedKeys('embedded'));
describeWithRedis('a key that people have freed, over Redis', () => ofFreedKeys('redis'));

function ofFreedKeys(kind: StoreKind): void {
  it.each(lost)('finds its second payout, and not the first, after "%s"', async (fate) => {
    const { world, old } = await freed(kind);
    world.upstreams.meet(fate, true);
    expect(['OUTCOME_UNKNOWN', 'UPSTREAM_AUTH_FAILED']).toContain((await pay(world))?.what);
    world.upstreams.meet('ok', false);
    const [, made = ''] = idsIn(world);
    expect((await pay(world))?.payment?.paymentId).toBe(made);
    expect(made).not.toBe(old);
    expect(world.upstreams.payouts).toHaveLength(2);
    expect(await listed(world)).toBe(0);
  });

  it.each(['completePayment', 'cancelPayment'] as const)(
    'finds it after a kill behind the sending and %s, in every life',
    async (operation) => {
      const { world } = await freed(kind);
      world.killAt(0, { at: 'post', moment: 'after' });
      expect(await pay(world)).toBeUndefined();
      await revive(world);
      const [, made = ''] = idsIn(world);
      await change(world, operation, made);
      for (let time = 0; time < 2; time += 1) {
        expect((await pay(world))?.payment?.paymentId).toBe(made);
        await world.restart(0);
      }
      expect(world.upstreams.payouts).toHaveLength(2);
    },
  );

  it('finds the third after it was freed twice', async () => {
    const { world, old } = await freed(kind);
    const second = await lostCancelledFreed(world);
    world.upstreams.meet('cut after', true);
    await pay(world);
    world.upstreams.meet('ok', false);
    const third = (await pay(world))?.payment?.paymentId;
    expect([old, second]).not.toContain(third);
    expect(third).toBe(idsIn(world)[2]);
  });

  it('stays closed once people have closed it, and pays no third time', async () => {
    const { world } = await freed(kind);
    world.upstreams.meet('cut after', true);
    await pay(world);
    const applied = { operation: 'createPayment', idempotencyKey: 'one', applied: true };
    expect((await world.ask(0, 'resolveOpenWrite', applied))?.what).toBe('ResolveOpenWritePayload');
    world.upstreams.meet('ok', false);
    await change(world, 'completePayment', idsIn(world)[1] ?? '');
    for (let time = 0; time < 2; time += 1) {
      expect((await pay(world))?.what).toBe('CONFLICT');
      await world.restart(0);
    }
    expect(world.upstreams.payouts).toHaveLength(2);
  });

  it('stays free through failures before its sending, and restarts', async () => {
    const { world, old } = await freed(kind);
    world.upstreams.meet('ok', 'at once');
    for (let time = 0; time < 2; time += 1) expect((await pay(world))?.what).toBe('UPSTREAM_UNAVAILABLE');
    await world.restart(0);
    expect((await pay(world))?.what).toBe('UPSTREAM_UNAVAILABLE');
    expect(world.upstreams.payouts).toHaveLength(1);
    await world.restart(0, 'stop');
    world.upstreams.meet('ok', false);
    expect((await pay(world))?.payment?.paymentId).toBe(idsIn(world)[1]);
    expect(idsIn(world)[1]).not.toBe(old);
  });

  it('stays free while the store cannot be asked', async () => {
    const { world } = await freed(kind);
    world.away = true;
    for (let time = 0; time < 3; time += 1) expect((await pay(world))?.payment).toBeUndefined();
    world.away = false;
    await revive(world);
    expect((await pay(world))?.payment?.paymentId).toBe(idsIn(world)[1]);
    expect(world.upstreams.payouts).toHaveLength(2);
  });

  it.skipIf(kind === 'memory')(
    'tells nothing of before, wherever its second run is killed',
    { timeout: 60_000 },
    async () => {
      let sent = 0;
      let nth = 1;
      for (let dies = true; dies; nth += 1) {
        for (const reached of [false, true]) {
          const { world, old } = await freed(kind);
          const moment: Moment = { at: 'state', end: { nth, reached } };
          world.killAt(0, moment);
          await pay(world);
          dies = world.isDead(0);
          await revive(world);
          const told = await pay(world);
          const [, made] = idsIn(world);
          // Written down and never sent looks like sent and lost: people free it once more.
          if (told?.what === 'OUTCOME_UNKNOWN') {
            expect(made, `${nth}`).toBeUndefined();
            await free(world);
            expect((await pay(world))?.payment?.paymentId).toBe(idsIn(world)[1]);
          } else expect(told?.payment?.paymentId, `${nth} ${reached}: ${JSON.stringify(told)}`).toBe(made);
          expect(made).not.toBe(old);
          expect(world.upstreams.payouts.length).toBe(2);
          sent += made === undefined ? 0 : 1;
          const done = open.pop();
          await done?.world.close();
          await done?.stores.close();
        }
      }
      expect(sent).toBeGreaterThan(nth);
    },
  );
}
