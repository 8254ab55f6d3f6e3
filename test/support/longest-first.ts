import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take long, in the order in which they begin: what mostly waits, for browsers, processes or time, goes before what
 * computes, so that at the end of a run no worker is left with one of them while the others are done.
 */
const longest: readonly string[] = [
  'test/e2e/graphiql.test.ts',
  'test/examples/pay-with-pi.test.ts',
  'test/memory-over-days.test.ts',
  'test/trust/failing-writes.test.ts',
  'test/trust/stopping.test.ts',
  'test/examples/try.test.ts',
  'test/state/redis.test.ts',
  'test/examples/clients.test.ts',
  'test/providers/hidden-classes.test.ts',
  'test/examples/supergraph.test.ts',
  'test/trust/hostile-upstreams.test.ts',
  'test/trust/fuzz.test.ts',
  'test/e2e/desk-page.test.ts',
  'test/trust/prices.test.ts',
  'test/e2e/reconnect.test.ts',
  'test/e2e/desk-payments.test.ts',
  'test/trust/money/memory.test.ts',
  'test/trust/storm.test.ts',
  'test/cli.test.ts',
  'test/graph/payments-watching.test.ts',
  'test/e2e/fleet-writes.test.ts',
  'test/examples/other-clients.test.ts',
  'test/state/redis-losses.test.ts',
  'test/trust/flooded-rights.test.ts',
  'test/e2e/kills.test.ts',
  'test/trust/hostile-requests.test.ts',
  'test/providers/pinning-pages.property.test.ts',
  'test/e2e/fleet-polls.test.ts',
  'test/trust/failure-isolation.test.ts',
  'test/examples/secrets.test.ts',
  'test/trust/failing-reads.test.ts',
  'test/server/documents-memory.test.ts',
  'test/server/compiled-answers.test.ts',
  'test/graph/badges-issuing.test.ts',
  'test/e2e/desk-badges.test.ts',
  'test/e2e/desk-now.test.ts',
  'test/e2e/desk-pins.test.ts',
  'test/trust/failing-polls.test.ts',
  'test/examples/pay-out-kills.test.ts',
];
const places = new Map(longest.map((file, at) => [file, at]));

/** Begins with the longest files; all others follow as Vitest has them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number =>
      places.get(relative(this.ctx.config.root, moduleId)) ?? longest.length;
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}
