import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi, type TestContext } from 'vitest';
import { createState } from '../../src/state/index.js';
import { createSeal } from '../../src/state/seal.js';
import { StateUnavailable, type State } from '../../src/state/state.js';
import { spellings } from '../support/spellings.js';
import { describeWithRedis, startRedis, type TestRedis } from '../support/start-redis.js';
import { describeState } from './describe-state.js';
import { spentOn } from '../support/spent-on.js';

const HOUR = 3_600_000;
const SECRET = 'a secret for tests only';
let redis: TestRedis;
let raw: Redis;

describeWithRedis('a real Redis', () => {
  beforeAll(async () => {
    redis = await startRedis();
    raw = new Redis(redis.url);
  });
  afterAll(async () => {
    raw.disconnect();
    await redis.stop();
  });

  let opened = 0;
  describeState(
    'Redis',
    async () => {
      // A Redis has sixteen databases, one of which nobody else is in meanwhile.
      const url = `${redis.url}/${(opened += 1) % 16}`;
      const own = new Redis(url);
      await own.flushdb();
      own.disconnect();
      const state = await createState({
        redisUrl: url,
        secret: SECRET,
        report: () => undefined,
        limits: { maxEntries: 100, maxCharacters: Infinity },
      });
      return {
        state,
        share: 10,
        advance: (ms) =>
          new Promise((resolve) => {
            setTimeout(resolve, ms);
          }),
        dispose: () => state.close(),
      };
    },
    'real',
  );

  describe('what lies in Redis', () => {
    it('has an end, all of it', async () => {
      await raw.flushall();
      const state = await open();
      await fill(state, 'text');
      const keys = await raw.keys('*');
      expect(keys.length).toBeGreaterThanOrEqual(5);
      // All but whose state it is.
      expect(keys).toContain('headgate:deployment');
      for (const key of keys) {
        if (key !== 'headgate:deployment') expect(await raw.pttl(key), key).toBeGreaterThan(0);
      }
      await state.close();
    });

    it('tells nothing of names and texts, in any spelling', async () => {
      await raw.flushall();
      const wire: string[] = [];
      const monitor = await raw.monitor();
      monitor.on('monitor', (_time: string, args: readonly string[]) => wire.push(args.join(' ')));
      const state = await open();
      const canary = 'canary-uid-4711';
      await fill(state, canary);
      await raw.set('end', '1', 'PX', 1_000);
      await vi.waitFor(() => expect(wire.some((line) => line.includes('set end'))).toBe(true), 20_000);
      const all = wire.join('\n');
      expect(all).toContain('headgate:');
      for (const form of spellings(canary)) expect(all).not.toContain(form);
      for (const form of spellings(SECRET)) expect(all).not.toContain(form);
      monitor.disconnect();
      await state.close();
    });

    it('is refused to an instance with another secret, with one line', async () => {
      const one = await open(SECRET);
      await expect(open('another secret, as long')).rejects.toThrow(/^HEADGATE_SECRET: is not the one .*$/);
      expect(await one.counters.add('mine', 1, HOUR)).toBe(1);
      await one.close();
    });

    it('is shared by instances with the same secret, which know how many they are', async () => {
      const one = await open();
      await one.records.create('shared', 'one', HOUR);
      const two = await open();
      expect((await two.records.read('shared'))?.value).toBe('one');
      await vi.waitFor(() => expect(two.instances()).toBe(2), 20_000);
      await Promise.all([one.close(), two.close()]);
    });

    it('is not believed when somebody moved it to another place', async () => {
      await raw.flushall();
      const state = await open();
      await state.records.create('a', 'one', HOUR);
      const [from] = await raw.keys('*:record:*');
      await state.records.create('b', 'two', HOUR);
      const to = (await raw.keys('*:record:*')).find((key) => key !== from);
      await raw.copy(from!, to!, 'REPLACE');
      await expect(state.records.read('b')).rejects.toBeInstanceOf(StateUnavailable);
      await state.close();
    });

    it('gets no version twice, even when Redis forgot everything', async () => {
      const state = await open();
      const first = (await state.records.create('forgotten', 'one', HOUR))!;
      await raw.flushall();
      await expect(state.records.create('forgotten', 'unseen', HOUR)).rejects.toBeInstanceOf(StateUnavailable);
      const second = await vi.waitFor(async () => (await state.records.create('forgotten', 'two', HOUR))!, 20_000);
      expect(second).toBeGreaterThan(first);
      expect(await state.records.replace('forgotten', first, 'late', HOUR)).toBeUndefined();
      await state.close();
    });
  });

  describe('a lease', () => {
    it('is not lost because its instance was out of reach, if nobody took it meanwhile', async () => {
      const [sleeps, thief] = await Promise.all([open(), open()]);
      const [mine, other] = ['mine', 'other'].map((name) => ({ name, ttlMs: HOUR }));
      await sleeps.leases.claim('owner', [mine!, other!]);
      for (const life of await raw.keys('*:life:*')) await raw.del(life);
      expect((await thief.leases.claim('thief', [other!]))[0]!.held).toBe(true);
      expect(
        await sleeps.leases.note(
          'owner',
          [
            { ...mine!, text: 'still here' },
            { ...other!, text: 'late' },
          ],
          HOUR,
        ),
      ).toEqual([expect.any(Number), 'lost']);
      await Promise.all([sleeps.close(), thief.close()]);
    });
  });

  describe('a Redis that fails', () => {
    let own: TestRedis | undefined;
    let state: State | undefined;
    afterEach(async () => {
      await state?.close();
      own?.thaw();
      await own?.stop();
      own = undefined;
    });

    it('makes every call fail at once, and is used again when it is back', async () => {
      own = await startRedis();
      const told: string[] = [];
      state = await open(SECRET, own.url, told);
      const heard: string[] = [];
      const listening = state.events.listen('a', (text) => heard.push(text));
      await listening.began;
      await own.kill();
      await vi.waitFor(() => expect(state!.availability()).toBe('lost'), 20_000);
      const lost = state;
      const { ms } = await spentOn(async () => {
        await expect(lost.records.read('a')).rejects.toBeInstanceOf(StateUnavailable);
        await expect(lost.records.create('a', 'one', HOUR)).rejects.toBeInstanceOf(StateUnavailable);
        await expect(lost.counters.add('a', 1, HOUR)).rejects.toBeInstanceOf(StateUnavailable);
        await expect(lost.leases.claim('one', [{ name: 'a', ttlMs: 1_000 }])).rejects.toBeInstanceOf(StateUnavailable);
        await expect(lost.events.publish('a', 'lost')).rejects.toBeInstanceOf(StateUnavailable);
        await lost.events.listen('b', () => undefined).began;
      });
      expect(ms).toBeLessThan(300);

      await own.revive();
      await vi.waitFor(() => expect(state!.availability()).toBe('available'), 20_000);
      expect(await state.records.read('a')).toBeUndefined();
      await vi.waitFor(async () => {
        await state!.events.publish('a', 'back');
        expect(heard).toContain('back');
      }, 20_000);
      expect(heard).not.toContain('lost');
      expect(told).toEqual(['state_reached', 'state_lost', 'state_emptied', 'state_reached']);
    });

    it('that hangs holds nobody up for long', async () => {
      own = await startRedis();
      state = await open(SECRET, own.url);
      own.freeze();
      const frozen = state;
      const read = () => expect(frozen.records.read('a')).rejects.toBeInstanceOf(StateUnavailable);
      expect((await spentOn(read)).ms).toBeLessThan(1_500);
      await vi.waitFor(() => expect(state!.availability()).toBe('lost'), 20_000);
      expect((await spentOn(read)).ms).toBeLessThan(100);
      own.thaw();
      await vi.waitFor(async () => expect(await state!.counters.add('a', 1, HOUR)).toBe(1), 20_000);
    });

    it('is not what is to blame when this process stood still', async () => {
      own = await startRedis();
      const told: string[] = [];
      state = await open(SECRET, own.url, told);
      await state.records.create('a', 'one', HOUR);
      const reading = state.records.read('a');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
      expect((await reading)?.value).toBe('one');
      expect(state.availability()).toBe('available');
      expect(told).toEqual(['state_reached']);
    });
  });

  // Each at one of its own, side by side: these wait for what happens from time to time.
  // Each with a Redis of its own, side by side: these wait for what happens from time to time.
  describe('with a Redis of its own', { concurrent: true }, () => {
    it('a lease is kept while its instance lives, and free some seconds after it died, for however long it was taken', async ({
      onTestFinished,
    }) => {
      const { url } = await ownRedis(onTestFinished);
      const [lives, dies, heir] = await Promise.all([open(SECRET, url), open(SECRET, url), open(SECRET, url)]);
      const claim = async (state: State, name: string) =>
        (await state.leases.claim('owner', [{ name, ttlMs: HOUR }]))[0]!.held;
      expect(await claim(lives, 'kept')).toBe(true);
      expect(await claim(dies, 'left')).toBe(true);
      await dies.close();
      expect(await claim(heir, 'left')).toBe(false);
      await vi.waitFor(async () => expect(await claim(heir, 'left')).toBe(true), { timeout: 20_000, interval: 100 });
      expect(await claim(heir, 'kept')).toBe(false);
      await Promise.all([lives.close(), heir.close()]);
    });
  });

  describe('a Redis that fails, and', { concurrent: true }, () => {
    it('that never was there leaves the state starting', async ({ onTestFinished }) => {
      const own = await ownRedis(onTestFinished);
      await own.kill();
      const told: string[] = [];
      const state = await createState({
        redisUrl: own.url,
        secret: SECRET,
        report: (event, fields) => told.push(`${event} ${fields['reason']}`),
      });
      onTestFinished(() => state.close());
      await vi.waitFor(() => expect(told).toEqual(['state_lost ECONNREFUSED']), 20_000);
      expect(state.availability()).toBe('starting');
      await own.revive();
      await vi.waitFor(() => expect(state.availability()).toBe('available'), 20_000);
    });

    it.for([
      ['a wrong password', ':wrong-word@', 'WRONGPASS'],
      ['no password', '', 'NOAUTH'],
    ])(
      'that wants another word than %s leaves it starting, and says why',
      async ([, userinfo, reason], { onTestFinished }) => {
        const own = await ownRedis(onTestFinished);
        const admin = new Redis(own.url);
        await admin.config('SET', 'requirepass', 'right-word');
        const told: string[] = [];
        const state = await createState({
          redisUrl: own.url.replace('//', `//${userinfo}`),
          secret: SECRET,
          report: (event, fields) => told.push(`${event} ${fields['reason']}`),
        });
        onTestFinished(() => state.close());
        await vi.waitFor(() => expect(told).toEqual([`state_lost ${reason}`]), 20_000);
        await expect(state.records.read('a')).rejects.toBeInstanceOf(StateUnavailable);
        expect(state.availability()).toBe('starting');
        admin.disconnect();
      },
    );

    it('that may throw out what it holds is complained of', async ({ onTestFinished }) => {
      const own = await ownRedis(onTestFinished);
      const admin = new Redis(own.url);
      await admin.config('SET', 'maxmemory', '50mb', 'maxmemory-policy', 'allkeys-lru');
      const told: string[] = [];
      const state = await openUntilEnd(onTestFinished, own.url, told);
      await vi.waitFor(() => expect(told).toEqual(['state_evicts', 'state_reached']), 20_000);
      expect(state.doubt()).toBe('evicts');
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
      await vi.waitFor(() => expect(state.doubt()).toBeUndefined(), 20_000);
      admin.disconnect();
    });

    it('that came back empty is not trusted with money until an operator accepts that, for all instances', async ({
      onTestFinished,
    }) => {
      const own = await ownRedis(onTestFinished);
      const told: string[] = [];
      const state = await openUntilEnd(onTestFinished, own.url, told);
      const other = await open(SECRET, own.url);
      expect([state.doubt(), await state.acceptLoss().catch(() => 'failed')]).toEqual([undefined, true]);
      await own.kill();
      await own.revive();
      await vi.waitFor(() => expect([state.doubt(), other.doubt()]).toEqual(['emptied', 'emptied']), 20_000);
      await vi.waitFor(() => expect(state.availability()).toBe('available'), 20_000);
      expect(told).toContain('state_emptied');
      // Everything else goes on.
      expect(await state.counters.add('a', 1, HOUR)).toBe(1);
      expect(await state.acceptLoss()).toBe(true);
      expect(state.doubt()).toBeUndefined();
      await vi.waitFor(() => expect(other.doubt()).toBeUndefined(), 20_000);
      expect(await state.acceptLoss()).toBe(false);
      await other.close();
    });

    it('that was emptied while it runs is accepted as it is then', async ({ onTestFinished }) => {
      const own = await ownRedis(onTestFinished);
      const state = await openUntilEnd(onTestFinished, own.url);
      const admin = new Redis(own.url);
      await admin.flushall();
      expect(await state.acceptLoss()).toBe(true);
      expect(state.doubt()).toBeUndefined();
      admin.disconnect();
    });

    it('that was made with another secret while it was away is never taken for ours', async ({ onTestFinished }) => {
      const own = await ownRedis(onTestFinished);
      const told: string[] = [];
      const state = await openUntilEnd(onTestFinished, own.url, told);
      await own.kill();
      await own.revive();
      const admin = new Redis(own.url);
      await admin.set('headgate:deployment', 'epoch of-somebody-else');
      await vi.waitFor(() => expect(told).toContain('state_foreign'), 20_000);
      await expect(state.records.read('a')).rejects.toBeInstanceOf(StateUnavailable);
      admin.disconnect();
    });

    it('sends no command a second time after a break', async ({ onTestFinished }) => {
      const own = await ownRedis(onTestFinished);
      const state = await openUntilEnd(onTestFinished, own.url);
      own.freeze();
      const lost = state.counters.add('a', 1, HOUR).catch(() => 'lost');
      expect(await lost).toBe('lost');
      own.thaw();
      // It may have been added once (the frozen server found it waiting), never twice.
      await vi.waitFor(async () => expect(await state.counters.add('a', 1, HOUR)).toBeLessThanOrEqual(2), 20_000);
    });
  });
});

