import DataLoader from 'dataloader';
import { asError } from '../../values/as-error.js';
import type { ReadPage } from './history.js';
import type { HistoryPage } from './model.js';

interface PageKey {
  readonly account: string;
  readonly cursor: string | null;
}

/** Pages of accounts' histories, shared within one operation: payments of one app are in one wallet. A failure is forgotten. */
export function createPageReader(read: ReadPage): ReadPage {
  const loader: DataLoader<PageKey, HistoryPage, string> = new DataLoader<PageKey, HistoryPage, string>(
    async ([key]) => [
      await read(key?.account ?? '', key?.cursor ?? null).catch((error: unknown) => {
        if (key) loader.clear(key);
        return asError(error);
      }),
    ],
    { batch: false, cacheKeyFn: ({ account, cursor }) => `${account} ${cursor ?? ''}` },
  );
  return (account, cursor) => loader.load({ account, cursor });
}
