import type { ListRequest } from '../bodies.js';
import type { ListPage, Row } from '../wire-list.js';

/** One of the upstream's three listings, opened. */
export type ListPages<T> = (request: ListRequest) => Promise<ListPage<T>>;

/** The largest page that is asked for. */
export const LARGEST_PAGE = 100;
/** How far a search goes that has no better way than reading everything. */
const WALK_PAGES = 20;

/**
 * Reads a listing from its first page, each object once, until `see` answers true (`enough`), the listing ends (`ended`:
 * what was not seen is not there), or after 20 pages, or where a listing runs in a circle (`cut`: nothing is proved absent).
 */
export async function scan<T>(
  list: ListPages<T>,
  see: (row: Row<T>) => boolean | void,
): Promise<'enough' | 'ended' | 'cut'> {
  const seen = new Set<string>();
  const asked = new Set<string | null>();
  let cursor: string | null = null;
  for (let pages = 0; pages < WALK_PAGES; pages += 1) {
    asked.add(cursor);
    const page: ListPage<T> = await list({ cursor, numItems: LARGEST_PAGE });
    for (const row of page.rows) {
      if (row.id !== null && seen.has(row.id)) continue;
      if (row.id !== null) seen.add(row.id);
      if (see(row) === true) return 'enough';
    }
    if (!page.more) return page.stuck ? 'cut' : 'ended';
    if (asked.has(page.next)) return 'cut';
    cursor = page.next;
  }
  return 'cut';
}
