import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createMemoryState } from '../../src/state/memory.js';
import type { Attempt } from '../../src/writes/writes.js';
import { createWrites } from '../../src/writes/engine.js';
import { brittleRecords, harness } from './write-harness.js';

/** What one run of a key learns of objects. */
async function within<T>(
  writes: ReturnType<typeof createWrites>,
  key: string | undefined,
  ask: (attempt: Attempt) => Promise<T>,
  changes: { readonly provider?: string; readonly principal?: string } = {},
): Promise<T> {
  let told: { readonly value: T } | undefined;
  await writes.once({
    principal: 'fp',
    provider: 'mypit',
    operation: 'issueBadge',
    key,
    payload: null,
    ...changes,
    send: async (attempt) => {
      told = { value: await ask(attempt) };
      return null;
    },
    find: () => Promise.resolve(undefined),
  });
  if (!told) throw new Error('it was not sent');
  return told.value;
}

describe('an object that a key has got', () => {
  it('is no other key’s, on any instance and in any life, whoever holds the key', async () => {
    const { open } = harness();
    expect(await within(open(), 'b', (attempt) => attempt.takes!('badge-0'))).toBe(true);
    const later = open();
    for (const [key, principal] of [
      ['a', 'fp'],
      ['b', 'other'],
      [undefined, 'fp'],
    ] as const) {
      const told = await within(
        later,
        key,
        async (attempt) => [
          await attempt.takes!('badge-0'),
          [...((await attempt.taken!(['badge-0', 'badge-1'])) ?? ['?'])],
        ],
        { principal },
      );
      expect(told).toEqual([false, ['badge-0']]);
    }
  });

  it('stays its own, also where a look for it comes later', async () => {
    const { open } = harness();
    const attempts: Attempt[] = [];
    const keep = async (attempt: Attempt) => attempts.push(attempt);
    await within(open(), 'a', keep);
    const [attempt] = attempts;
    expect(await attempt?.takes!('badge-0')).toBe(true);
    expect(await attempt?.takes!('badge-0')).toBe(true);
    expect([...((await attempt?.taken!(['badge-0'])) ?? ['?'])]).toEqual([]);
  });

  it('is another one at another provider', async () => {
    const { open } = harness();
    await within(open(), 'b', (attempt) => attempt.takes!('0'));
    expect(await within(open(), 'a', (attempt) => attempt.takes!('0'), { provider: 'pinning:acme' })).toBe(true);
  });

  it('is got by one of two that take it at once', async () => {
    const { open } = harness();
    const writes = [open(), open()];
    const got = await Promise.all(
      writes.map((one, index) => within(one, `k${index}`, (attempt) => attempt.takes!('badge-0'))),
    );
    expect(got.filter(Boolean)).toHaveLength(1);
  });

  it('is nobody’s as long as nobody can tell whose it is', async () => {
    const { records, cutOff } = brittleRecords(createMemoryState().records);
    const writes = createWrites({
      records,
      secret: 'a secret for tests only',
      log: silentLogger,
      readbackDelayMs: 1,
      resendQuarantineMs: 1,
      writeDeadlineMs: 1_000,
    });
    const told = await within(writes, undefined, async (attempt) => {
      cutOff();
      return [await attempt.takes!('badge-0'), await attempt.taken!(['badge-0'])];
    });
    expect(told).toEqual([false, undefined]);
  });
});
