import fc from 'fast-check';
import { expect, it } from 'vitest';
import { history, live, noFigures } from './storm/history.js';
import { oddityNames } from './storm/oddities.js';

/** Histories to live through in each lane; `npm run soak:storm` takes as many as fit into some minutes. */
const RUNS = Number(process.env['STORM_RUNS'] ?? 4);
const SECONDS = Number(process.env['STORM_SECONDS'] ?? 0);
/** The suite takes the same histories each time, a longer run takes others. */
const SEED = Number(process.env['STORM_SEED'] ?? (SECONDS > 0 ? Date.now() % 1_000_000_000 : 20_261_130));
/** Where in that seed's histories to begin, as a failure prints it. */
const PATH = process.env['STORM_PATH'];
/** Histories side by side, each in a world of its own: most of their time is waiting. */
const LANES = PATH === undefined ? Number(process.env['STORM_LANES'] ?? 3) : 1;

it(
  'whatever befalls the answers of all upstreams, fields are right or null with a code, and nothing is lost, doubled or claimed',
  { timeout: 120_000 + RUNS * 10_000 + SECONDS * 2_000 },
  async () => {
    const figures = noFigures();
    const lane = (nth: number): Promise<void> =>
      fc.assert(
        fc.asyncProperty(history, (one) => live(one, figures)),
        {
          seed: SEED + nth,
          ...(PATH === undefined ? {} : { path: PATH }),
          // A smaller history that fails too takes minutes to find.
          endOnFailure: process.env['STORM_SHRINK'] !== 'on',
          ...(SECONDS > 0
            ? { numRuns: 1_000_000, interruptAfterTimeLimit: SECONDS * 1_000, markInterruptAsFailure: false }
            : { numRuns: RUNS }),
        },
      );
    try {
      const ends = await Promise.allSettled(Array.from({ length: LANES }, (_, nth) => lane(nth)));
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed) throw failed.reason;
    } finally {
      const { met, told, ...counts } = figures;
      const what = JSON.stringify({ lanes: LANES, ...counts, told, oddities: met.size });
      console.log(`storm: STORM_SEED=${SEED} STORM_RUNS=${RUNS} ${what}`);
    }
    expect(oddityNames.length).toBeGreaterThanOrEqual(40);
    if (figures.histories > 200) expect([...figures.met.keys()].toSorted()).toEqual([...oddityNames].toSorted());
  },
);
