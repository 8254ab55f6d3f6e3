import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { QuotaExceeded } from '../../src/state/quota.js';
import type { State } from '../../src/state/state.js';

export interface StateUnderTest {
  readonly state: State;
  /** Lets this much time go by, as the backend sees it. */
  advance(ms: number): Promise<void>;
  /** How many records one caller may hold. */
  readonly share: number;
  dispose(): Promise<void>;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Of whom the test that runs asks: each has a state of its own, and some run side by side. */
const current = new AsyncLocalStorage<StateUnderTest>();

function subject(): StateUnderTest {
  const one = current.getStore();
  if (one === undefined) throw new Error('a state is there only while its test runs');
  return one;
}

/** Defines a test. */
type Define = (title: string, run: () => Promise<void>) => void;

/** What every state backend promises. Where time is real, the tests that let it go by do so side by side. */
export function describeState(
  name: string,
  open: () => Promise<StateUnderTest>,
  time: 'moved' | 'real' = 'moved',
): void {
  const withSubject = (run: () => Promise<void>) => async () => {
    const one = await open();
    try {
      await current.run(one, run);
    } finally {
      await one.dispose();
    }
  };
  const test: Define = (title, run) => it(title, withSubject(run));
  describe(`${name} state`, () => {
    const inTime: [string, () => Promise<void>][] = [];
    const later: Define = (title, run) => void inTime.push([title, run]);
    describeRecords(test, later);
    describeCounters(test, later);
    describeLeases(test, later);
    describeEvents(test);
    describe('as time goes by', { concurrent: time === 'real' }, () => {
      for (const [title, run] of inTime) test(title, run);
    });
  });
}

function describeRecords(it: Define, inTime: Define): void {
  const records = () => subject().state.records;

  describe('records', () => {
    it('reads nothing where nothing was created', async () => {
      expect(await records().read('a')).toBeUndefined();
    });

    it('reads what was created, with its version, and keeps keys apart', async () => {
      const first = await records().create('a', 'one', HOUR);
      const second = await records().create('b', 'två \u0000 "quoted" 🎫', HOUR);
      expect(first).toBeTypeOf('number');
      expect(await records().read('a')).toEqual({
        value: 'one',
        version: first,
        ageMs: expect.any(Number),
        orphaned: false,
      });
      expect(await records().read('b')).toEqual({
        value: 'två \u0000 "quoted" 🎫',
        version: second,
        ageMs: expect.any(Number),
        orphaned: false,
      });
    });

    it('creates a key once, even when many try together', async () => {
      const tries = await Promise.all(Array.from({ length: 20 }, (_, i) => records().create('a', `writer ${i}`, HOUR)));
      expect(tries.filter((version) => version !== undefined)).toHaveLength(1);
      const winner = tries.findIndex((version) => version !== undefined);
      expect(await records().read('a')).toEqual({
        value: `writer ${winner}`,
        version: tries[winner],
        ageMs: expect.any(Number),
        orphaned: false,
      });
    });

    it('leaves the document alone when creating it again', async () => {
      await records().create('a', 'one', HOUR);
      expect(await records().create('a', 'two', HOUR)).toBeUndefined();
      expect((await records().read('a'))?.value).toBe('one');
    });

    it('replaces the version it was told, and gives the new one', async () => {
      const first = (await records().create('a', 'one', HOUR))!;
      const second = await records().replace('a', first, 'two', HOUR);
      expect(second).toBeTypeOf('number');
      expect(second).not.toBe(first);
      expect(await records().read('a')).toEqual({
        value: 'two',
        version: second,
        ageMs: expect.any(Number),
        orphaned: false,
      });
    });

    inTime('tells how long ago the document was written last', async () => {
      const first = (await records().create('a', 'one', HOUR))!;
      await subject().advance(300);
      const before = (await records().read('a'))!.ageMs;
      expect(before).toBeGreaterThanOrEqual(290);
      await records().replace('a', first, 'one', HOUR);
      expect((await records().read('a'))!.ageMs).toBeLessThan(before);
    });

    it('refuses to replace another version', async () => {
      const first = (await records().create('a', 'one', HOUR))!;
      await records().replace('a', first, 'two', HOUR);
      expect(await records().replace('a', first, 'late', HOUR)).toBeUndefined();
      expect((await records().read('a'))?.value).toBe('two');
    });

    it('lets one of many replace a version', async () => {
      const first = (await records().create('a', 'start', HOUR))!;
      const tries = await Promise.all(
        Array.from({ length: 20 }, (_, i) => records().replace('a', first, `writer ${i}`, HOUR)),
      );
      const winner = tries.findIndex((version) => version !== undefined);
      expect(tries.filter((version) => version !== undefined)).toHaveLength(1);
      expect(await records().read('a')).toEqual({
        value: `writer ${winner}`,
        version: tries[winner],
        ageMs: expect.any(Number),
        orphaned: false,
      });
    });

    it('does not replace what is not there', async () => {
      expect(await records().replace('a', 1, 'one', HOUR)).toBeUndefined();
      expect(await records().read('a')).toBeUndefined();
    });

    it('removes the version it was told and no other', async () => {
      const first = (await records().create('a', 'one', HOUR))!;
      const second = (await records().replace('a', first, 'two', HOUR))!;
      expect(await records().remove('a', first)).toBe(false);
      expect(await records().remove('a', second)).toBe(true);
      expect(await records().remove('a', second)).toBe(false);
      expect(await records().read('a')).toBeUndefined();
    });

    it('never uses a version twice, so a late writer misses a newer document', async () => {
      const first = (await records().create('a', 'one', HOUR))!;
      await records().remove('a', first);
      const second = await records().create('a', 'two', HOUR);
      expect(second).not.toBe(first);
      expect(await records().replace('a', first, 'late', HOUR)).toBeUndefined();
      expect(await records().remove('a', first)).toBe(false);
      expect(await records().read('a')).toEqual({
        value: 'two',
        version: second,
        ageMs: expect.any(Number),
        orphaned: false,
      });
    });

    inTime('forgets a document at the end of its time', async () => {
      const version = (await records().create('a', 'one', 1_000))!;
      await subject().advance(700);
      expect((await records().read('a'))?.value).toBe('one');
      await subject().advance(400);
      expect(await records().read('a')).toBeUndefined();
      expect(await records().replace('a', version, 'late', HOUR)).toBeUndefined();
      expect(await records().remove('a', version)).toBe(false);
      expect(await records().create('a', 'two', HOUR)).toBeTypeOf('number');
    });

    it('lets one caller fill a part of it and no more, whoever else is there', async () => {
      const { share } = subject();
      for (let i = 0; i < share; i += 1) await records().create(`greedy ${i}`, 'x', HOUR, 'greedy');
      await expect(records().create('one more', 'x', HOUR, 'greedy')).rejects.toBeInstanceOf(QuotaExceeded);
      expect(await records().read('one more')).toBeUndefined();
      expect(await records().create('other', 'x', HOUR, 'modest')).toBeTypeOf('number');
      expect(await records().create('nobody', 'x', HOUR)).toBeTypeOf('number');
      const { version } = (await records().read('greedy 0'))!;
      const next = (await records().replace('greedy 0', version, 'longer', HOUR))!;
      await expect(records().create('one more', 'x', HOUR, 'greedy')).rejects.toBeInstanceOf(QuotaExceeded);
      await records().remove('greedy 0', next);
      expect(await records().create('one more', 'x', HOUR, 'greedy')).toBeTypeOf('number');
    });

    inTime('gives a caller back what has ended', async () => {
      const { share } = subject();
      for (let i = 0; i < share; i += 1) await records().create(`short ${i}`, 'x', 500, 'greedy');
      await subject().advance(600);
      expect(await records().create('again', 'x', HOUR, 'greedy')).toBeTypeOf('number');
    });

    inTime('counts what lives long beside what has ended', async () => {
      const { share } = subject();
      await records().create('short', 'x', 500, 'greedy');
      for (let i = 1; i < share; i += 1) await records().create(`long ${i}`, 'x', HOUR, 'greedy');
      await subject().advance(600);
      expect(await records().create('in place of the short one', 'x', HOUR, 'greedy')).toBeTypeOf('number');
      await expect(records().create('one more', 'x', HOUR, 'greedy')).rejects.toBeInstanceOf(QuotaExceeded);
    });

    inTime('starts the time anew with each replacement', async () => {
      const version = (await records().create('a', 'one', 1_000))!;
      await subject().advance(700);
      await records().replace('a', version, 'two', 1_000);
      await subject().advance(700);
      expect((await records().read('a'))?.value).toBe('two');
      await subject().advance(400);
      expect(await records().read('a')).toBeUndefined();
    });
  });
}

function describeCounters(it: Define, inTime: Define): void {
  const counters = () => subject().state.counters;

  describe('counters', () => {
    it('adds up, each key for itself', async () => {
      expect(await counters().add('a', 2, HOUR)).toBe(2);
      expect(await counters().add('a', 40, HOUR)).toBe(42);
      expect(await counters().add('b', 1, HOUR)).toBe(1);
    });

    it('gives back', async () => {
      await counters().add('a', 5, HOUR);
      expect(await counters().add('a', -5, HOUR)).toBe(0);
      expect(await counters().add('a', 3, HOUR)).toBe(3);
    });

    it('loses nothing when many add together', async () => {
      const sums = await Promise.all(Array.from({ length: 50 }, () => counters().add('a', 1, HOUR)));
      expect([...sums].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    });

    inTime('counts from the first addition to the end of its time, however often something is added', async () => {
      await counters().add('a', 1, 1_000);
      await subject().advance(700);
      expect(await counters().add('a', 1, 1_000)).toBe(2);
      await subject().advance(400);
      expect(await counters().add('a', 1, 1_000)).toBe(1);
    });

    it('says itself what day it is, and counts each for itself', async () => {
      const wall = Date.now();
      const today = Math.floor(wall / DAY);
      const { day } = await counters().addToDay('a', 2, HOUR);
      // A Redis has a clock of its own.
      expect(Math.abs(day - today)).toBeLessThanOrEqual(1);
      expect(await counters().addToDay('a', 40, HOUR)).toEqual({ day, sum: 42 });
      expect(await counters().addToDay('a', -2, HOUR, day)).toEqual({ day, sum: 40 });
      expect(await counters().addToDay('a', 1, HOUR, day - 1)).toEqual({ day: day - 1, sum: 1 });
      expect(await counters().addToDay('b', 1, HOUR)).toEqual({ day, sum: 1 });
      expect(await counters().add('a', 1, HOUR)).toBe(1);
    });

    it("goes by no caller's clock: one that is set meanwhile changes no day", async () => {
      const { day } = await counters().addToDay('a', 1, HOUR);
      const set = vi.spyOn(Date, 'now');
      try {
        for (const days of [-20_000, -40, -1, 1, 7, 400]) {
          set.mockReturnValue((day + days) * DAY);
          expect((await counters().addToDay('a', 1, HOUR)).day, `${days} days`).toBe(day);
        }
      } finally {
        set.mockRestore();
      }
      expect(await counters().addToDay('a', 1, HOUR)).toEqual({ day, sum: 8 });
    });

    inTime('counts a day to the end of its time', async () => {
      const { day } = await counters().addToDay('a', 1, 1_000);
      await subject().advance(1_100);
      expect(await counters().addToDay('a', 1, 1_000, day)).toEqual({ day, sum: 1 });
    });

    it('does not mix with records of the same name', async () => {
      await subject().state.records.create('a', '7', HOUR);
      expect(await counters().add('a', 1, HOUR)).toBe(1);
      expect((await subject().state.records.read('a'))?.value).toBe('7');
    });
  });
}

function describeLeases(it: Define, inTime: Define): void {
  const leases = () => subject().state.leases;
  const claim = async (owner: string, name = 'a', ttlMs = HOUR, seen?: number) =>
    (await leases().claim(owner, [{ name, ttlMs, seen }]))[0]!;
  const note = async (owner: string, text: string | undefined, name = 'a', ttlMs = HOUR) =>
    (await leases().note(owner, [{ name, ttlMs, text }], HOUR))[0]!;

  describe('leases', () => {
    it('gives a name to one of many who claim it together', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => claim(`owner ${i}`)));
      expect(answers.filter(({ held }) => held)).toHaveLength(1);
    });

    it('answers each claim of a list for itself, in order, however long the list', async () => {
      const names = Array.from({ length: 700 }, (_, i) => `name ${i}`);
      await leases().claim(
        'b',
        names.filter((_, i) => i % 3 === 0).map((name) => ({ name, ttlMs: HOUR })),
      );
      const answers = await leases().claim(
        'a',
        names.map((name) => ({ name, ttlMs: HOUR })),
      );
      expect(answers.map(({ held }) => held)).toEqual(names.map((_, i) => i % 3 !== 0));
    });

    it('says for how long a name is taken', async () => {
      expect((await claim('one', 'a', 60_000)).remainingMs).toBe(60_000);
      const { held, remainingMs } = await claim('two', 'a', 1_000);
      expect(held).toBe(false);
      expect(remainingMs).toBeGreaterThan(50_000);
      expect(remainingMs).toBeLessThanOrEqual(60_000);
    });

    inTime('gives a name on when its time ends', async () => {
      await claim('one', 'a', 1_000);
      await subject().advance(700);
      expect((await claim('two')).held).toBe(false);
      await subject().advance(400);
      expect((await claim('two')).held).toBe(true);
      expect((await claim('one')).held).toBe(false);
    });

    inTime('prolongs the hold with each claim and each note', async () => {
      await claim('one', 'a', 600);
      await subject().advance(400);
      expect((await claim('one', 'a', 600)).held).toBe(true);
      await subject().advance(400);
      await note('one', 'text', 'a', 600);
      await subject().advance(400);
      expect((await claim('two')).held).toBe(false);
    });

    it("gives up only what is one's own", async () => {
      await claim('one');
      await leases().release('two', ['a', 'never taken']);
      expect((await claim('two')).held).toBe(false);
      await leases().release('one', ['a']);
      expect((await claim('two')).held).toBe(true);
    });

    it("shows the holder's note to everybody, its text once", async () => {
      expect((await claim('one')).note).toBeUndefined();
      const version = await note('one', 'två \u0000 "quoted" 🎫');
      expect(version).toBeTypeOf('number');
      const seen = (await claim('two')).note!;
      expect(seen).toMatchObject({ version, text: 'två \u0000 "quoted" 🎫' });
      expect(seen.ageMs).toBeLessThan(5_000);
      expect((await claim('two', 'a', HOUR, seen.version)).note).toMatchObject({ version, text: undefined });
    });

    inTime('tells the age of a note', async () => {
      await claim('one');
      await note('one', 'text');
      await subject().advance(300);
      expect((await claim('two')).note!.ageMs).toBeGreaterThanOrEqual(290);
    });

    it('keeps the note when the hold ends', async () => {
      await claim('one');
      await note('one', 'last words');
      await leases().release('one', ['a']);
      expect(await claim('two')).toMatchObject({ held: true, note: { text: 'last words' } });
    });

    it('gives a note a later version when it is confirmed, and forgets no text by that', async () => {
      await claim('one');
      const first = await note('one', 'text');
      const second = await note('one', undefined);
      expect(second).toBeGreaterThan(Number(first));
      expect((await claim('two')).note).toMatchObject({ version: second, text: 'text' });
    });

    it('cannot confirm a note that is not there', async () => {
      await claim('one');
      expect(await note('one', undefined)).toBe('gone');
    });

    inTime('takes no note from an owner whose time ran out, not even when nobody else came', async () => {
      await claim('one', 'a', 500);
      await subject().advance(600);
      expect(await note('one', 'late')).toBe('lost');
      await claim('two');
      await note('two', 'news');
      expect(await note('one', 'late')).toBe('lost');
      expect((await claim('three')).note).toMatchObject({ text: 'news' });
    });
  });
}

