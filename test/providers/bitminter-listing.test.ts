import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { readPage, type Listing } from '../../src/providers/bitminter/listing.js';

/** A pool that answers every offset with its first fifty rows. */
function stuckPool(): Listing<string> & { readonly calls: () => number } {
  let calls = 0;
  const rows = Array.from({ length: 50 }, (_, index) => ({ id: `b${index}`, time: 5_000 - index, node: `b${index}` }));
  return {
    provider: 'bitminter',
    operation: 'getPoolBlocks',
    window: 50,
    calls: () => calls,
    read: async (offset) => {
      calls += 1;
      // It must end some day, whoever asks.
      if (calls > 1_000) throw new Error('asked without end');
      return { offset, rows, remembered: false, order: calls };
    },
  };
}

describe('a page of a listing that never gets any further', () => {
  it('ends after a bounded number of calls, and says so', async () => {
    const pool = stuckPool();
    const failure = await readPage(pool, { first: 100, after: null }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UpstreamError);
    expect(failure).toMatchObject({ kind: 'lookup_limit' });
    expect(pool.calls()).toBeLessThanOrEqual(100);
  });

  it('is whole where the rows that came are enough', async () => {
    const pool = stuckPool();
    const page = await readPage(pool, { first: 20, after: null });
    expect(page.edges.map(({ node }) => node)).toHaveLength(20);
    expect(page.hasNextPage).toBe(true);
  });
});
