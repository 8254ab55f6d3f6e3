import { Redis } from 'ioredis';
import { describe, expect, it, vi, type TestContext } from 'vitest';
import { createState } from '../../src/state/index.js';
import { StateUnavailable, type State } from '../../src/state/state.js';
import { describeWithRedis, startRedis, type TestRedis } from '../support/start-redis.js';

const HOUR = 3_600_000;
const SECRET = 'a secret for tests only';

/** A Redis of one test, and a state there. */
interface Rig {
  readonly redis: TestRedis;
  readonly admin: Redis;
  readonly told: readonly string[];
  readonly state: State;
  /** Another instance's. */
  open(events?: string[]): Promise<State>;
  /** Takes it back to what it held when it was last saved. */
  restore(): Promise<void>;
  losses(): number;
}

async function openRig(onTestFinished: TestContext['onTestFinished']): Promise<Rig> {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  async function open(events: string[] = []): Promise<State> {
    const one = await createState({ redisUrl: redis.url, secret: SECRET, report: (event) => events.push(event) });
    onTestFinished(() => one.close());
    // On a busy machine the first look may come too late. An instance that has met no state yet could miss nothing of it.
    await vi.waitFor(() => expect(one.doubt()).not.toBe('unchecked'), 20_000);
    return one;
  }
  const told: string[] = [];
  const state = await open(told);
  return {
    redis,
    admin,
    told,
    state,
    open,
    async restore() {
      await redis.kill();
      await redis.revive();
      await vi.waitFor(() => expect(state.availability()).toBe('lost'), 20_000);
      await vi.waitFor(() => expect(state.availability()).toBe('available'), 20_000);
    },
    losses: () => told.filter((event) => event === 'state_emptied').length,
  };
}

