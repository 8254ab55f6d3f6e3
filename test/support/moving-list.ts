import { monotonicNow } from '../../src/values/clock.js';
import type { Listing } from '../../src/providers/bitminter/listing.js';
import type { PoolRow } from '../../src/providers/bitminter/model.js';
import { createReadCache } from '../../src/providers/bitminter/read-cache.js';

/** A pool listing whose rows arrive and vanish at its top, read in windows of 50 through the shared cache. */
export class MovingList {
  /** Newest first. */
  rows: PoolRow<string>[] = [];
  calls = 0;
  private made = 0;
  private time = 1_000;
  private readonly reads;

  /** `between` runs before each call to the upstream; `cached` keeps windows for longer than any test takes. */
  constructor(
    size: number,
    private readonly steps: () => number,
    cached: boolean,
    private readonly between: (list: MovingList) => void = () => undefined,
  ) {
    this.reads = createReadCache({
      provider: 'bitminter',
      baseUrl: 'http://pool',
      ttlMs: cached ? 3_600_000 : 0,
      timeoutMs: 5_000,
    });
    this.arrive(size);
  }

  arrive(count: number): void {
    for (let left = count; left > 0; left--) {
      this.time += this.steps();
      const id = `b${this.made++}`;
      this.rows.unshift({ id, time: this.time, node: id });
    }
  }

  vanish(count: number): void {
    this.rows.splice(0, count);
  }

  get listing(): Listing<string> {
    const scope = { fingerprint: 'public', credential: 'none' as const, deadline: monotonicNow() + 60_000 };
    return {
      provider: 'bitminter',
      operation: 'getPoolBlocks',
      window: 50,
      read: async (offset, anew) => {
        const { value, order, remembered } = await this.reads.get({
          path: `/pool/blocks#${offset}`,
          scope,
          anew,
          load: async () => {
            this.between(this);
            this.calls += 1;
            return this.rows.slice(offset, offset + 50);
          },
        });
        return { offset, order, remembered, rows: value };
      },
    };
  }
}
