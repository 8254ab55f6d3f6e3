import { UpstreamError, type UpstreamErrorKind } from '../../../errors.js';
import type { ListSizes } from './list-sizes.js';
import { LARGEST_PAGE, type ListPages } from './scan.js';
import type { ListPage } from '../wire-list.js';

/** Up to so many objects are read one by one when the size of their listing is not known. */
const FEW = 3;
const MAX_PAGES = 10;
/** Faults of the listing alone: the objects may still be read one by one. Any other fault would meet those reads as well. */
const OF_THE_LISTING: ReadonlySet<UpstreamErrorKind> = new Set(['bad_response', 'rejected', 'cursor_expired']);

/** What reading pages of a listing told about some objects. */
export interface Swept<T> {
  readonly found: ReadonlyMap<string, T>;
  /** Whether the listing was read to its end, so that what is not in it does not exist. */
  isAbsent(id: string): boolean;
}

/** A second name under which an object may be asked for; null when the row does not show it. */
export type OtherName<T> = (node: T) => string | null;

/**
 * Looks for many objects in pages of their listing where that is cheaper than one read each. Pages have to pay: after the
 * first one, another is read only while each page so far has spared at least one read, or the listing's size is known.
 */
export async function sweep<T>(
  ids: readonly string[],
  list: ListPages<T>,
  sizes: ListSizes,
  key: string,
  otherName?: OtherName<T>,
): Promise<Swept<T>> {
  const known = sizes.pages(key);
  if (known === undefined ? ids.length <= FEW : known >= ids.length) return { found: new Map(), isAbsent: () => false };
  const wanted = new Set(ids);
  const found = new Map<string, T>();
  /** Found by their second name; the first goes before it. */
  const named = new Map<string, T>();
  const all = () => new Map([...named, ...found]);
  const unreadable = new Set<string>();
  let anonymous = false;
  let cursor: string | null = null;
  for (let pages = 1; pages <= MAX_PAGES; pages += 1) {
    const page: ListPage<T> | undefined = await readPage(list, cursor);
    if (page === undefined) return { found: all(), isAbsent: () => false };
    for (const { id, node } of page.rows) {
      if (id === null) anonymous = true;
      else if (node instanceof UpstreamError) unreadable.add(id);
      else if (wanted.has(id)) found.set(id, node);
      if (otherName === undefined) continue;
      const name = node instanceof UpstreamError ? null : otherName(node);
      // A row that does not show it, or cannot be read, may be any that is asked for.
      if (name === null) anonymous = true;
      else if (wanted.has(name) && !(node instanceof UpstreamError)) named.set(name, node);
    }
    if (!page.more) {
      if (!page.stuck) sizes.remember(key, pages);
      const known = all();
      return { found: known, isAbsent: (id) => !page.stuck && !anonymous && !known.has(id) && !unreadable.has(id) };
    }
    const spared = all().size;
    const paid = spared - pages;
    if (paid < 0) sizes.remember(key, Infinity);
    const worthwhile = paid >= 1 || (known !== undefined && pages < known);
    if (wanted.size - spared <= 1 || !worthwhile) break;
    cursor = page.next;
  }
  return { found: all(), isAbsent: () => false };
}

async function readPage<T>(list: ListPages<T>, cursor: string | null): Promise<ListPage<T> | undefined> {
  try {
    return await list({ cursor, numItems: LARGEST_PAGE });
  } catch (error) {
    if (error instanceof UpstreamError && OF_THE_LISTING.has(error.kind)) return undefined;
    throw error;
  }
}
