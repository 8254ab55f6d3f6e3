import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { createReadCache } from '../../src/providers/bitminter/read-cache.js';
import { monotonicNow } from '../../src/values/clock.js';
import type { CallScope } from '../../src/upstream/http.js';
import { nextTurn } from '../../src/values/next-turn.js';
import { testScope } from '../support/test-http.js';

/** Whether a turn of the event loop passes between an answer and whoever asked for it. */
async function passesATurn(objects: number, ttlMs: number): Promise<boolean> {
  const reads = createReadCache({ provider: 'bitminter', baseUrl: 'https://pool.example', ttlMs, timeoutMs: 5_000 });
  let passed = false;
  const value = Array.from({ length: objects }, (_none, at) => ({ at }));
  const load = async (): Promise<typeof value> => {
    setImmediate(() => (passed = true));
    return value;
  };
  const read = await reads.get({ path: '/users', scope: testScope({ deadline: monotonicNow() + 5_000 }), load });
  expect(Object.isFrozen(read.value.at(-1))).toBe(true);
  return passed;
}

describe.each([0, 60_000])('what was read, kept for %i ms', (ttlMs) => {
  it('is used in a turn of its own when it is much', async () => {
    expect(await passesATurn(10_000, ttlMs)).toBe(true);
  });

  it('is there at once when it is little', async () => {
    expect(await passesATurn(100, ttlMs)).toBe(false);
  });
});

describe('a read that found no room', () => {
  const reads = createReadCache({ provider: 'bitminter', baseUrl: 'https://pool.example', ttlMs: 0, timeoutMs: 5_000 });
  const full = new UpstreamError('overloaded', {
    provider: 'bitminter',
    operation: 'getPoolStats',
    delivery: 'unsent',
  });
  const scope = (byStranger: boolean): CallScope => testScope({ deadline: monotonicNow() + 5_000, byStranger });
  /** Reads of two who ask at once; each that begins is refused where strangers are. */
  function readBoth(first: boolean, second: boolean) {
    const began: (boolean | undefined)[] = [];
    const load = async ({ byStranger }: CallScope): Promise<string> => {
      began.push(byStranger);
      await nextTurn();
      if (byStranger === true) throw full;
      return 'read';
    };
    const both = [first, second].map(async (byStranger) => {
      const { value } = await reads.get({ path: '/pool/stats', scope: scope(byStranger), load });
      return value;
    });
    return Promise.allSettled(both).then((ends) => ({
      began,
      ends: ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason)),
    }));
  }

  it('is begun anew by an operator who had joined the read of a stranger', async () => {
    expect(await readBoth(true, false)).toEqual({ began: [true, false], ends: [full, 'read'] });
  });

  it('is over for all strangers who had joined it', async () => {
    expect(await readBoth(true, true)).toEqual({ began: [true], ends: [full, full] });
  });
});
