import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

/** These look at the memory of their process, at what it has loaded or at all its timers: it must hold nothing of other tests. */
const lookingAtProcess = [
  'test/observability/traces.test.ts',
  'test/memory-over-days.test.ts',
  'test/polling/engine.property.test.ts',
  'test/providers/hidden-classes.test.ts',
  'test/providers/pinning-garbage.test.ts',
  'test/values/rebuilt-map.test.ts',
  'test/server/documents-memory.test.ts',
  'test/server/web-socket-limits.test.ts',
  'test/upstream/bodies.test.ts',
  'test/upstream/retry-share.test.ts',
  'test/trust/hostile-requests.test.ts',
];
const all = ['test/**/*.test.ts', 'desk/**/*.test.ts'];

export default defineConfig({
  // One copy of graphql for our files and for Yoga and Pothos: with two, `instanceof GraphQLError` fails and errors get masked.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    reporters: ['default', './test/support/plain-reporter.ts'],
    globalSetup: './test/support/build.ts',
    // What waits for a fact gives up late: a limit of time only ends what hangs, and a busy machine may be slow.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    setupFiles: ['./test/support/short-stacks.ts', './test/support/clock-left-running.ts'],
    // Half of a test's time is waiting: on two cores three workers take 330 s where two take 420, and four hold up what times a block.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      // Test files share the modules that they import, which takes longer than most tests; so none may change a module's state for good.
      { extends: true, test: { name: 'together', include: all, exclude: lookingAtProcess, isolate: false } },
      { extends: true, test: { name: 'alone', include: lookingAtProcess, isolate: true } },
    ],
  },
});
