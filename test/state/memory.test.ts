import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExpiringMap, OutOfRoom } from '../../src/state/expiring-map.js';
import { createState } from '../../src/state/index.js';
import { createMemoryState } from '../../src/state/memory.js';
import { describeState } from './describe-state.js';

describeState('memory', async () => {
  vi.useFakeTimers();
  const state = createMemoryState({ maxEntries: 1_000 });
  return {
    state,
    share: 100,
    async advance(ms) {
      vi.advanceTimersByTime(ms);
    },
    async dispose() {
      await state.close();
      vi.useRealTimers();
    },
  };
});

describe('memory limits', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('refuses a new record when full, and keeps every living one', async () => {
    const { records } = createMemoryState({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) await records.create(key, key, 1_000);
    await expect(records.create('d', 'd', 1_000)).rejects.toBeInstanceOf(OutOfRoom);
    for (const key of ['a', 'b', 'c']) expect((await records.read(key))?.value).toBe(key);
    expect(await records.create('a', 'again', 1_000)).toBeUndefined();
  });

  it('finds room again when records have died, without anybody reading them', async () => {
    const { records } = createMemoryState({ maxEntries: 100 });
    for (let i = 0; i < 99; i += 1) await records.create(`long ${i}`, '', 10_000);
    await records.create('short', '', 1_000);
    vi.advanceTimersByTime(1_000);
    expect(await records.create('new', '', 1_000)).toBeTypeOf('number');
    await expect(records.create('one more', '', 1_000)).rejects.toBeInstanceOf(OutOfRoom);
  });

  it('bounds characters, yet lets a begun record be finished', async () => {
    const { records } = createMemoryState({ maxCharacters: 100 });
    const version = (await records.create('a', 'x'.repeat(50), 1_000))!;
    await expect(records.create('b', 'x'.repeat(50), 1_000)).rejects.toBeInstanceOf(OutOfRoom);
    const longer = (await records.replace('a', version, 'x'.repeat(500), 1_000))!;
    await expect(records.create('c', '', 1_000)).rejects.toBeInstanceOf(OutOfRoom);
    await records.remove('a', longer);
    expect(await records.create('c', 'x'.repeat(99), 1_000)).toBeTypeOf('number');
  });

  it('sets no timer', async () => {
    const { records, counters } = createMemoryState();
    await records.create('a', 'one', 1_000);
    await counters.add('a', 1, 1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stays small while entries come and die, in step with the living', () => {
    const map = new ExpiringMap<number>(100_000);
    for (let i = 0; i < 20_000; i += 1) {
      map.add(`key ${i}`, i, Date.now() + 500);
      vi.advanceTimersByTime(1);
    }
    expect(map.count).toBeLessThan(1_000);
  });

  it('holds exactly the living entries, whatever happens in between', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key, ttl: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ do: fc.constant('update' as const), key, ttl: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ do: fc.constant('delete' as const), key, ttl: fc.constant(0) }),
      fc.record({ do: fc.constant('wait' as const), key, ttl: fc.integer({ min: 1, max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new ExpiringMap<number>(3);
        const model = new Map<string, { value: number; expiresAt: number }>();
        const bury = () =>
          model.forEach((entry, name) => {
            if (entry.expiresAt <= Date.now()) model.delete(name);
          });
        steps.forEach((s, value) => {
          bury();
          const entry = { value, expiresAt: Date.now() + s.ttl };
          if (s.do === 'wait') vi.advanceTimersByTime(s.ttl);
          if (s.do === 'delete') {
            map.delete(s.key);
            model.delete(s.key);
          }
          if (s.do === 'update' && model.has(s.key)) {
            map.update(s.key, value, entry.expiresAt);
            model.set(s.key, entry);
          }
          if (s.do === 'add' && !model.has(s.key)) {
            if (model.size < 3) {
              map.add(s.key, value, entry.expiresAt);
              model.set(s.key, entry);
            } else expect(() => map.add(s.key, value, entry.expiresAt)).toThrow(OutOfRoom);
          }
          bury();
          for (const name of ['a', 'b', 'c', 'd']) expect(map.get(name)).toBe(model.get(name)?.value);
        });
      }),
    );
  });
});

describe('createState', () => {
  it('is memory when nothing is configured, and says so', async () => {
    const state = await createState({
      redisUrl: undefined,
      secret: 'a secret for tests only',
      report: () => undefined,
    });
    expect(await state.counters.add('a', 1, 1_000)).toBe(1);
    expect([state.shared, state.availability(), state.instances()]).toEqual([false, 'available', 1]);
    await state.close();
  });
});
