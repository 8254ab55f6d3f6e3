import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The garbage collector, as production sets it up, at the test's command. */
export interface Collector {
  /** A small collection: what survives two of them grows old. */
  minor(): void;
  /** A large collection. */
  major(): void;
  /** Bytes of what has grown old, garbage that no large collection has taken away yet included. */
  oldBytes(): number;
}

export function exposeCollector(): Collector {
  setFlagsFromString('--expose-gc');
  setFlagsFromString('--no-allocation-site-pretenuring'); // As in production.
  const collect = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;
  return {
    minor: () => collect({ type: 'minor' }),
    major: () => collect(),
    oldBytes: () =>
      getHeapSpaceStatistics()
        .filter(({ space_name }) => space_name === 'old_space')
        .reduce((sum, space) => sum + space.space_used_size, 0),
  };
}
