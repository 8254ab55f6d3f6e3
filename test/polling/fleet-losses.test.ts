import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { brief } from './fake-source.js';
import { fakeTime, pass, settle, testFleet } from './test-fleet.js';

fakeTime();

describe('when the holder goes', () => {
  it('in good order, another takes over at once and keeps the pace', async () => {
    const fleet = testFleet(2);
    fleet.set('x', { n: 1 });
    const first = fleet.instances[0]!.polling.watch(fleet.instances[0]!.source, ['x']);
    await settle();
    const stays = fleet.instances[1]!.watch('x');
    await pass(500);
    await first.return!();
    fleet.set('x', { n: 2 });
    await pass(600);
    expect(brief(stays)).toEqual(['x=1', 'x=2']);
    expect(fleet.reads('x')).toHaveLength(2);
  });

  it('by closing, the others may take over before it is gone', async () => {
    const fleet = testFleet(2);
    fleet.set('x', { n: 1 });
    fleet.instances[0]!.watch('x');
    await settle();
    const stays = fleet.instances[1]!.watch('x');
    await pass(500);
    await fleet.instances[0]!.close();
    fleet.set('x', { n: 2 });
    await pass(600);
    expect(brief(stays)).toEqual(['x=1', 'x=2']);
  });

  it('by a crash, another takes over within two intervals, and asks no more often than one', async () => {
    for (const { age, interval } of [
      { age: 1_500, interval: 2_000 },
      { age: 40_000, interval: 2_000 * 1.5 ** 5 },
    ]) {
      const fleet = testFleet(3);
      fleet.set('x', { n: 1 });
      for (const { source } of fleet.instances) Object.assign(source, { firstIntervalMs: 2_000 });
      fleet.instances[0]!.watch('x');
      await settle();
      const [two, three] = [fleet.instances[1]!.watch('x'), fleet.instances[2]!.watch('x')];
      await pass(age);
      const reads = fleet.reads('x').length;
      while (fleet.reads('x').length === reads) await pass(10);
      await fleet.instances[0]!.crash();
      fleet.set('x', { n: 2, done: true });
      await pass(2 * interval + 50);
      expect([brief(two), brief(three)]).toEqual([
        ['x=1', 'x=2'],
        ['x=1', 'x=2'],
      ]);
      expect(fleet.reads('x')).toHaveLength(reads + 2);
    }
  });

  it('by a crash, the reading that was due comes no later than some seconds or a quarter of the interval', async () => {
    const fleet = testFleet(3);
    fleet.set('x', { n: 1 });
    for (const { source } of fleet.instances) Object.assign(source, { firstIntervalMs: 2_000 });
    fleet.instances[0]!.watch('x');
    await settle();
    const stays = fleet.instances[1]!.watch('x');
    // By now the interval is the longest, half a minute.
    await pass(240_000);
    const reads = fleet.reads('x').length;
    while (fleet.reads('x').length === reads) await pass(10);
    const last = fleet.reads('x').at(-1)!;
    await pass(29_000);
    await fleet.instances[0]!.crash();
    fleet.set('x', { n: 2, done: true });
    await pass(60_000);
    expect(brief(stays)).toEqual(['x=1', 'x=2']);
    expect(fleet.reads('x')).toHaveLength(reads + 2);
    expect(fleet.reads('x').at(-1)! - last).toBeLessThanOrEqual(30_000 * 1.25 + 1_000);
  });

  it('with a reading under way that comes late, what the successor told stands', async () => {
    const fleet = testFleet(2);
    const [slow, quick] = fleet.instances;
    fleet.set('x', { n: 1 });
    slow!.watch('x');
    await settle();
    const stays = quick!.watch('x');
    await pass(900);
    let open = (): void => {};
    slow!.source.gate = new Promise((resolve) => {
      open = resolve;
    });
    await pass(6_000);
    // What the slow reading will find is what was true when it began.
    quick!.source.upstream.set('x', { n: 2 });
    await pass(3_000);
    expect(brief(stays)).toEqual(['x=1', 'x=2']);
    slow!.source.gate = undefined;
    open();
    await settle();
    const late = quick!.watch('x');
    await settle();
    expect(brief(late)).toEqual(['x=2']);
    expect(brief(stays)).toEqual(['x=1', 'x=2']);
  });
});

describe('when hints get lost', () => {
  it('changes and ends are heard all the same, an interval later at most', async () => {
    const fleet = testFleet(2);
    fleet.set('x', { n: 1 });
    fleet.instances[0]!.watch('x');
    await settle();
    const deaf = fleet.instances[1]!;
    deaf.line = 'deaf';
    const heard = deaf.watch('x');
    await pass(500);
    for (let n = 2; n < 12; n += 1) {
      fleet.set('x', { n });
      await pass(2_400);
      expect(brief(heard).at(-1)).toBe(`x=${n}`);
    }
    fleet.set('x', { n: 99, done: true });
    await pass(2_400);
    expect(brief(heard).at(-1)).toBe('x=99');
    expect(heard.done).toBe(true);
  });
});

