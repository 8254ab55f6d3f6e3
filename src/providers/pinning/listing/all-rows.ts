import { UpstreamError, type CallFacts } from '../../../errors.js';
import { compareInstants, instantFromMillis, toMillis, type Instant } from '../../../values/instant.js';
import { MAX_LIMIT } from './list-query.js';
import type { ListAnswer, ListedPin, ListPins, ListRequest } from './listing.js';

const MAX_PAGES = 20;
/** The protocol's page where no number is asked for: a service that ignores the number may have cut here. */
export const USUAL_PAGE = 10;

/** A listing of these spellings in every state, at its largest. */
export function listingOf(cids: readonly string[]): ListRequest {
  return { cids, name: null, match: 'EXACT', status: [], before: null, after: null, meta: null, limit: MAX_LIMIT };
}

/** What a listing showed. */
export interface Sighting {
  readonly rows: readonly ListedPin[];
  /** Whether nothing suggests that it holds more: what is not among the rows of a whole one is not there. */
  readonly whole: boolean;
}

/**
 * Every row of these spellings (at most ten), each once, in no order. One call unless there are more than a thousand, or as
 * many as a usual page has: then it goes on from the far end of what came, in the service's own direction. Rejects rather than
 * leave rows out.
 */
export async function allRows(list: ListPins, cids: readonly string[], facts: CallFacts): Promise<Sighting> {
  const rows = new Map<string, ListedPin>();
  const request = listingOf(cids);
  let { answer } = await askTwice(list, request, 0);
  const total = answer.count;
  const full = answer.results.length >= MAX_LIMIT;
  const oldestFirst = isOldestFirst(answer.results);
  let claimed = 0;
  for (let page = 1; ; page++) {
    const known = rows.size;
    for (const row of answer.results) rows.set(row.id, row);
    if (answer.count > answer.results.length) claimed = Math.max(claimed, answer.count);
    const goesOn = hasMore(answer) || mayBeUsualPage(answer);
    const bound = goesOn && rows.size > known ? nextBound(answer.results, oldestFirst) : undefined;
    if (!bound || page === MAX_PAGES) break;
    // At least the rows at the bound must come again.
    ({ answer } = await askTwice(list, { ...request, ...bound }, -1));
  }
  if (full && hasMore(answer) && total > rows.size)
    throw new UpstreamError('lookup_limit', { ...facts, delivery: 'answered' });
  return { rows: [...rows.values()], whole: claimed <= rows.size && answer.results.length < MAX_LIMIT };
}

/** Asks once more when an answer without a row counts more than these rows that are `known`: it may be half of one. */
export async function askTwice(
  list: ListPins,
  request: ListRequest,
  known: number,
): Promise<{ readonly answer: ListAnswer; readonly twice: boolean }> {
  const answer = await list(request);
  if (answer.results.length > 0 || answer.count <= known) return { answer, twice: false };
  const again = await list(request);
  return { answer: again, twice: again.results.length === 0 };
}

/** Whether the service may hold more rows than it showed; what it counts cannot always be trusted. */
export function hasMore({ count, results }: ListAnswer): boolean {
  return results.length >= MAX_LIMIT || count > results.length;
}

/** Whether as many rows came as a service shows that ignores the limit; one of each of ten spellings are no sign of it. */
function mayBeUsualPage({ results }: ListAnswer): boolean {
  return results.length === USUAL_PAGE && !hasOneOfEach(results);
}

/** Whether each row has a CID, or at least a spelling, of its own. */
export function hasOneOfEach(rows: readonly ListedPin[]): boolean {
  return new Set(rows.map(({ pin }) => ('cid' in pin ? pin.cid : ''))).size === rows.length;
}

function timesOf(rows: readonly ListedPin[]): Instant[] {
  return rows.flatMap((row) => row.createdAt ?? []);
}

/** Whether the service lists by age, oldest first, as far as the ends of this page tell. */
export function isOldestFirst(rows: readonly ListedPin[]): boolean {
  const times = timesOf(rows);
  const [first, last] = [times[0], times.at(-1)];
  return first !== undefined && last !== undefined && compareInstants(first, last) < 0;
}

/** The bound past which the rest lies. It lets the rows of the last instant come again, because more of them may exist. */
export function nextBound(
  rows: readonly ListedPin[],
  oldestFirst: boolean,
): Pick<ListRequest, 'before' | 'after'> | undefined {
  const times = timesOf(rows);
  if (times.length === 0) return undefined;
  // A service that shows whole seconds may sort by more than it shows.
  const step = times.every((time) => time.nanos === 0) ? 1000 : 1;
  const far = times.reduce((a, b) => (compareInstants(a, b) < 0 === oldestFirst ? b : a));
  const edge = Math.floor(toMillis(far) / step) * step;
  return oldestFirst
    ? { before: null, after: instantFromMillis(edge - 1).text }
    : { before: instantFromMillis(edge + step).text, after: null };
}
