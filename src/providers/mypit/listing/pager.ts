import { UpstreamError } from '../../../errors.js';
import type { Listing, ListPosition } from '../model.js';
import { LARGEST_PAGE, type ListPages } from './scan.js';
import type { ListPage, Row } from '../wire-list.js';

/** Upstream pages that one page of ours may cost: they can be short, or empty with more behind them. */
const MAX_REQUESTS = 10;

/** With a filter: most rows are read to be left out, so a page of ours is given up earlier, and goes on with the next. */
const MAX_FILTERED_REQUESTS = 5;

/**
 * Why reading on was given up: many pages without a row, or more that is promised and cannot be reached, because there is no
 * cursor, one of a page that was read, or that very page in place of the one behind it.
 */
export type GivenUp = 'limit' | 'stuck';

/**
 * Reads `first` rows (0 to 100) behind a place. Rejects with what `failure` makes when ten upstream pages hold no row at all, or
 * when it promises more and does not say where, or answers with the page before in place of the one that was asked for: rows that
 * were read by then are shown first, as a page that has a next one, and the next page goes on from there.
 * With `keep` only these rows, of five upstream pages at most: the page may be empty and say where to go on. A row that
 * cannot be read may be one that is wanted, and stays.
 */
export async function readListing<T>(
  list: ListPages<T>,
  first: number,
  after: ListPosition | null,
  failure: (why: GivenUp) => Error,
  keep?: (node: T) => boolean,
): Promise<Listing<T>> {
  const scan = new Scan(list, after, keep);
  const rows: Placed<T>[] = [];
  while (rows.length < first) {
    const next = await scan.next(first - rows.length);
    if (next === 'end') break;
    if (next !== 'limit' && next !== 'stuck') {
      rows.push(next);
      continue;
    }
    const last = rows.pop();
    if (!last && keep && next === 'limit') return emptyPage(after, scan.place);
    if (!last) throw failure(next);
    // The next page goes on where this one gave up, not at its last row: so every page gets further.
    rows.push({ ...last, position: scan.place });
    break;
  }
  let more: Promise<boolean> | undefined;
  return {
    edges: rows.map(({ row, position }) => ({ node: row.node, id: row.id, position })),
    hasPreviousPage: after !== null,
    goOn: null,
    hasNextPage: () => (more ??= scan.next(1).then((next) => next !== 'end')),
  };
}

function emptyPage<T>(after: ListPosition | null, goOn: ListPosition): Listing<T> {
  return { edges: [], hasPreviousPage: after !== null, goOn, hasNextPage: () => Promise.resolve(true) };
}

interface Placed<T> {
  readonly row: Row<T>;
  readonly position: ListPosition;
}

/** Rows behind a place, one by one, each object once. */
class Scan<T> {
  /** Where the next upstream page begins, and what of it is passed already. */
  place: ListPosition;
  private ended = false;
  private stuck = false;
  private requests = 0;
  private buffer: Placed<T>[] = [];
  private readonly seen = new Set<string>();
  private readonly asked = new Set<string | null>();
  /** Passed by a place inside a page that lacks them by now: deleted, or on a later page. */
  private readonly missed = new Set<string>();

  constructor(
    private readonly list: ListPages<T>,
    after: ListPosition | null,
    private readonly keep: ((node: T) => boolean) | undefined,
  ) {
    this.place = after ?? { start: null, numItems: 0, passed: [] };
  }

  async next(wanted: number): Promise<Placed<T> | 'end' | GivenUp> {
    for (;;) {
      const placed = this.buffer.shift();
      if (placed) {
        if (this.isNew(placed.row) && this.isWanted(placed.row)) return placed;
      } else if (this.stuck) {
        return 'stuck';
      } else if (this.ended) {
        return 'end';
      } else if (this.requests >= (this.keep ? MAX_FILTERED_REQUESTS : MAX_REQUESTS)) {
        return 'limit';
      } else {
        await this.fetch(wanted);
      }
    }
  }

  private async fetch(wanted: number): Promise<void> {
    const { start, passed } = this.place;
    // A page that is asked for again must be asked for in the same way, or it is another page.
    const inside = isInside(this.place);
    const numItems = inside
      ? this.place.numItems
      : this.keep
        ? LARGEST_PAGE
        : Math.min(Math.max(wanted, 1), LARGEST_PAGE);
    this.requests += 1;
    this.asked.add(start);
    const page = await this.list({ cursor: start, numItems });
    const tags = page.rows.map((row) => row.tag);
    this.ended = isEnd(page, this.asked);
    this.stuck = page.stuck || (page.more && this.ended);
    if (this.stuck && isPageBefore(tags, this.place)) return;
    const shown = inside ? new Set(passed) : this.missed;
    const before = page.rows.filter(({ tag }) => shown.has(tag));
    const rows = page.rows.filter(({ tag }) => !shown.has(tag));
    const there = new Set(tags);
    if (inside) for (const tag of passed) if (!there.has(tag)) this.missed.add(tag);
    for (const row of before) this.isNew(row);
    const next: ListPosition | null = this.ended ? null : { start: page.next, numItems: 0, passed: edgesOf(tags) };
    const order = [...before, ...rows].map(({ tag }) => tag);
    this.buffer = rows.map((row, index) => {
      const atEnd = next !== null && index === rows.length - 1;
      const behind = order.slice(0, before.length + index + 1);
      return { row, position: atEnd ? next : { start, numItems, passed: behind } };
    });
    if (next) this.place = next;
    // Whoever goes on from here finds no row, and is told why.
    else if (this.stuck && tags.length > 0) this.place = { start, numItems, passed: tags };
  }

  private isWanted({ node }: Row<T>): boolean {
    return this.keep === undefined || node instanceof UpstreamError || this.keep(node);
  }

  private isNew({ id }: Row<T>): boolean {
    if (id === null) return true;
    if (this.seen.has(id)) return false;
    this.seen.add(id);
    return true;
  }
}

/** Whether a place lies inside a page: else `passed` holds the edges of the page before it. */
function isInside({ numItems, passed }: ListPosition): boolean {
  return passed.length > 0 && numItems > 0;
}

/** The first and the last row of a page: enough to know it again. */
function edgesOf(tags: readonly string[]): readonly string[] {
  const [first, last] = [tags[0], tags.at(-1)];
  return first === undefined || last === undefined ? [] : [first, last];
}

/**
 * Whether a page that leads nowhere is not the one that a place is in, or begins, but the one before: its rows are shown already.
 */
function isPageBefore(tags: readonly string[], place: ListPosition): boolean {
  const { passed } = place;
  if (passed.length === 0) return false;
  if (isInside(place)) return !passed.some((tag) => tags.includes(tag));
  const [first, last] = edgesOf(tags);
  return first === passed[0] && last === passed[1];
}

/** Whether there is no way on: the last page, or one that leads nowhere or back to a page that was shown. */
function isEnd(page: ListPage<unknown>, asked: ReadonlySet<string | null>): boolean {
  return !page.more || asked.has(page.next);
}
