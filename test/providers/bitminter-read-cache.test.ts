import { describe, expect, it } from 'vitest';
import { createReadCache } from '../../src/providers/bitminter/read-cache.js';
import { monotonicNow } from '../../src/values/clock.js';
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
