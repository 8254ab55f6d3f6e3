import fc from 'fast-check';
import { listingCount, pinListings, walkAll } from './walks.js';
import { changes } from './changes.js';
import { harmlessNames, misleadingNames, oddityNames, transportNames } from './oddities.js';
import { readCount, readOnce } from './reads.js';
import { watchCount, Watches } from './watches.js';
import { startStormWorld } from './world.js';
import { Writes } from './writes.js';

const nat = fc.nat({ max: 1_000_000 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('read' as const), which: fc.nat({ max: readCount - 1 }), nth: nat }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('walk' as const),
      which: fc.nat({ max: listingCount - 1 }),
      size: fc.integer({ min: 1, max: 40 }),
      backward: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      which: fc.nat({ max: changes.length - 1 }),
      keyed: fc.boolean(),
      twice: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('watch' as const), which: fc.nat({ max: watchCount - 1 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 5_000 }) }) },
);

const steps = fc.array(step, { minLength: 3, maxLength: 10, size: 'max' });
const odds = fc.integer({ min: 10, max: 95 });
const mostly = fc.integer({ min: 60, max: 95 });
const some = (names: readonly string[], maxLength: number) =>
  fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength });
const pinWalk = (most: number) =>
  fc.record({
    do: fc.constant('walk' as const),
    which: fc.constantFrom(...pinListings),
    size: fc.integer({ min: 1, max: most }),
    backward: fc.boolean(),
  });
/** Limits of their own that services may have: round numbers. */
const mostRows = fc.constantFrom(16, 20, 30, 32, 50);

/**
 * A history: its weather, and what clients do in it. Where anything may befall an answer, most faults of ours have an excuse; so
 * some histories have nothing but what excuses no error, some nothing but listings whose counts and pages mislead, and some a
 * service that shows fewer rows than are asked for and counts what it shows.
 */
export const history = fc.oneof(
  { weight: 4, arbitrary: fc.record({ seed: fc.nat(), odds, palette: some(oddityNames, 12), steps }) },
  { weight: 1, arbitrary: fc.record({ seed: fc.nat(), odds: mostly, palette: some(harmlessNames, 4), steps }) },
  {
    weight: 1,
    arbitrary: fc.record({
      seed: fc.nat(),
      odds: mostly,
      palette: some(misleadingNames, 2),
      steps: fc.array(pinWalk(40), { minLength: 3, maxLength: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      seed: fc.nat(),
      odds: fc.integer({ min: 0, max: 60 }),
      palette: some(transportNames, 3),
      mostRows,
      steps: fc.array(pinWalk(100), { minLength: 2, maxLength: 5 }),
    }),
  },
);
export type History = typeof history extends fc.Arbitrary<infer H> ? H : never;

/** What histories came to. */
export interface Figures {
  histories: number;
  reads: number;
  walks: number;
  writes: number;
  watches: number;
  answers: number;
  odd: number;
  readonly told: Record<'done' | 'denied' | 'unknown' | 'nothing', number>;
  readonly met: Map<string, number>;
}

export const noFigures = (): Figures => ({
  histories: 0,
  reads: 0,
  walks: 0,
  writes: 0,
  watches: 0,
  answers: 0,
  odd: 0,
  told: { done: 0, denied: 0, unknown: 0, nothing: 0 },
  met: new Map(),
});

/** Lives through one history. Rejects with what was not as it should be. */
export async function live({ steps, ...forecast }: History, figures: Figures): Promise<void> {
  const world = await startStormWorld(forecast);
  const { weather } = world;
  const writes = new Writes(world);
  const watches = new Watches(world);
  try {
    weather.calm = false;
    for (const current of steps) {
      weather.excused.clear();
      switch (current.do) {
        case 'read':
          figures.reads += 1;
          await readOnce(world, current.which, current.nth);
          break;
        case 'walk':
          figures.walks += 1;
          await walkAll(world, current.which, current.size, current.backward);
          break;
        case 'write':
          figures.writes += 1;
          await writes.write(current.which, current.keyed, current.twice);
          break;
        case 'watch':
          figures.watches += 1;
          await watches.start(current.which);
          break;
        case 'pass':
          world.pass(current.ms);
      }
    }
    weather.calm = true;
    weather.excused.clear();
    await writes.settle();
    await watches.settle();
  } finally {
    figures.histories += 1;
    figures.answers += weather.exchanges.length;
    for (const { oddity } of weather.exchanges) {
      if (oddity === undefined) continue;
      figures.odd += 1;
      figures.met.set(oddity, (figures.met.get(oddity) ?? 0) + 1);
    }
    const tally = writes.tally();
    for (const told of ['done', 'denied', 'unknown', 'nothing'] as const) figures.told[told] += tally[told];
    await world.close();
  }
}
