import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take long, in the order in which they begin, so that at the end of a run no worker is left with one of them while the
 * others are done: by turns one that computes and one or two that mostly wait, for browsers, for processes or for time.
 */
const longest: readonly string[] = [
  'trust/failing-writes',
  'e2e/graphiql',
  'trust/long-flood',
  'e2e/at-the-pace-of-life',
  'e2e/desk-page',
  'trust/prices',
  'e2e/reconnect',
  'e2e/desk-payments',
  'trust/fuzz',
  'examples/clients',
  'e2e/desk-now',
  'trust/flooded-rights',
  'cli',
  'trust/failure-isolation',
  'trust/hostile-upstreams',
  'trust/failing-reads',
  'e2e/desk-badges',
  'providers/pinning-pages.property',
  'state/redis',
  'trust/failing-polls',
  'server/compiled-answers',
  'examples/supergraph',
  'examples/pay-with-pi',
  'memory-over-days',
  'e2e/kills',
  'providers/ledger',
  'providers/pi-payouts',
  'e2e/fleet-writes',
  'e2e/desk-pins',
  'providers/pinning-replace',
  'trust/failing-ledger',
  'examples/pay-out-kills',
  'providers/hidden-classes',
  'trust/money/memory',
  'e2e/pins-streams',
  'trust/bent-paths',
  'trust/money/redis',
  'graph/payments-changes',
  'trust/storm',
  'graph/payments-watching',
  'examples/try',
  'observability/canaries',
  'examples/other-clients',
  'examples/told',
  'providers/conformance',
  'examples/secrets',
  'server/process',
  'server/early-refusals',
];
const places = new Map(longest.map((file, at) => [`test/${file}.test.ts`, at]));

/** Begins with the longest files; all others follow as Vitest has them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number =>
      places.get(relative(this.ctx.config.root, moduleId)) ?? longest.length;
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}
