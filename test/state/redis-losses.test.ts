import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createState } from '../../src/state/index.js';
import { StateUnavailable, type State } from '../../src/state/state.js';
import { describeWithRedis, startRedis, type TestRedis } from '../support/start-redis.js';

const HOUR = 3_600_000;
const SECRET = 'a secret for tests only';

describeWithRedis('a Redis that loses what it held', () => {
  let redis: TestRedis;
  let admin: Redis;
  let told: string[];
  let state: State;
  const opened: State[] = [];
  beforeEach(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
    told = [];
    state = await open(told);
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    admin.disconnect();
    await redis.stop();
  });

  async function open(events: string[] = []): Promise<State> {
    const one = await createState({ redisUrl: redis.url, secret: SECRET, report: (event) => events.push(event) });
    opened.push(one);
    // On a busy machine the first look may come too late. An instance that has met no state yet could miss nothing of it.
    await vi.waitFor(() => expect(one.doubt()).not.toBe('unchecked'), 20_000);
    return one;
  }
  /** Takes it back to what it held when it was last saved. */
  async function restore(): Promise<void> {
    await redis.kill();
    await redis.revive();
    await vi.waitFor(() => expect(state.availability()).toBe('lost'), 20_000);
    await vi.waitFor(() => expect(state.availability()).toBe('available'), 20_000);
  }
  const losses = (): number => told.filter((event) => event === 'state_emptied').length;

  const uses: readonly [string, (version: number) => Promise<unknown>][] = [
    ['create', () => state.records.create('key', 'again', HOUR)],
    ['replace', (version) => state.records.replace('key', version, 'sent', HOUR)],
    ['remove', (version) => state.records.remove('key', version)],
    ['read', () => state.records.read('key')],
    ['add', () => state.counters.add('cap', 1, HOUR)],
  ];

  describe('on a connection that lives on', () => {
    it.each(uses)('is seen by the next %s, which changes nothing', async (_name, use) => {
      const version = (await state.records.create('key', 'one', HOUR))!;
      await state.counters.add('cap', 1, HOUR);
      await admin.flushall();
      const answer = use(version);
      await expect(answer).rejects.toBeInstanceOf(StateUnavailable);
      expect(state.doubt()).toBe('emptied');
      expect(losses()).toBe(1);
      expect(await admin.keys('*:record:*')).toEqual([]);
      expect(await admin.keys('*:counter:*')).toEqual([]);
    });

    it('is seen though another instance, or nobody, has given it an epoch since', async () => {
      const other = await open();
      await admin.flushdb();
      await expect(other.records.create('key', 'one', HOUR)).rejects.toBeInstanceOf(StateUnavailable);
      await vi.waitFor(async () => expect(await admin.get('headgate:deployment')).not.toBeNull(), 20_000);
      await expect(state.records.create('key', 'two', HOUR)).rejects.toBeInstanceOf(StateUnavailable);
      expect([state.doubt(), other.doubt()]).toEqual(['emptied', 'emptied']);
    });

    it('is told once, however many calls meet it, and all that costs nothing goes on', async () => {
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

    it('is seen when it went back to older contents under the same epoch', async () => {
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
    it('is not trusted, by any instance, until an operator accepts that', async () => {
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

    it('is not trusted either when that is from before its first record', async () => {
      await admin.save();
      await state.records.create('key', 'one', HOUR);
      await restore();
      expect(state.doubt()).toBe('emptied');
    });

    it('is not trusted either when that is of an epoch that was accepted once', async () => {
      await state.acceptLoss();
      await state.records.create('key', 'one', HOUR);
      await admin.save();
      await admin.flushall();
      expect(await state.acceptLoss()).toBe(true);
      await restore();
      expect(state.doubt()).toBe('emptied');
    });

    it('is trusted when nothing was lost', async () => {
      const version = (await state.records.create('key', 'one', HOUR))!;
      await admin.save();
      await restore();
      expect(state.doubt()).toBeUndefined();
      expect(await state.records.replace('key', version, 'two', HOUR)).toBeTypeOf('number');
      expect(told).toEqual(['state_reached', 'state_lost', 'state_reached']);
    });
  });

  it('is not trusted any more when it threw something out, though its policy is right again', async () => {
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
    expect(await state.acceptLoss()).toBe(true);
    await vi.waitFor(() => expect([state.doubt(), other.doubt()]).toEqual([undefined, undefined]), 20_000);
    await admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await vi.waitFor(() => expect(told.filter((event) => event === 'state_reached').length).toBe(3), 20_000);
    expect([state.doubt(), other.doubt()]).toEqual([undefined, undefined]);
  });

  it('says whether it writes down each change', async () => {
    expect(state.appendonly?.()).toBe('no');
    await admin.config('SET', 'appendonly', 'yes');
    expect((await open()).appendonly?.()).toBe('yes');
  });

  describe('and does not tell how it is set up', () => {
    const unseen = (events: string[]): number => events.filter((event) => event === 'state_unseen').length;
    /** Has every connection come back, and look. */
    const lookAgain = () => admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

    it('is not trusted from the start, until INFO is allowed; that is told once', async () => {
      await admin.config('SET', 'maxmemory', '64mb');
      await admin.config('SET', 'maxmemory-policy', 'volatile-lru');
      await admin.acl('SETUSER', 'default', '-info');
      const events: string[] = [];
      const one = await createState({
        redisUrl: redis.url,
        secret: SECRET,
        report: (event) => events.push(event),
      });
      opened.push(one);
      await vi.waitFor(() => expect(unseen(events)).toBe(1), 20_000);
      expect([one.doubt(), one.appendonly?.()]).toEqual(['unchecked', 'unknown']);
      await lookAgain();
      await vi.waitFor(() => expect(events.filter((event) => event === 'state_reached')).toHaveLength(2), 20_000);
      expect([one.doubt(), unseen(events)]).toEqual(['unchecked', 1]);
      await admin.acl('SETUSER', 'default', '+info');
      await vi.waitFor(() => expect(one.doubt()).toBe('evicts'), 20_000);
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
      await vi.waitFor(() => expect(one.doubt()).toBeUndefined(), 20_000);
    });

    it('is not trusted any more when INFO is denied later, and keeps an earlier doubt', async () => {
      await admin.acl('SETUSER', 'default', '-info');
      await lookAgain();
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