function describeEvents(it: Define): void {
  const events = () => subject().state.events;
  /** Everything heard so far on a channel; resolves when it is heard. */
  async function ear(channel: string) {
    const heard: string[] = [];
    const listening = events().listen(channel, (text) => heard.push(text));
    await listening.began;
    return { heard, stop: () => listening.stop() };
  }

  describe('events', () => {
    it('reach everybody who listens to their channel, in order, and nobody else', async () => {
      const [one, two, other] = await Promise.all([ear('a'), ear('a'), ear('b')]);
      for (const text of ['1', 'två \u0000 🎫', '3']) await events().publish('a', text);
      await events().publish('b', 'end');
      await vi.waitFor(() => expect(other.heard).toEqual(['end']), 20_000);
      expect(one.heard).toEqual(['1', 'två \u0000 🎫', '3']);
      expect(two.heard).toEqual(one.heard);
    });

    it('are not kept for those who come later', async () => {
      await events().publish('a', 'early');
      const late = await ear('a');
      await events().publish('a', 'now');
      await vi.waitFor(() => expect(late.heard).toEqual(['now']), 20_000);
    });

    it('are not heard any more by those who stopped, while others go on', async () => {
      const [gone, stays] = await Promise.all([ear('a'), ear('a')]);
      gone.stop();
      gone.stop();
      await events().publish('a', 'text');
      await vi.waitFor(() => expect(stays.heard).toEqual(['text']), 20_000);
      expect(gone.heard).toEqual([]);
      stays.stop();
      const again = await ear('a');
      await events().publish('a', 'again');
      await vi.waitFor(() => expect(again.heard).toEqual(['again']), 20_000);
      expect(stays.heard).toEqual(['text']);
    });
  });
}
