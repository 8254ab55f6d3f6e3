import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { State } from '../../src/state/state.js';

export interface StateUnderTest {
  readonly state: State;
  /** Lets this much time go by, as the backend sees it. */
  advance(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

const HOUR = 3_600_000;

/** What every state backend promises. */
export function describeState(name: string, open: () => Promise<StateUnderTest>): void {
  describe(`${name} state`, () => {
    let subject: StateUnderTest;
    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject.dispose());

    describeRecords(() => subject);
    describeCounters(() => subject);
  });
}

function describeRecords(subject: () => StateUnderTest): void {
  const records = () => subject().state.records;

  describe('records', () => {
    it('reads nothing where nothing was created', async () => {
      expect(await records().read('a')).toBeUndefined();
    });

    it('reads what was created, with its version, and keeps keys apart', async () => {
      const first = await records().create('a', 'one', HOUR);
      const second = await records().create('b', 'två \u0000 "quoted" 🎫', HOUR);
      expect(first).toBeTypeOf('number');
      expect(await records().read('a')).toEqual({ value: 'one', version: first });
      expect(await records().read('b')).toEqual({ value: 'två \u0000 "quoted" 🎫', version: second });
    });

    it('creates a key once, even when many try together', async () => {
      const tries = await Promise.all(Array.from({ length: 20 }, (_, i) => records().create('a', `writer ${i}`, HOUR)));
      expect(tries.filter((version) => version !== undefined)).toHaveLength(1);
      const winner = tries.findIndex((version) => version !== undefined);
      expect(await records().read('a')).toEqual({ value: `writer ${winner}`, version: tries[winner] });
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
      expect(await records().read('a')).toEqual({ value: 'two', version: second });
    });

    it('refuses to replace another version', async () => {
      const first = (await records().create('a', 'one', HOUR))!;
      await records().replace('a', first, 'two', HOUR);
      expect(await records().replace('a', first, 'late', HOUR)).toBeUndefined();
      expect((await records().read('a'))?.value).toBe('two');
    });

    it('lets one of many replace a version', async () => {
      const first = (await records().create('a', 'start', HOUR))!;
      const tries = await Promise.all(Array.from({ length: 20 }, (_, i) => records().replace('a', first, `writer ${i}`, HOUR)));
      const winner = tries.findIndex((version) => version !== undefined);
      expect(tries.filter((version) => version !== undefined)).toHaveLength(1);
      expect(await records().read('a')).toEqual({ value: `writer ${winner}`, version: tries[winner] });
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
      expect(await records().read('a')).toEqual({ value: 'two', version: second });
    });

    it('forgets a document at the end of its time', async () => {
      const version = (await records().create('a', 'one', 1_000))!;
      await subject().advance(700);
      expect((await records().read('a'))?.value).toBe('one');
      await subject().advance(400);
      expect(await records().read('a')).toBeUndefined();
      expect(await records().replace('a', version, 'late', HOUR)).toBeUndefined();
      expect(await records().remove('a', version)).toBe(false);
      expect(await records().create('a', 'two', HOUR)).toBeTypeOf('number');
    });

    it('starts the time anew with each replacement', async () => {
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

function describeCounters(subject: () => StateUnderTest): void {
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

    it('counts from the first addition to the end of its time, however often something is added', async () => {
      await counters().add('a', 1, 1_000);
      await subject().advance(700);
      expect(await counters().add('a', 1, 1_000)).toBe(2);
      await subject().advance(400);
      expect(await counters().add('a', 1, 1_000)).toBe(1);
    });

    it('does not mix with records of the same name', async () => {
      await subject().state.records.create('a', '7', HOUR);
      expect(await counters().add('a', 1, HOUR)).toBe(1);
      expect((await subject().state.records.read('a'))?.value).toBe('7');
    });
  });
}
