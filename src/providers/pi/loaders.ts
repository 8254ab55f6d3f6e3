import DataLoader from 'dataloader';
import { UpstreamError } from '../../errors.js';
import type { CallScope } from '../../upstream/http.js';
import { settleInParallel } from '../../values/in-parallel.js';
import type { PiClient } from './client.js';
import { saysNoPayment } from './errors.js';
import { forgetFailures } from '../reading.js';
import type { Payment, RewardedAd } from './model.js';

/** The upstream has no batch reads: this many single ones are under way at once. */
export const PARALLEL = 10;

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
    return forgetFailures(loader, ids, await settleInParallel(ids, PARALLEL, load));
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
