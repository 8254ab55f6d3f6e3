import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createMemoryState } from '../../src/state/memory.js';
import { createToldOnce } from '../../src/writes/told-once.js';
import { harness } from './write-harness.js';

const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('tells how long ago a deed was begun last, or told, and nothing of one that nobody here began', async () => {
  const { records } = createMemoryState();
  const first = () => createToldOnce(records, 'approvePayment:p1');
  expect(await first().age()).toBeUndefined();
  await first().begin();
  vi.advanceTimersByTime(MINUTE);
  expect(await first().age()).toBe(MINUTE);
  await first().begin();
  expect(await first().age()).toBe(0);
  vi.advanceTimersByTime(MINUTE);
  expect(await first().claim()).toBe(true);
  vi.advanceTimersByTime(2 * MINUTE);
  // What was told already is not begun anew.
  await first().begin();
  expect([await first().age(), await first().claim()]).toEqual([2 * MINUTE, false]);
  expect(await createToldOnce(records, 'approvePayment:p2').age()).toBeUndefined();
});

it('is not forgotten by one who began it when another has begun it since', async () => {
  const { records } = createMemoryState();
  const [one, other] = [createToldOnce(records, 'completePayment:p1'), createToldOnce(records, 'completePayment:p1')];
  await one.begin();
  await other.begin();
  await other.forget();
  await one.forget();
  expect(await other.claim()).toBe(true);
  await createToldOnce(records, 'completePayment:p2').begin();
  expect(await createToldOnce(records, 'completePayment:p2').claim()).toBe(true);
});

it('is forgotten by the only one who began it, and told once for a day', async () => {
  const { records } = createMemoryState();
  const one = createToldOnce(records, 'completePayment:p1');
  await one.begin();
  await one.forget();
  expect([await one.age(), await one.claim()]).toEqual([undefined, false]);
  await one.begin();
  expect(await one.claim()).toBe(true);
  vi.advanceTimersByTime(24 * 60 * MINUTE - 1);
  const late = createToldOnce(records, 'completePayment:p1');
  await late.begin();
  expect(await late.claim()).toBe(false);
});

it('is told to the next who asks here when the word that it was told got lost on the way back', async () => {
  const { records } = createMemoryState();
  let away = false;
  const lossy: typeof records = {
    ...records,
    async read(key) {
      if (away) throw new Error('away');
      return records.read(key);
    },
    async replace(...args) {
      const version = await records.replace(...args);
      if (!args[2].startsWith('told')) return version;
      away = true;
      throw new Error('the answer got lost');
    },
  };
  const [here, elsewhere] = [harness(lossy).writes, harness(records).writes];
  const first = () => here.first('completePayment:p1');
  await first().begin();
  await expect(first().claim()).rejects.toMatchObject({ code: 'IDEMPOTENCY_STORE_UNAVAILABLE' });
  away = false;
  expect(await elsewhere.first('completePayment:p1').claim()).toBe(false);
  expect(await Promise.all([first().claim(), first().claim()])).toEqual([true, false]);
});
