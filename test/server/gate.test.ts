import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harness, flood, light, mixed, type Harness } from './gate-harness.js';

/** Operations cost what they cost in the turn after they began, and are over then. */
function keepBusy(one: Harness, turns: number, arrivalsPerTurn: number, msPerOperation: number): readonly number[] {
  const turnTimes: number[] = [];
  let before = one.begun.length;
  for (let turn = 0; turn < turns; turn += 1) {
    one.arrive(arrivalsPerTurn);
    const begun = one.begun.length - before;
    const ms = begun * msPerOperation;
    before = one.begun.length;
    one.turn(Math.max(1, ms));
    one.end(begun);
    turnTimes.push(ms);
  }
  return turnTimes;
}

describe('the gate', () => {
  it('begins what arrives at once while there is little to do', () => {
    const one = harness();
    one.arrive(20);
    expect(one.begun).toHaveLength(20);
    expect(one.gate.load()).toEqual({ inFlight: 20, waiting: 0, refused: 0 });
  });

  it('refuses nothing of a burst, and begins it in the order of arrival', () => {
    const one = harness();
    one.arrive(1_000);
    expect(one.gate.load().waiting).toBeGreaterThan(0);
    for (let turn = 0; turn < 40; turn += 1) one.turn(2);
    expect(one.refused).toEqual([]);
    expect(one.begun).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  });

  it.each([100, 300, 1_000, 5_000])(
    'refuses nothing at low load because the process stood still for %i ms',
    (pauseMs) => {
      const one = harness();
      const perSecond = 100;
      for (let round = 0; round < 5; round += 1) {
        one.arrive(1);
        one.turn(pauseMs);
        // All that came meanwhile is found at once.
        one.arrive(Math.ceil((perSecond * pauseMs) / 1_000));
        for (let turn = 0; turn < 30; turn += 1) one.turn(5);
        expect(one.gate.load().waiting).toBe(0);
      }
      expect(one.refused).toEqual([]);
    },
  );

  it('refuses nothing because operations wait for a slow upstream', () => {
    const one = harness();
    for (let turn = 0; turn < 500; turn += 1) {
      one.arrive(10);
      one.turn(5, 2);
    }
    expect(one.refused).toEqual([]);
    expect(one.gate.load().inFlight).toBe(5_000);
  });

  it('goes by processor time: while others have the core, turns are long and cost nothing', () => {
    const one = harness();
    for (let turn = 0; turn < 100; turn += 1) {
      one.arrive(80);
      one.turn(200, 4);
      one.end(64);
    }
    expect(one.begun.length).toBeGreaterThan(100 * 64);
  });

  it.each([0.2, 1, 1.5])(
    'keeps turns short when each operation costs %d ms and five times too many come',
    (msPerOperation) => {
      const one = harness();
      const perTurn = Math.ceil((3 / msPerOperation) * 5) * 4;
      const settled = keepBusy(one, 400, perTurn, msPerOperation).slice(200);
      expect(Math.max(...settled)).toBeLessThan(16);
      // Short, yet well used.
      expect(settled.reduce((sum, ms) => sum + ms, 0) / settled.length).toBeGreaterThan(4);
      expect(one.refused.length).toBeGreaterThan(one.begun.length);
    },
  );

  it('lets nothing wait for longer than a few turns when there is too much all the time', () => {
    const one = harness();
    keepBusy(one, 200, 2_000, 0.5);
    one.arrive(2_000);
    const { waiting } = one.gate.load();
    const before = one.begun.length;
    for (let turn = 0; turn < 3; turn += 1) one.turn(3);
    expect(one.begun.length - before).toBe(waiting);
    expect(waiting).toBeGreaterThan(0);
  });

  it('refuses nothing any more once the flood is over', () => {
    const one = harness();
    keepBusy(one, 100, 2_000, 0.5);
    for (let turn = 0; turn < 40; turn += 1) one.turn(3);
    const { length } = one.refused;
    for (let turn = 0; turn < 50; turn += 1) {
      one.arrive(5);
      one.turn(10);
    }
    expect(one.refused).toHaveLength(length);
    expect(one.gate.load().waiting).toBe(0);
  });

  it('refuses beyond the most operations in flight, what waits too, and rests meanwhile', () => {
    const one = harness(100);
    one.arrive(90);
    one.arrive(60);
    one.turn(5);
    expect(one.gate.load()).toEqual({ inFlight: 100, waiting: 0, refused: 50 });
    one.turn(30);
    expect(one.refused).toHaveLength(50);
    one.turn(5);
    expect(one.clock.awaited).toBe(false);
    expect(one.gate.turnAway(() => one.refused.push(0))).toBe(true);
    one.end(1);
    expect(one.gate.turnAway(() => {})).toBe(false);
    one.turn(30);
    expect(one.refused).toHaveLength(51);
    one.arrive(2);
    one.turn(30);
    expect(one.begun).toHaveLength(101);
    expect(one.gate.load()).toEqual({ inFlight: 100, waiting: 0, refused: 52 });
  });

  it('has room for operators when others have filled all places, and not without end', () => {
    const one = harness(80);
    one.arrive(90);
    one.turn(5);
    one.turn(30);
    expect([one.begun.length, one.refused.length]).toEqual([80, 10]);
    one.arrive(4, 'shop');
    one.arrive(1);
    one.turn(5);
    expect(one.begun.slice(80)).toEqual([91, 92, 93, 94]);
    one.arrive(20, 'shop');
    one.turn(5);
    one.turn(30);
    expect(one.gate.load()).toEqual({ inFlight: 90, waiting: 0, refused: 25 });
    one.end(11);
    one.arrive(2);
    one.turn(30);
    expect(one.gate.load()).toMatchObject({ inFlight: 80, refused: 26 });
  });

  it('refuses what waits when others have filled the last places', () => {
    const one = harness(150);
    one.arrive(200);
    expect(one.refused).toEqual([]);
    for (let turn = 0; turn < 40; turn += 1) one.turn(5);
    expect([one.begun.length, one.refused.length, one.gate.load().waiting]).toEqual([150, 50, 0]);
  });

  it('refuses none of many callers who connect at the same time while nothing else goes on, however slow the first ones are', () => {
    const one = harness();
    for (let caller = 0; caller < 300; caller += 1) {
      const before = one.begun.length;
      one.arrive(1);
      one.turn(caller < 30 ? 12 : 1);
      one.end(one.begun.length - before);
    }
    for (let turn = 0; turn < 130; turn += 1) one.turn(1);
    // And again, on their connections, after a pause.
    one.arrive(300);
    for (let turn = 0; turn < 60; turn += 1) one.turn(2);
    expect(one.refused).toEqual([]);
    expect(one.begun).toHaveLength(600);
  });

  it('lets a burst wait that meets an empty line, and makes the line shorter the longer there is one', () => {
    const one = harness();
    const waited: number[] = [];
    for (let turn = 0; turn < 60; turn += 1) {
      one.arrive(1_000);
      waited.push(one.gate.load().waiting);
      one.turn(1);
    }
    expect(waited[0]).toBeGreaterThan(800);
    expect(Math.max(...waited.slice(10))).toBeLessThan((waited[0] ?? 0) / 2);
    // And longer again once it has been empty.
    for (let turn = 0; turn < 20; turn += 1) {
      one.arrive(1);
      one.turn(1);
    }
    const { length } = one.refused;
    one.arrive(1_000);
    for (let turn = 0; turn < 40; turn += 1) one.turn(1);
    expect(one.refused).toHaveLength(length);
  });

  it('answers those who come back at once only after a while', () => {
    const { gate, ...one } = harness(1);
    let returns = 0;
    const insistent = {
      go: () => {},
      refuse: () => {
        returns += 1;
        gate.arrived(insistent);
      },
    };
    one.arrive(1);
    gate.arrived(insistent);
    expect(returns).toBe(0);
    for (let turn = 0; turn < 60; turn += 1) one.turn(5);
    expect(returns).toBeGreaterThanOrEqual(8);
    expect(returns).toBeLessThanOrEqual(10);
  });

  it('holds refusals back for less than a tenth of a second, and forgets none', () => {
    const { gate, ...one } = harness();
    const heldMs: number[] = [];
    const callers = Array.from({ length: 2_000 }, () => ({ since: 0, waits: false }));
    for (let turn = 0; turn < 300; turn += 1) {
      const before = one.begun.length;
      for (const caller of callers) {
        if (caller.waits) continue;
        Object.assign(caller, { since: one.clock.now, waits: true });
        gate.arrived({
          go: () => void (one.begun.push(0), (caller.waits = false)),
          refuse: () => void (heldMs.push(one.clock.now - caller.since), (caller.waits = false)),
        });
      }
      one.turn(15);
      one.end(one.begun.length - before);
    }
    expect(heldMs.reduce((longest, ms) => Math.max(longest, ms), 0)).toBeLessThan(100);
    // Who asks again at once is refused some thirty times a second, and not once a turn.
    expect(heldMs.length).toBeLessThan((callers.length * 300) / 1.9);
    for (let turn = 0; turn < 300; turn += 1) one.turn(5);
    expect(callers.every(({ waits }) => !waits)).toBe(true);
  });

  it('begins or refuses each arrival, and once, whatever happens', () => {
    const step = fc.record({
      arrivals: fc.integer({ min: 0, max: 400 }),
      ends: fc.integer({ min: 0, max: 300 }),
      ms: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 600 }), (steps, maxInFlight) => {
        let told = 0;
        const one = harness(maxInFlight, () => (told += 1));
        let arrived = 0;
        for (const { arrivals, ends, ms } of steps) {
          one.arrive(arrivals);
          arrived += arrivals;
          one.end(Math.min(ends, one.gate.load().inFlight));
          one.turn(ms);
          const { inFlight, waiting, refused } = one.gate.load();
          expect(inFlight).toBeLessThanOrEqual(maxInFlight);
          expect(one.begun.length + refused + waiting).toBe(arrived);
          expect(refused).toBeGreaterThanOrEqual(one.refused.length);
        }
        one.end(one.gate.load().inFlight);
        for (let turn = 0; turn < 300; turn += 1) {
          one.turn(1);
          one.end(one.gate.load().inFlight);
        }
        expect(new Set([...one.begun, ...one.refused]).size).toBe(arrived);
        expect(told).toBe(one.refused.length);
        expect(one.gate.load()).toMatchObject({ inFlight: 0, waiting: 0 });
      }),
      { numRuns: 50 },
    );
  });
});

/** The same numbers each time. */
function createRandom(): () => number {
  let state = 7;
  return () => (state = (state * 1_664_525 + 1_013_904_223) >>> 0) / 2 ** 32;
}

describe('an open crowd, by the costs of each step', () => {
  it.each([
    ['of light operations, 1.2 x what can be done', light, 1.2, 0.85],
    ['of light operations, 2 x', light, 2, 0.65],
    ['of light operations, 3 x', light, 3, 0.4],
    ['of mixed operations, 2 x', mixed, 2, 0.65],
    ['of mixed operations, 3 x', mixed, 3, 0.4],
  ])('%s', (_title, costs, times, goodput) => {
    const flooded = flood(costs, times, createRandom());
    expect(flooded.goodput).toBeGreaterThan(goodput);
    expect(flooded.refused99).toBeLessThan(150);
    expect(flooded.liveness99).toBeLessThan(100);
    expect(flooded.lost).toBe(0);
  });
});
