import type { PollReading } from '../../../polling/polling.js';
import { hasMore, isOldestFirst, listingOf, nextBound } from '../listing/all-rows.js';
import { fitsUrl, MAX_SPELLINGS } from '../listing/list-query.js';
import type { ListAnswer, ListedPin, ListPins } from '../listing/listing.js';
import type { Pin } from '../model.js';

export type PinReadings = Map<string, PollReading<Pin>>;

/** What a walk through what is in progress has cost. */
export interface Walk {
  readonly calls: number;
  /** Rows that the service says there are. */
  readonly rows: number;
  /** Pins that were shown at their end although none of those was asked for. */
  readonly ended: ReadonlySet<string>;
  /** Why a later page could not be read; what the earlier ones brought is good. */
  readonly error: unknown;
}

/**
 * Looks for pins among those in progress and takes down the ones it meets, by request id; of an end only the pin itself can tell.
 * Goes on to the next thousand only while that costs less than asking for what is missing one by one. Rejects when the first page
 * cannot be read.
 */
export async function walkInProgress(
  list: ListPins,
  wanted: ReadonlySet<string>,
  readings: PinReadings,
  mayGoOn: () => boolean,
): Promise<Walk> {
  const missing = new Set(wanted);
  const met = new Set<string>();
  const ended = new Set<string>();
  const request = { ...listingOf([]), status: ['QUEUED', 'PINNING'] as const };
  let answer = await list(request);
  const rows = Math.max(answer.count, answer.results.length);
  const oldestFirst = isOldestFirst(answer.results);
  for (let calls = 1; ; calls++) {
    const before = met.size;
    for (const { id, pin } of answer.results) if (missing.has(id) && hasEnded(pin)) ended.add(id);
    takeDown(answer, missing, readings, ended);
    for (const row of answer.results) met.add(row.id);
    const bound =
      pagesLeft(answer) < missing.size && met.size > before ? nextBound(answer.results, oldestFirst) : undefined;
    if (!hasMore(answer) || !bound || !mayGoOn()) return { calls, rows, ended, error: undefined };
    try {
      answer = await list({ ...request, ...bound });
    } catch (error) {
      return { calls, rows, ended, error };
    }
  }
}

/** Reads the pins of these CIDs, spelled as the service does, and takes down the wanted ones. */
export async function readByCids(
  list: ListPins,
  cids: readonly string[],
  wanted: ReadonlySet<string>,
  readings: PinReadings,
): Promise<void> {
  takeDown(await list(listingOf(cids)), new Set(wanted), readings);
}

/** The pins in groups that one listing by CIDs can ask for; a CID too long for any URL is in none. */
export function cidGroups(
  baseUrl: string,
  pins: Iterable<Pin>,
): { readonly cids: readonly string[]; readonly ids: ReadonlySet<string> }[] {
  const idsOf = new Map<string, string[]>();
  for (const pin of pins) {
    const ids = idsOf.get(pin.cid);
    if (ids) ids.push(pin.requestId);
    else idsOf.set(pin.cid, [pin.requestId]);
  }
  const groups: { cids: string[]; ids: Set<string> }[] = [];
  for (const [cid, ids] of idsOf) {
    if (!fitsUrl(baseUrl, listingOf([cid]))) continue;
    const last = groups.at(-1);
    const fits = last && last.cids.length < MAX_SPELLINGS && fitsUrl(baseUrl, listingOf([...last.cids, cid]));
    const group = fits ? last : { cids: [], ids: new Set<string>() };
    if (!fits) groups.push(group);
    group.cids.push(cid);
    for (const id of ids) group.ids.add(id);
  }
  return groups;
}

/** Takes down the rows that are missed, but for those to leave `out`. */
function takeDown(
  { results }: ListAnswer,
  missing: Set<string>,
  readings: PinReadings,
  out: ReadonlySet<string> = new Set(),
): void {
  for (const { id, pin } of results) if (missing.delete(id) && !out.has(id)) readings.set(id, pin);
}

function hasEnded(pin: ListedPin['pin']): boolean {
  return !(pin instanceof Error) && (pin.status === 'PINNED' || pin.status === 'FAILED');
}

function pagesLeft({ count, results }: ListAnswer): number {
  return Math.max(1, Math.ceil((count - results.length) / Math.max(1, results.length)));
}
