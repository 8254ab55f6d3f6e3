import { defineConfig } from 'vitest/config';

export default defineConfig({
  // One copy of graphql for our files and for Yoga and Pothos: with two, `instanceof GraphQLError` fails and errors get masked.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/plain-reporter.ts'],
    // Test files share the modules that they import, which takes longer than most tests; so none may change a module's state for good.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
