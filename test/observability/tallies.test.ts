import fc from 'fast-check';
import { Counter, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { tallyCounter, tallyHistogram } from '../../src/observability/tallies.js';

const BOUNDS = [0.005, 0.1, 1, 20];
const label = fc.constantFrom('pins', 'payments', 'pinning:acme');

/** The lines of a scrape, in any order: those of the library and ours need not agree on which label set came first. */
const linesOf = async (registry: Registry): Promise<readonly string[]> =>
  (await registry.metrics()).split('\n').toSorted();

it('reads as what the library counts itself, however often it is read', async () => {
  const step = fc.oneof(
    fc.record({
      provider: label,
      operation: label,
      value: fc.oneof(fc.constantFrom(...BOUNDS, 0), fc.double({ min: 0, max: 50, noNaN: true })),
      more: fc.nat(3),
    }),
    fc.constant('read' as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const common = { labelNames: ['provider', 'operation'] };
      const count = tallyCounter({ ...common, name: 'calls_total', help: 'Calls.', registers: [ours] });
      const observe = tallyHistogram({ ...common, name: 'seconds', help: 'Time.', bounds: BOUNDS, registers: [ours] });
      const counter = new Counter({ ...common, name: 'calls_total', help: 'Calls.', registers: [theirs] });
      const histogram = new Histogram({
        ...common,
        name: 'seconds',
        help: 'Time.',
        buckets: BOUNDS,
        registers: [theirs],
      });
      for (const one of steps) {
        if (one === 'read') {
          await ours.metrics();
          continue;
        }
        const { provider, operation, value, more } = one;
        count([provider, operation], more + 1);
        counter.inc({ provider, operation }, more + 1);
        observe(value, provider, operation);
        histogram.observe({ provider, operation }, value);
      }
      expect(await linesOf(ours)).toEqual(await linesOf(theirs));
    }),
    { numRuns: 100 },
  );
});
