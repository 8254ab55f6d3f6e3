import { asError } from './as-error.js';

/** Works on all items in their order, so many at a time. Rejects with the first failure of `work`. */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: Math.min(limit, items.length) }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

/** Runs one task per key, so many at a time; a task that fails becomes its Error, in the order of the keys. */
export async function settleInParallel<V>(
  keys: readonly string[],
  limit: number,
  run: (key: string) => Promise<V>,
): Promise<(V | Error)[]> {
  const results = Array.from<V | Error>({ length: keys.length });
  const queue = keys.entries();
  const worker = async () => {
    for (const [index, key] of queue) results[index] = await run(key).catch(asError);
  };
  await Promise.all(Array.from({ length: Math.min(limit, keys.length) }, worker));
  return results;
}
