import DataLoader from 'dataloader';
import { UpstreamError } from '../../errors.js';
import type { CallScope } from '../../upstream/http.js';
import type { PiClient } from './client.js';
import { saysNoPayment } from './errors.js';
import type { Payment, RewardedAd } from './model.js';

/** The upstream has no batch reads: this many single ones are under way at once. */
const PARALLEL = 10;

/** Reads shared within one operation: an id is asked for once, and a failure is forgotten. */
export interface PiLoaders {
  readonly paymentById: DataLoader<string, Payment | null>;
  readonly rewardedAdById: DataLoader<string, RewardedAd | null>;
}

export function createPiLoaders(client: PiClient, apiKey: string, scope: CallScope): PiLoaders {
  return {
    paymentById: eachAlone((id) => orNull(client.getPayment(scope, apiKey, id), saysNoPayment)),
    rewardedAdById: eachAlone((id) =>
      orNull(client.getRewardedAdStatus(scope, apiKey, id), ({ kind }) => kind === 'not_found'),
    ),
  };
}

function eachAlone<V>(load: (id: string) => Promise<V>): DataLoader<string, V> {
  const loader: DataLoader<string, V> = new DataLoader<string, V>(async (ids) => {
    const results = await inParallel(ids, load);
    return results.map((result, index) => {
      // A failure must not answer later askers of the same operation.
      if (result instanceof Error) loader.clear(ids[index] ?? '');
      return result;
    });
  });
  return loader;
}

async function orNull<V>(reading: Promise<V>, saysNone: (error: UpstreamError) => boolean): Promise<V | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof UpstreamError && saysNone(error)) return null;
    throw error;
  }
}

/** Runs one task per key, a bounded number at a time; a task that fails becomes its Error, in the order of the keys. */
export async function inParallel<V>(keys: readonly string[], run: (key: string) => Promise<V>): Promise<(V | Error)[]> {
  const results = Array.from<V | Error>({ length: keys.length });
  const queue = keys.entries();
  const worker = async () => {
    for (const [index, key] of queue) {
      results[index] = await run(key).catch((error: unknown) =>
        error instanceof Error ? error : new Error(String(error)),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, keys.length) }, worker));
  return results;
}