describe('a seal', () => {
  it('opens with the same secret at the same place only', () => {
    const seal = createSeal(SECRET);
    const sealed = seal.close('text', 'here');
    expect(createSeal(SECRET).open(sealed, 'here')).toBe('text');
    expect(seal.open(sealed, 'there')).toBeUndefined();
    expect(createSeal('another secret').open(sealed, 'here')).toBeUndefined();
    expect(seal.open(`${sealed.slice(0, -6)}AAAA==`, 'here')).toBeUndefined();
    expect(seal.open('', 'here')).toBeUndefined();
  });

  it('looks different each time', () => {
    const seal = createSeal(SECRET);
    expect(seal.close('text', 'here')).not.toBe(seal.close('text', 'here'));
  });
});

async function open(secret = SECRET, url = redis.url, told: string[] = []): Promise<State> {
  const state = await createState({ redisUrl: url, secret, report: (event) => told.push(event) });
  await vi.waitFor(() => expect(state.availability()).toBe('available'), 20_000);
  return state;
}

/** The same for one test, at a Redis of its own. */
async function openUntilEnd(
  onTestFinished: TestContext['onTestFinished'],
  url: string,
  told: string[] = [],
): Promise<State> {
  const state = await open(SECRET, url, told);
  onTestFinished(() => state.close());
  return state;
}

async function ownRedis(onTestFinished: TestContext['onTestFinished']): Promise<TestRedis> {
  const own = await startRedis();
  onTestFinished(async () => {
    own.thaw();
    await own.stop();
  });
  return own;
}

/** Puts a text everywhere where a text or a name can go. */
async function fill(state: State, text: string): Promise<void> {
  await state.records.create(`record of ${text}`, text, HOUR, text);
  const version = (await state.records.create(text, text, HOUR))!;
  await state.records.replace(text, version, `${text} again`, HOUR);
  await state.counters.add(text, 1, HOUR);
  await state.leases.claim('owner', [{ name: text, ttlMs: HOUR }]);
  await state.leases.note('owner', [{ name: text, ttlMs: HOUR, text }], HOUR);
  const listening = state.events.listen(text, () => undefined);
  await listening.began;
  await state.events.publish(text, text);
  listening.stop();
}
