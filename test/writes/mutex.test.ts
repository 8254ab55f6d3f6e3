import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMutex } from '../../src/writes/mutex.js';

/** A task that ends when told. */
function task() {
  let end = (_outcome: 'well' | 'badly'): void => {};
  const done = new Promise<'well' | 'badly'>((resolve) => {
    end = resolve;
  });
  return { done, end };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('createMutex', () => {
  it('runs the tasks of one name one at a time, in order of arrival, and forgets the name', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), fails: fc.boolean() }), { maxLength: 30 }),
        fc.scheduler(),
        async (tasks, scheduler) => {
          const mutex = createMutex();
          const started: Record<string, number[]> = {};
          const inside = new Set<string>();
          const runs = tasks.map(({ name, fails }, index) =>
            mutex
              .run(name, async () => {
                expect(inside.has(name)).toBe(false);
                inside.add(name);
                (started[name] ??= []).push(index);
                await scheduler.schedule(Promise.resolve(), `task ${index}`);
                inside.delete(name);
                if (fails) throw new Error(`task ${index}`);
                return index;
              })
              .then(
                (value) => ({ value, fails: false }),
                (error: Error) => ({ value: Number(error.message.slice(5)), fails: true }),
              ),
          );
          await scheduler.waitFor(Promise.all(runs));
          expect(await Promise.all(runs)).toEqual(tasks.map(({ fails }, value) => ({ value, fails })));
          for (const order of Object.values(started)) expect(order).toEqual([...order].sort((a, b) => a - b));
          expect(mutex.size).toBe(0);
        },
      ),
    );
  });

  it('does not hold up another name', async () => {
    const mutex = createMutex();
    const slow = task();
    const first = mutex.run('a', () => slow.done);
    expect(await mutex.run('b', async () => 'done')).toBe('done');
    slow.end('well');
    expect(await first).toBe('well');
  });

  it('lets the next one in after a task that throws at once', async () => {
    const mutex = createMutex();
    const bad = mutex.run('a', () => {
      throw new Error('no promise at all');
    });
    const good = mutex.run('a', async () => 'done');
    await expect(bad).rejects.toThrow('no promise at all');
    expect(await good).toBe('done');
  });

  it('keeps the order for one who arrives while the last in line is leaving', async () => {
    const mutex = createMutex();
    const order: string[] = [];
    const first = task();
    const running = mutex.run('a', () => first.done).then(() => mutex.run('a', async () => void order.push('late')));
    const waiting = mutex.run('a', async () => {
      order.push('second');
      await settle();
      order.push('second ends');
    });
    first.end('well');
    await Promise.all([running, waiting]);
    expect(order).toEqual(['second', 'second ends', 'late']);
  });
});