describe('when the shared state cannot be reached', () => {
  it('each instance asks for itself, and shares again afterwards', async () => {
    const fleet = testFleet(2);
    fleet.set('x', { n: 1 });
    const heard = fleet.instances.map((instance) => instance.watch('x'));
    await pass(100);
    for (const instance of fleet.instances) instance.line = 'cut';
    fleet.set('x', { n: 2 });
    await pass(1_500);
    expect(heard.map(brief)).toEqual([
      ['x=1', 'x=2'],
      ['x=1', 'x=2'],
    ]);
    expect(fleet.reads('x').length).toBeGreaterThanOrEqual(3);
    for (const instance of fleet.instances) instance.line = 'good';
    await pass(40_000);
    fleet.set('x', { n: 3 });
    await pass(20_000);
    expect(heard.map(brief)).toEqual([
      ['x=1', 'x=2', 'x=3'],
      ['x=1', 'x=2', 'x=3'],
    ]);
    const before = fleet.reads('x').length;
    await pass(15_000);
    expect(fleet.reads('x').length - before).toBeLessThanOrEqual(2);
  });

  it('an instance that is cut off from the start still serves its own', async () => {
    const fleet = testFleet(2);
    fleet.set('x', { n: 1 });
    fleet.instances[1]!.line = 'cut';
    const heard = fleet.instances.map((instance) => instance.watch('x'));
    await pass(500);
    fleet.set('x', { n: 2, done: true });
    await pass(1_000);
    expect(heard.map(brief)).toEqual([
      ['x=1', 'x=2'],
      ['x=1', 'x=2'],
    ]);
  });
});

describe('an upstream that wants a pause', () => {
  it('gets it from the whole fleet, which hears meanwhile what there is to hear', async () => {
    const fleet = testFleet(2);
    const [holder, other] = fleet.instances;
    fleet.set('x', { n: 1 });
    fleet.set('y', { n: 1 });
    holder!.watch('x');
    await settle();
    other!.watch('x');
    const own = other!.watch('y');
    await pass(100);
    holder!.source.notBeforeAt = Date.now() + 20_000;
    await pass(15_000);
    expect(fleet.reads('x')).toHaveLength(1);
    // The other one was asked for no pause.
    fleet.set('y', { n: 2 });
    await pass(15_000);
    expect(brief(own)).toEqual(['y=1', 'y=2']);
    expect(fleet.reads('x').length).toBeGreaterThan(1);
  });
});

describe('failures of the upstream', () => {
  it('are met by the holder alone, and end nothing', async () => {
    const fleet = testFleet(3);
    fleet.set('x', { n: 1 });
    const heard = fleet.instances.map((instance) => instance.watch('x'));
    await pass(500);
    const before = fleet.reads('x').length;
    fleet.set('x', new UpstreamError('unavailable', { provider: 'p', operation: 'o', delivery: 'unsent' }));
    await pass(5_000);
    expect(fleet.reads('x').length - before).toBeLessThanOrEqual(4);
    fleet.set('x', { n: 2, done: true });
    await pass(30_000);
    expect(heard.map(brief)).toEqual([
      ['x=1', 'x=2'],
      ['x=1', 'x=2'],
      ['x=1', 'x=2'],
    ]);
  });
});

describe('whatever happens', () => {
  it('every subscriber ends up with the state of each object, and hears its end once', async () => {
    const id = fc.constantFrom('x', 'y', 'z');
    const who = fc.integer({ min: 0, max: 2 });
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('change' as const), id }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('watch' as const), who, id }) },
      fc.record({
        do: fc.constant('line' as const),
        who,
        line: fc.constantFrom('good' as const, 'cut' as const, 'deaf' as const),
      }),
      fc.record({ do: fc.constant('crash' as const), who }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const fleet = testFleet(3);
        for (const name of ['x', 'y', 'z']) fleet.set(name, { n: 0 });
        const gone = new Set<number>();
        const watching: {
          readonly who: number;
          readonly id: string;
          readonly heard: ReturnType<(typeof fleet.instances)[0]['watch']>;
        }[] = [];
        let n = 0;
        for (const one of steps) {
          if (one.do === 'wait') await pass(one.ms);
          if (one.do === 'change') fleet.set(one.id, { n: (n += 1) });
          if (one.do === 'watch' && !gone.has(one.who))
            watching.push({ ...one, heard: fleet.instances[one.who]!.watch(one.id) });
          if (one.do === 'line' && !gone.has(one.who)) fleet.instances[one.who]!.line = one.line;
          if (one.do === 'crash') {
            gone.add(one.who);
            await fleet.instances[one.who]!.crash();
          }
        }
        await pass(10);
        for (const name of ['x', 'y', 'z']) fleet.set(name, { n: (n += 1) });
        await pass(100_000);
        for (const name of ['x', 'y', 'z']) fleet.set(name, { n: (n += 1), done: true });
        await pass(100_000);
        for (const { who: instance, heard } of watching) {
          if (gone.has(instance)) continue;
          expect(heard.done).toBe(true);
          expect(heard.events.at(-1)).toMatchObject({ type: 'value', value: { done: true } });
          expect(heard.events.filter((event) => event.type !== 'value' || event.value.done)).toHaveLength(1);
        }
        for (const instance of fleet.instances) await instance.close();
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
