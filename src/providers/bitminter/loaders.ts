import DataLoader from 'dataloader';
import { findRows, type Listing } from './listing.js';
import type { Miner, PoolBlock } from './model.js';
import { forgetFailures } from '../reading.js';
import { asError } from '../../values/as-error.js';

/** Blocks by id, shared within one operation: the upstream has no such read, so one walk serves all that are asked for together. */
export function createBlockLoader(blocks: Listing<PoolBlock>): DataLoader<string, PoolBlock | null> {
  const loader: DataLoader<string, PoolBlock | null> = new DataLoader<string, PoolBlock | null>(async (ids) =>
    forgetFailures(loader, ids, await findRows(blocks, ids)),
  );
  return loader;
}

/** The key's owner among names, none of which is empty. */
export const OWNER = '';

/** Accounts by name, shared within one operation; a failure is forgotten. */
export function createMinerLoader(load: (name: string) => Promise<Miner | null>): DataLoader<string, Miner | null> {
  const loader: DataLoader<string, Miner | null> = new DataLoader<string, Miner | null>(async (names) => {
    const results = await Promise.all(names.map((name) => load(name).catch(asError)));
    return forgetFailures(loader, names, results);
  });
  return loader;
}
