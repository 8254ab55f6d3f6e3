import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createPolling } from '../../src/polling/engine.js';
import type { PollEvent, PollStream } from '../../src/polling/polling.js';
import { collect, fakeSource, type Thing } from './fake-source.js';

type Step = IteratorResult<PollEvent<Thing>, undefined>;

const engine = () => createPolling({ log: silentLogger, random: () => 0.5 });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Takes one step after the other, each from within the one before. */
function takeAll(stream: PollStream<Thing>): Step[] {
  const steps: Step[] = [];
  const heard = (step: Step): void => {
    steps.push(step);
    if (!step.done) stream.take(heard);
  };
  stream.take(heard);
  return steps;
}

describe('taking events without promises', () => {
  it('gives each state, the final one once, and then the end', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const polling = engine();
    const steps = takeAll(polling.watch(source, ['x']));
    await pass(100);
    source.upstream.set('x', { n: 2, done: true });
    await pass(1_500);
    expect(steps.map(({ value }) => value)).toEqual([
      { type: 'value', id: 'x', value: { n: 1 } },
      { type: 'value', id: 'x', value: { n: 2, done: true } },
      undefined,
    ]);
    expect(steps.at(-1)?.done).toBe(true);
    expect(polling.stats()).toEqual({ watched: 0, subscribers: 0 });
  });

  it('gives who takes late the latest state of each object, and none twice', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 }).set('y', { n: 1 });
    const stream = engine().watch(source, ['x', 'y']);
    await pass(100);
    source.upstream.set('x', { n: 2 });
    await pass(1_500);
    const steps = takeAll(stream);
    await pass(10);
    expect(steps.map(({ value }) => value)).toEqual([
      { type: 'value', id: 'x', value: { n: 2 } },
      { type: 'value', id: 'y', value: { n: 1 } },
    ]);
  });

  it('gives the end to who waits when the stream is left, and at once to who comes after', async () => {
    const stream = engine().watch(fakeSource(), ['x']);
    const waiting = takeAll(stream);
    await stream.return?.();
    expect(waiting).toEqual([{ done: true, value: undefined }]);
    expect(takeAll(stream)).toEqual([{ done: true, value: undefined }]);
  });

  it('lets a stream be left from within a step', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 }).set('y', { n: 1 });
    const polling = engine();
    const stream = polling.watch(source, ['x', 'y']);
    const other = collect(polling.watch(source, ['x']));
    const steps: Step[] = [];
    stream.take((step) => {
      steps.push(step);
      void stream.return?.();
    });
    await pass(100);
    expect(steps).toHaveLength(1);
    expect(other.events).toHaveLength(1);
    expect(polling.stats()).toEqual({ watched: 1, subscribers: 1 });
  });
});

describe('subscribers of one object', () => {
  it('get the same event, also those who come later', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const polling = engine();
    const watch = () => collect(polling.watch(source, ['x']));
    const together = [watch(), watch()];
    await pass(100);
    const late = [watch(), watch()];
    await pass(10);
    const [first, ...others] = [...together, ...late].map(({ events }) => events[0]);
    expect(first).toEqual({ type: 'value', id: 'x', value: { n: 1 } });
    for (const event of others) expect(event).toBe(first);
  });

  it('get the latest reading when they come after one that changed nothing worth telling', async () => {
    let reading = 0;
    const source = fakeSource('a', { read: async () => new Map([['x', { n: 1, reading: (reading += 1) }]]) });
    const polling = engine();
    const early = collect(polling.watch(source, ['x']));
    await pass(1_500);
    expect([reading, early.events.length]).toEqual([2, 1]);
    const late = collect(polling.watch(source, ['x']));
    await pass(10);
    expect(late.events).toEqual([{ type: 'value', id: 'x', value: { n: 1, reading: 2 } }]);
  });
});
