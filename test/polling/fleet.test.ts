import { describe, expect, it, vi } from 'vitest';
import { brief } from './fake-source.js';
import { fakeTime, pass, settle, testFleet } from './test-fleet.js';

fakeTime();

describe('instances that watch the same object', () => {
  it('ask for it once for all, at the pace of one', async () => {
    const alone = testFleet(1);
    const fleet = testFleet(3);
    for (const each of [alone, fleet]) each.set('x', { n: 1 });
    alone.instances[0]!.watch('x');
    const heard = fleet.instances.map((instance) => instance.watch('x'));
    await pass(60_000);
    expect(fleet.reads('x')).toEqual(alone.reads('x'));
    expect(heard.map(brief)).toEqual([['x=1'], ['x=1'], ['x=1']]);
  });

  it('hear of each change together, and set out anew at its pace', async () => {
    const fleet = testFleet(3);
    fleet.set('x', { n: 1 });
    const heard = fleet.instances.map((instance) => instance.watch('x'));
    await pass(20_000);
    fleet.set('x', { n: 2 });
    await vi.waitFor(() => expect(heard.map(brief)).toContainEqual(['x=1', 'x=2']), { interval: 10, timeout: 20_000 });
    await settle();
    expect(heard.map(brief)).toEqual([
      ['x=1', 'x=2'],
      ['x=1', 'x=2'],
      ['x=1', 'x=2'],
    ]);
    const before = fleet.reads('x').length;
    await pass(2_400);
    expect(fleet.reads('x').length - before).toBe(1);
  });

  it('hear its end together, once, and then nobody asks any more', async () => {
    const fleet = testFleet(3);
    fleet.set('x', { n: 1 });
    const heard = fleet.instances.map((instance) => instance.watch('x'));
    await pass(500);
    fleet.set('x', { n: 2, done: true });
    await pass(600);
    expect(heard.map(brief)).toEqual([
      ['x=1', 'x=2'],
      ['x=1', 'x=2'],
      ['x=1', 'x=2'],
    ]);
    expect(heard.every(({ done }) => done)).toBe(true);
    const asked = fleet.reads('x').length;
    await pass(60_000);
    expect(fleet.reads('x')).toHaveLength(asked);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('hear of its removal, with the last state', async () => {
    const fleet = testFleet(2);
    fleet.set('x', { n: 1 });
    const heard = fleet.instances.map((instance) => instance.watch('x'));
    await pass(500);
    fleet.set('x', null);
    // Three looks over ten seconds have to say so, and one may have just begun.
    await pass(25_000);
    expect(heard.map(brief)).toEqual([
      ['x=1', 'x removed'],
      ['x=1', 'x removed'],
    ]);
  });

  it('each ask for what only they watch, and share the rest', async () => {
    const fleet = testFleet(2);
    for (const id of ['x', 'y', 'z']) fleet.set(id, { n: 1 });
    const one = fleet.instances[0]!.watch('x', 'y');
    const two = fleet.instances[1]!.watch('y', 'z');
    await pass(1_100);
    expect([brief(one).sort(), brief(two).sort()]).toEqual([
      ['x=1', 'y=1'],
      ['y=1', 'z=1'],
    ]);
    for (const id of ['x', 'y', 'z']) expect(fleet.reads(id), id).toHaveLength(2);
  });

  it('all hear that it cannot be watched, each from the upstream itself', async () => {
    const fleet = testFleet(2);
    fleet.set('x', new Error('hopeless'));
    const heard = fleet.instances.map((instance) => instance.watch('x'));
    await pass(3_000);
    expect(heard.map(brief)).toEqual([['x failed'], ['x failed']]);
  });

  it('tell values as they were read, whoever read them', async () => {
    const fleet = testFleet(2);
    const value = Object.assign(Object.create(null) as { n: number }, { n: 1 });
    fleet.set('x', value);
    const [one, two] = fleet.instances.map((instance) => instance.watch('x'));
    await pass(100);
    expect(two!.events).toStrictEqual(one!.events);
  });
});

describe('a newcomer', () => {
  it('hears the known state without asking while it is fresh', async () => {
    const fleet = testFleet(2);
    fleet.set('x', { n: 1 });
    fleet.instances[0]!.watch('x');
    await pass(700);
    const late = fleet.instances[1]!.watch('x');
    await settle();
    expect(brief(late)).toEqual(['x=1']);
    expect(fleet.reads('x')).toHaveLength(1);
  });

  it('asks for itself when whoever holds the object has gone silent', async () => {
    const fleet = testFleet(2);
    fleet.set('x', { n: 1 });
    fleet.instances[0]!.watch('x');
    await pass(500);
    await fleet.instances[0]!.crash();
    await pass(900);
    fleet.set('x', { n: 2 });
    const late = fleet.instances[1]!.watch('x');
    await settle();
    expect(brief(late)).toEqual(['x=2']);
  });

  it("waits a moment for the holder's first reading, and then asks itself", async () => {
    const fleet = testFleet(2);
    fleet.set('x', { n: 1 });
    fleet.instances[0]!.source.gate = new Promise(() => undefined);
    const stuck = fleet.instances[0]!.watch('x');
    const late = fleet.instances[1]!.watch('x');
    await pass(900);
    expect(fleet.reads('x')).toHaveLength(1);
    await pass(200);
    expect(brief(late)).toEqual(['x=1']);
    expect(brief(stuck)).toEqual([]);
  });

  it('hears an end that was told shortly before, and asks when it was long ago', async () => {
    const fleet = testFleet(2);
    fleet.set('x', { n: 1, done: true });
    fleet.instances[0]!.watch('x');
    await pass(500);
    const soon = fleet.instances[1]!.watch('x');
    await settle();
    expect(brief(soon)).toEqual(['x=1']);
    expect(fleet.reads('x')).toHaveLength(1);
    await pass(5_000);
    const later = fleet.instances[1]!.watch('x');
    await settle();
    expect(brief(later)).toEqual(['x=1']);
    expect(fleet.reads('x')).toHaveLength(2);
  });
});