// Side by side, since they wait for what happens from time to time.
describeWithRedis('a Redis that loses what it held', { concurrent: true }, () => {
  const uses: readonly [string, (state: State, version: number) => Promise<unknown>][] = [
    ['create', (state) => state.records.create('key', 'again', HOUR)],
    ['replace', (state, version) => state.records.replace('key', version, 'sent', HOUR)],
    ['remove', (state, version) => state.records.remove('key', version)],
    ['read', (state) => state.records.read('key')],
    ['add', (state) => state.counters.add('cap', 1, HOUR)],
  ];

  describe('on a connection that lives on', () => {
    it.for(uses)('is seen by the next %s, which changes nothing', async ([, use], { onTestFinished }) => {
      const { admin, state, losses } = await openRig(onTestFinished);
      const version = (await state.records.create('key', 'one', HOUR))!;
      await state.counters.add('cap', 1, HOUR);
      await admin.flushall();
      const answer = use(state, version);
      await expect(answer).rejects.toBeInstanceOf(StateUnavailable);
      expect(state.doubt()).toBe('emptied');
      expect(losses()).toBe(1);
      expect(await admin.keys('*:record:*')).toEqual([]);
      expect(await admin.keys('*:counter:*')).toEqual([]);
    });

    it('is seen though another instance, or nobody, has given it an epoch since', async ({ onTestFinished }) => {
      const { admin, state, open } = await openRig(onTestFinished);
      const other = await open();
      await admin.flushdb();
      await expect(other.records.create('key', 'one', HOUR)).rejects.toBeInstanceOf(StateUnavailable);
      await vi.waitFor(async () => expect(await admin.get('headgate:deployment')).not.toBeNull(), 20_000);
      await expect(state.records.create('key', 'two', HOUR)).rejects.toBeInstanceOf(StateUnavailable);
      expect([state.doubt(), other.doubt()]).toEqual(['emptied', 'emptied']);
    });

    it('is told once, however many calls meet it, and all that costs nothing goes on', async ({ onTestFinished }) => {
      const { admin, state, losses } = await openRig(onTestFinished);
      await state.records.create('key', 'one', HOUR);
      await admin.flushall();
      const ends = await Promise.allSettled(
        Array.from({ length: 50 }, (_, index) => state.records.create(`key ${index}`, 'one', HOUR)),
      );
      expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
      await vi.waitFor(async () => expect(await state.records.create('key', 'two', HOUR)).toBeTypeOf('number'), 20_000);
      expect(state.doubt()).toBe('emptied');
      expect(losses()).toBe(1);
      expect(await state.acceptLoss()).toBe(true);
      expect(state.doubt()).toBeUndefined();
      expect((await state.records.read('key'))?.value).toBe('two');
    });

    it('is seen when it went back to older contents under the same epoch', async ({ onTestFinished }) => {
      const { admin, state } = await openRig(onTestFinished);
      await state.records.create('key', 'one', HOUR);
      const [place] = await admin.keys('*:version');
      const before = (await admin.get(place!))!;
      await state.records.create('other', 'one', HOUR);
      await admin.set(place!, before, 'KEEPTTL');
      await expect(state.records.create('third', 'one', HOUR)).rejects.toBeInstanceOf(StateUnavailable);
      expect(state.doubt()).toBe('emptied');
    });
  });

  describe('and comes back with an old snapshot', () => {
    it('is not trusted, by any instance, until an operator accepts that', async ({ onTestFinished }) => {
      const { admin, state, open, restore, losses } = await openRig(onTestFinished);
      const other = await open();
      await state.records.create('old', 'one', HOUR);
      await admin.save();
      await state.records.create('key', 'one', HOUR);
      const epoch = await admin.get('headgate:deployment');
      await restore();
      expect(state.doubt()).toBe('emptied');
      expect(losses()).toBe(1);
      expect(await admin.get('headgate:deployment')).not.toBe(epoch);
      expect((await state.records.read('old'))?.value).toBe('one');
      // Who has come back and looked knows it already; else no call changes anything, and the first that gets there meets it.
      const unknowing: unknown[] = [];
      await vi.waitFor(async () => {
        const knew = other.doubt() === 'emptied';
        const end: unknown = await other.records.create('key', 'two', HOUR).catch((error: unknown) => error);
        if (!knew) unknowing.push(end);
        expect(other.doubt()).toBe('emptied');
      }, 20_000);
      for (const end of unknowing) expect(end).toBeInstanceOf(StateUnavailable);
      expect(other.doubt()).toBe('emptied');
      expect(await state.acceptLoss()).toBe(true);
      expect(state.doubt()).toBeUndefined();
      await vi.waitFor(() => expect(other.doubt()).toBeUndefined(), 20_000);
    });

    it('is not trusted either when that is from before its first record', async ({ onTestFinished }) => {
      const { admin, state, restore } = await openRig(onTestFinished);
      await admin.save();
      await state.records.create('key', 'one', HOUR);
      await restore();
      expect(state.doubt()).toBe('emptied');
    });

    it('is not trusted either when that is of an epoch that was accepted once', async ({ onTestFinished }) => {
      const { admin, state, restore } = await openRig(onTestFinished);
      await state.acceptLoss();
      await state.records.create('key', 'one', HOUR);
      await admin.save();
      await admin.flushall();
      expect(await state.acceptLoss()).toBe(true);
      await restore();
      expect(state.doubt()).toBe('emptied');
    });

    it('is trusted when nothing was lost', async ({ onTestFinished }) => {
      const { admin, told, state, restore } = await openRig(onTestFinished);
      const version = (await state.records.create('key', 'one', HOUR))!;
      await admin.save();
      await restore();
      expect(state.doubt()).toBeUndefined();
      expect(await state.records.replace('key', version, 'two', HOUR)).toBeTypeOf('number');
      expect(told).toEqual(['state_reached', 'state_lost', 'state_reached']);
    });
  });

  it('is not trusted any more when it threw something out, though its policy is right again', async ({
    onTestFinished,
  }) => {
    const { admin, told, state, open } = await openRig(onTestFinished);
    const other = await open();
    for (let i = 0; i < 50; i += 1) await state.records.create(`key ${i}`, 'one', HOUR);
    // What ends last, or never, stays: epoch and version are there all the time.
    await admin.config('SET', 'maxmemory-policy', 'volatile-ttl');
    const used = /^used_memory:(\d+)/m.exec(await admin.info('memory'))?.[1];
    await admin.config('SET', 'maxmemory', String(Number(used) + 100_000));
    const evicted = async () => Number(/^evicted_keys:(\d+)/m.exec(await admin.info('stats'))?.[1]);
    for (let i = 0; (await evicted()) === 0; i += 1)
      await admin.set(`filler ${i}`, 'x'.repeat(10_000)).catch(() => null);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await admin.config('SET', 'maxmemory', '0');
    expect((await admin.keys('*:record:*')).length).toBeLessThan(50);
    expect(await admin.keys('headgate:deployment')).toHaveLength(1);
    expect(await admin.keys('headgate:*:version')).toHaveLength(1);
    // Each looks when it comes back, and from time to time.
    await admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await vi.waitFor(() => expect([state.doubt(), other.doubt()]).toEqual(['emptied', 'emptied']), 20_000);
    // A command has half a second, which a busy machine may take for itself.
    expect(await vi.waitFor(() => state.acceptLoss(), 20_000)).toBe(true);
    await vi.waitFor(() => expect([state.doubt(), other.doubt()]).toEqual([undefined, undefined]), 20_000);
    await admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await vi.waitFor(() => expect(told.filter((event) => event === 'state_reached').length).toBe(3), 20_000);
    expect([state.doubt(), other.doubt()]).toEqual([undefined, undefined]);
  });

  it('says whether it writes down each change', async ({ onTestFinished }) => {
    const { admin, state, open } = await openRig(onTestFinished);
    expect(state.appendonly?.()).toBe('no');
    await admin.config('SET', 'appendonly', 'yes');
    expect((await open()).appendonly?.()).toBe('yes');
  });

  describe('and does not tell how it is set up', () => {
    const unseen = (events: readonly string[]): number => events.filter((event) => event === 'state_unseen').length;
    /** Has every connection come back, and look. */
    const lookAgain = (admin: Redis) => admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

    it('is not trusted from the start, until INFO is allowed; that is told once', async ({ onTestFinished }) => {
      const { redis, admin } = await openRig(onTestFinished);
      await admin.config('SET', 'maxmemory', '64mb');
      await admin.config('SET', 'maxmemory-policy', 'volatile-lru');
      await admin.acl('SETUSER', 'default', '-info');
      const events: string[] = [];
      const one = await createState({
        redisUrl: redis.url,
        secret: SECRET,
        report: (event) => events.push(event),
      });
      onTestFinished(() => one.close());
      await vi.waitFor(() => expect(unseen(events)).toBe(1), 20_000);
      expect([one.doubt(), one.appendonly?.()]).toEqual(['unchecked', 'unknown']);
      await lookAgain(admin);
      await vi.waitFor(() => expect(events.filter((event) => event === 'state_reached')).toHaveLength(2), 20_000);
      expect([one.doubt(), unseen(events)]).toEqual(['unchecked', 1]);
      await admin.acl('SETUSER', 'default', '+info');
      await vi.waitFor(() => expect(one.doubt()).toBe('evicts'), 20_000);
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
      await vi.waitFor(() => expect(one.doubt()).toBeUndefined(), 20_000);
    });

    it('is not trusted any more when INFO is denied later, and keeps an earlier doubt', async ({ onTestFinished }) => {
      const { admin, told, state } = await openRig(onTestFinished);
      await admin.acl('SETUSER', 'default', '-info');
      await lookAgain(admin);
      await vi.waitFor(() => expect(state.doubt()).toBe('unchecked'), 20_000);
      await admin.acl('SETUSER', 'default', '+info');
      await admin.config('SET', 'maxmemory', '64mb');
      await admin.config('SET', 'maxmemory-policy', 'volatile-lru');
      await vi.waitFor(() => expect(state.doubt()).toBe('evicts'), 20_000);
      await admin.acl('SETUSER', 'default', '-info');
      await vi.waitFor(() => expect(unseen(told)).toBe(2), 20_000);
      expect(state.doubt()).toBe('evicts');
    });
  });
});
