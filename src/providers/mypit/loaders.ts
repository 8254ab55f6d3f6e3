import DataLoader from 'dataloader';
import { UpstreamError, type CallFacts } from '../../errors.js';
import type { MyPitCaller, MyPitClient } from './client.js';
import { isNotFound } from './errors.js';
import { forgetFailures } from '../reading.js';
import type { ListSizes } from './listing/list-sizes.js';
import type { BadgeTemplate, Holder, IssuedBadge } from './model.js';
import { sweep, type OtherName } from './listing/sweep.js';
import { scan, type ListPages } from './listing/scan.js';
import { asError } from '../../values/as-error.js';
import { settleInParallel } from '../../values/in-parallel.js';

/** The upstream has no batch reads: this many single ones are under way at once. */
const PARALLEL = 10;

/** Reads shared within one operation: an id is asked for once, and a failure is forgotten. */
export interface MyPitLoaders {
  readonly templateById: DataLoader<string, BadgeTemplate | null>;
  /** By the upstream's own id or the integrator's: badges name their recipients by either. */
  readonly holderById: DataLoader<string, Holder | null>;
  /** Searches the whole listing: the upstream cannot read one. Rejects with `lookup_limit` where the search had to end. */
  readonly issuedBadgeById: DataLoader<string, IssuedBadge | null>;
}

/** The three listings as one caller sees them. */
export interface MyPitListings {
  readonly templates: ListPages<BadgeTemplate>;
  readonly holders: ListPages<Holder>;
  readonly issuedBadges: ListPages<IssuedBadge>;
}

/** `caller` is asked for anew at each page, so that pages of a long search can have their own time. */
export function openListings(client: MyPitClient, caller: () => MyPitCaller): MyPitListings {
  return {
    templates: (request) => client.getAllBadgeTemplatesByOwnerId(caller(), request),
    holders: (request) => client.getHolders(caller(), request),
    issuedBadges: (request) => client.getIssuedBadges(caller(), request),
  };
}

export function createMyPitLoaders(client: MyPitClient, caller: MyPitCaller, sizes: ListSizes): MyPitLoaders {
  const listings = openListings(client, () => caller);
  const { fingerprint, credential } = caller.scope;
  const facts: CallFacts = { provider: client.provider, operation: 'getIssuedBadges', credential };
  return {
    templateById: forgetful((ids) =>
      readMany(ids, listings.templates, sizes, `templates ${fingerprint}`, (id) =>
        client.getASingleBadgeTemplate(caller, id),
      ),
    ),
    holderById: forgetful((ids) =>
      readMany(
        ids,
        listings.holders,
        sizes,
        `holders ${fingerprint}`,
        (id) => client.getHolderById(caller, id, 'either'),
        ({ externalId }) => externalId,
      ),
    ),
    issuedBadgeById: forgetful((ids) => findBadges(ids, listings.issuedBadges, facts)),
  };
}

/** A load that rejects has failed for each of its ids. */
function forgetful<V>(load: (ids: readonly string[]) => Promise<readonly (V | Error)[]>): DataLoader<string, V> {
  const loader: DataLoader<string, V> = new DataLoader<string, V>(async (ids) => {
    return forgetFailures(loader, ids, await load(ids).catch((error: unknown) => ids.map(() => asError(error))));
  });
  return loader;
}

/** Reads objects from pages of their listing as far as that is cheaper, and the others one by one. */
async function readMany<T>(
  ids: readonly string[],
  list: ListPages<T>,
  sizes: ListSizes,
  key: string,
  read: (id: string) => Promise<T>,
  otherName?: OtherName<T>,
): Promise<(T | null | Error)[]> {
  const { found, isAbsent } = await sweep(ids, list, sizes, key, otherName);
  return settleInParallel(ids, PARALLEL, async (id) => {
    const known = found.get(id);
    if (known !== undefined) return known;
    return isAbsent(id) ? null : orNull(read(id));
  });
}

async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** One search for all of them. A row that does not even show its id may be any of those that were not found. */
async function findBadges(
  ids: readonly string[],
  list: ListPages<IssuedBadge>,
  facts: CallFacts,
): Promise<(IssuedBadge | null | Error)[]> {
  const missing = new Set(ids);
  const found = new Map<string, IssuedBadge | UpstreamError>();
  let nameless: UpstreamError | undefined;
  const end = await scan(list, ({ id, node }) => {
    if (id !== null && missing.delete(id)) found.set(id, node);
    if (id === null && node instanceof UpstreamError) nameless ??= node;
    return missing.size === 0;
  });
  const limit = end === 'cut' ? new UpstreamError('lookup_limit', { ...facts, delivery: 'answered' }) : null;
  return ids.map((id) => found.get(id) ?? limit ?? nameless ?? null);
}
