import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLoadShedding, type LoadShedding } from '../../src/server/overload/gate.js';

/** What runs at the end of the turn. Turns go at the tests' own pace: each takes as long as the test says. */
let atEnd: (() => void)[] = [];
/** What the processor spent on this process, in milliseconds. */
let spentMs = 0;
beforeEach(() => {
  atEnd = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({ user: spentMs * 1_000, system: 0 }));
  vi.stubGlobal('setImmediate', (run: () => void) => void atEnd.push(run));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface Bench {
  readonly shedding: LoadShedding;
  readonly begun: number[];
  readonly refused: number[];
  arrive(count: number): void;
  /** Lets the loop be busy for so long, or have an idle part too, and then ends the turn. */
  turn(ms: number, busyMs?: number): void;
  end(count: number): void;
}

function bench(maxInFlight = 100_000, onRefused?: (refused: number) => void): Bench {
  const shedding = createLoadShedding({ maxInFlight, ...(onRefused ? { onRefused } : {}) });
  const begun: number[] = [];
  const refused: number[] = [];
  let arrivals = 0;
  return {
    shedding,
    begun,
    refused,
    arrive(count) {
      for (let one = 0; one < count; one += 1) {
        const number = (arrivals += 1);
        shedding.arrived({ go: () => begun.push(number), refuse: () => refused.push(number) });
      }
    },
    turn(ms, busyMs = ms) {
      vi.advanceTimersByTime(ms);
      spentMs += busyMs;
      for (const run of atEnd.splice(0)) run();
    },
    end(count) {
      for (let one = 0; one < count; one += 1) shedding.left();
    },
  };
}

/** Operations cost what they cost in the turn after they began, and are over then. */
function keepBusy(one: Bench, turns: number, arrivalsPerTurn: number, msPerOperation: number): readonly number[] {
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

describe('load shedding', () => {
  it('begins what arrives at once while there is little to do', () => {
    const one = bench();
    one.arrive(20);
    expect(one.begun).toHaveLength(20);
    expect(one.shedding.load()).toEqual({ inFlight: 20, waiting: 0, refused: 0 });
  });

  it('refuses nothing of a burst, and begins it in the order of arrival', () => {
    const one = bench();
    one.arrive(1_000);
    expect(one.shedding.load().waiting).toBeGreaterThan(0);
    for (let turn = 0; turn < 40; turn += 1) one.turn(2);
    expect(one.refused).toEqual([]);
    expect(one.begun).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  });

  it.each([100, 300, 1_000, 5_000])(
    'refuses nothing at low load because the process stood still for %i ms',
    (pauseMs) => {
      const one = bench();
      const perSecond = 100;
      for (let round = 0; round < 5; round += 1) {
        one.arrive(1);
        one.turn(pauseMs);
        // All that came meanwhile is found at once.
        one.arrive(Math.ceil((perSecond * pauseMs) / 1_000));
        for (let turn = 0; turn < 30; turn += 1) one.turn(5);
        expect(one.shedding.load().waiting).toBe(0);
      }
      expect(one.refused).toEqual([]);
    },
  );

  it('refuses nothing because operations wait for a slow upstream', () => {
    const one = bench();
    for (let turn = 0; turn < 500; turn += 1) {
      one.arrive(10);
      one.turn(5, 2);
    }
    expect(one.refused).toEqual([]);
    expect(one.shedding.load().inFlight).toBe(5_000);
  });

  it.each([0.2, 1, 1.5])(
    'keeps turns short when each operation costs %d ms and five times too many come',
    (msPerOperation) => {
      const one = bench();
      const perTurn = Math.ceil((3 / msPerOperation) * 5) * 4;
      const settled = keepBusy(one, 100, perTurn, msPerOperation).slice(50);
      expect(Math.max(...settled)).toBeLessThan(26);
      // Short, yet well used.
      expect(settled.reduce((sum, ms) => sum + ms, 0) / settled.length).toBeGreaterThan(1.5);
      expect(one.refused.length).toBeGreaterThan(one.begun.length);
    },
  );

  it('lets nothing wait for longer than a few turns when there is too much all the time', () => {
    const one = bench();
    keepBusy(one, 200, 2_000, 0.5);
    const { waiting } = one.shedding.load();
    const before = one.begun.length;
    for (let turn = 0; turn < 32; turn += 1) one.turn(3);
    expect(one.begun.length - before).toBe(waiting);
    expect(waiting).toBeGreaterThan(0);
  });

  it('refuses nothing any more once the flood is over', () => {
    const one = bench();
    keepBusy(one, 100, 2_000, 0.5);
    for (let turn = 0; turn < 40; turn += 1) one.turn(3);
    const { length } = one.refused;
    for (let turn = 0; turn < 50; turn += 1) {
      one.arrive(5);
      one.turn(10);
    }
    expect(one.refused).toHaveLength(length);
    expect(one.shedding.load().waiting).toBe(0);
  });

  it('refuses beyond the most operations in flight, what waits too, and rests meanwhile', () => {
    const one = bench(100);
    one.arrive(90);
    one.arrive(60);
    one.turn(5);
    expect(one.refused).toHaveLength(50);
    one.turn(5);
    one.turn(5);
    expect(atEnd).toEqual([]);
    expect(one.shedding.turnAway(() => one.refused.push(0))).toBe(true);
    one.end(1);
    expect(one.shedding.turnAway(() => {})).toBe(false);
    one.turn(5);
    expect(one.refused).toHaveLength(51);
    one.arrive(2);
    one.turn(5);
    expect(one.begun).toHaveLength(101);
    expect(one.shedding.load()).toEqual({ inFlight: 100, waiting: 0, refused: 52 });
  });

  it('refuses what waits when others have filled the last places', () => {
    const one = bench(150);
    one.arrive(200);
    expect(one.refused).toEqual([]);
    for (let turn = 0; turn < 40; turn += 1) one.turn(5);
    expect([one.begun.length, one.refused.length, one.shedding.load().waiting]).toEqual([150, 50, 0]);
  });

  it('begins nothing while connections come in, so that all in line are soon accepted', () => {
    const one = bench();
    one.arrive(400);
    one.turn(2);
    const before = one.begun.length;
    for (let turn = 0; turn < 100; turn += 1) {
      one.shedding.connected();
      one.turn(1);
    }
    expect(one.begun.length - before).toBe(0);
    one.turn(1);
    expect(one.begun.length - before).toBeGreaterThan(60);
    expect(one.refused).toEqual([]);
  });

  it('goes on with two operations in each turn when connections do not cease to come', () => {
    const one = bench();
    one.arrive(400);
    one.turn(2);
    const before = one.begun.length;
    for (let turn = 0; turn < 700; turn += 1) {
      one.shedding.connected();
      one.turn(1);
    }
    // Half a second and what was earned meanwhile is over after 556 turns.
    expect(one.begun.length - before).toBeGreaterThanOrEqual(2 * 125);
    expect(one.begun.length - before).toBeLessThanOrEqual(2 * 150);
  });

  it('begins what came on a new connection as soon as no other comes', () => {
    const one = bench();
    one.shedding.connected();
    one.turn(0.1);
    one.arrive(1);
    expect(one.begun).toHaveLength(0);
    one.turn(0.1);
    expect(one.begun).toHaveLength(1);
  });

  it('hears those who come back at once only in the next turn', () => {
    const { shedding, ...one } = bench(1);
    let returns = 0;
    const insistent = {
      go: () => {},
      refuse: () => {
        returns += 1;
        shedding.arrived(insistent);
      },
    };
    one.arrive(1);
    shedding.arrived(insistent);
    expect(returns).toBe(0);
    for (let turn = 1; turn <= 5; turn += 1) {
      one.turn(5);
      expect(returns).toBe(turn);
    }
  });

  it.each([0.2, 1])(
    'leaves operations of %d ms their share of the time, however many have to be refused',
    (msPerOperation) => {
      const one = bench();
      const READING_MS = 30;
      const REFUSING_MS = 30;
      const spent: number[] = [];
      for (let turn = 0; turn < 200; turn += 1) {
        let refused = 0;
        const refuse = () => {
          if ((refused += 1) > 1) return;
          spentMs += REFUSING_MS;
          vi.advanceTimersByTime(REFUSING_MS);
        };
        const before = one.begun.length;
        for (let caller = 0; caller < 1_500; caller += 1)
          one.shedding.arrived({ go: () => one.begun.push(caller), refuse });
        one.turn(READING_MS + (spent.at(-1) ?? 0));
        const begun = one.begun.length - before;
        one.end(begun);
        spent.push(begun * msPerOperation);
      }
      const settled = spent.slice(100);
      const mean = settled.reduce((sum, ms) => sum + ms, 0) / settled.length;
      expect(mean).toBeGreaterThan((READING_MS + REFUSING_MS) * 0.7);
      expect(mean).toBeLessThan((READING_MS + REFUSING_MS) * 1.3);
    },
  );

  it('holds refusals back for less than a tenth of a second, and forgets none', () => {
    const { shedding, ...one } = bench();
    const held: number[] = [];
    const callers = Array.from({ length: 2_000 }, () => ({ since: performance.now(), waits: false }));
    for (let turn = 0; turn < 300; turn += 1) {
      const before = one.begun.length;
      for (const caller of callers) {
        if (caller.waits) continue;
        Object.assign(caller, { since: performance.now(), waits: true });
        shedding.arrived({
          go: () => void (one.begun.push(0), (caller.waits = false)),
          refuse: () => void (held.push(performance.now() - caller.since), (caller.waits = false)),
        });
      }
      one.turn(15);
      one.end(one.begun.length - before);
    }
    expect(held.reduce((longest, ms) => Math.max(longest, ms), 0)).toBeLessThan(100);
    // Who asks again at once is refused some thirty times a second, and not once a turn.
    expect(held.length).toBeLessThan((callers.length * 300) / 1.9);
    for (let turn = 0; turn < 20; turn += 1) one.turn(15);
    expect(callers.every(({ waits }) => !waits)).toBe(true);
  });

  it('tells of refusals once a second', () => {
    const told: number[] = [];
    const one = bench(1, (refused) => told.push(refused));
    one.arrive(4);
    vi.advanceTimersByTime(999);
    expect(told).toEqual([]);
    one.arrive(1);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([4]);
    vi.advanceTimersByTime(5_000);
    one.shedding.turnAway(() => {});
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([4, 1]);
  });

  it('begins or refuses each arrival, and once, whatever happens', () => {
    const step = fc.record({
      arrivals: fc.integer({ min: 0, max: 400 }),
      ends: fc.integer({ min: 0, max: 300 }),
      ms: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 600 }), (steps, maxInFlight) => {
        const one = bench(maxInFlight);
        let arrived = 0;
        for (const { arrivals, ends, ms } of steps) {
          one.arrive(arrivals);
          arrived += arrivals;
          one.end(Math.min(ends, one.shedding.load().inFlight));
          one.turn(ms);
          const { inFlight, waiting, refused } = one.shedding.load();
          expect(inFlight).toBeLessThanOrEqual(maxInFlight);
          expect(one.begun.length + refused + waiting).toBe(arrived);
          expect(refused).toBeGreaterThanOrEqual(one.refused.length);
        }
        one.end(one.shedding.load().inFlight);
        for (let turn = 0; turn < 40; turn += 1) {
          one.turn(1);
          one.end(one.shedding.load().inFlight);
        }
        expect(new Set([...one.begun, ...one.refused]).size).toBe(arrived);
        expect(one.shedding.load()).toMatchObject({ inFlight: 0, waiting: 0 });
      }),
      { numRuns: 50 },
    );
  });
});
