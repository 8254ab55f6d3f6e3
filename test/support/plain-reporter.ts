import type { Reporter, TestModule } from 'vitest/node';

/** Closes a run with one plain line, `N passed, N failed, N skipped`, that any log reader understands. */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      let counted = 0;
      for (const test of module.children.allTests()) {
        counts[test.result().state] += 1;
        counted += 1;
      }
      // A file that could not even be loaded has no tests, but it is a failure all the same.
      if (counted === 0 && module.state() === 'failed') counts.failed += 1;
    }
    process.stdout.write(
      `\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped + counts.pending} skipped\n`,
    );
  }
}
