import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take long, in the order in which they begin, so that at the end of a run no worker is left with one of them while the
 * others are done: by turns one that computes and one or two that mostly wait, for browsers, for processes or for time.
 */
const longest: readonly string[] = [
  'trust/failing-writes',
  'e2e/graphiql',
  'e2e/at-the-pace-of-life',
  'memory-over-days',
  'examples/pay-with-pi',
  'state/redis',
  'trust/hostile-upstreams',
  'examples/try',
  'trust/fuzz',
  'examples/clients',
  'providers/hidden-classes',
  'examples/supergraph',
  'trust/prices',
  'state/redis-losses',
  'e2e/desk-page',
  'providers/pinning-pages.property',
  'e2e/reconnect',
  'graph/payments-watching',
  'trust/flooded-rights',
  'trust/money/memory',
  'e2e/desk-payments',
  'server/compiled-answers',
  'trust/storm',
  'cli',
  'trust/failure-isolation',
  'e2e/fleet-writes',
  'examples/other-clients',
  'trust/hostile-requests',
  'graph/badges-issuing',
  'e2e/kills',
  'server/documents-memory',
  'e2e/fleet-polls',
  'trust/failing-reads',
  'trust/failing-polls',
  'trust/poisoned-sockets',
  'examples/secrets',
  'providers/ledger',
  'trust/isolation',
  'server/unread-streams',
  'e2e/desk-badges',
  'e2e/desk-now',
  'examples/pay-out-kills',
  'e2e/desk-pins',
  'upstream/dark-upstream',
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
