import { toMillis } from '../../../values/instant.js';
import type { Attempt } from '../../../writes/writes.js';
import { createMyPitLoaders } from '../loaders.js';
import type { MyPitCaller } from '../client.js';
import type { ListSizes } from '../listing/list-sizes.js';
import type { IssuedBadge } from '../model.js';
import type { IssueTally } from './issue-tally.js';
import { CLOCK_TOLERANCE_MS, type WriteContext } from './write-context.js';

/**
 * The upstream knows a holder by its own id and by the integrator's, and a badge may name its recipient by the one when it
 * was issued by the other. Asks for the holders of such badges, and gives the asked-for id of each that can be told.
 */
export async function recipientsOf(
  { client, sizes }: Pick<WriteContext, 'client'> & { readonly sizes: ListSizes },
  caller: MyPitCaller,
  strays: readonly IssuedBadge[],
  asked: ReadonlySet<string>,
): Promise<ReadonlyMap<IssuedBadge, string>> {
  const told = new Map<IssuedBadge, string>();
  if (strays.length === 0) return told;
  const { holderById } = createMyPitLoaders(client, caller, sizes);
  const holders = await holderById.loadMany(strays.map(({ recipientId }) => recipientId));
  holders.forEach((holder, index) => {
    const badge = strays[index];
    if (!badge || holder === null || holder instanceof Error) return;
    const id = [holder.holderId, holder.externalId].find((name) => name !== null && asked.has(name));
    if (typeof id === 'string') told.set(badge, id);
  });
  return told;
}

/** Whether it surely is one of these badges: it carries the marker, or the answer named it and it carries no other. */
export function isCertain({ marker, badgeId }: IssuedBadge, attempt: Attempt, tally: IssueTally): boolean {
  return marker === attempt.marker || (marker === null && tally.wasNamed(badgeId));
}

/** Whether it may be one of these badges: made since we looked, as far as that is known, and marked by nobody. */
export function mayBeOurs({ marker, badgeId }: IssuedBadge, before: ReadonlySet<string> | undefined): boolean {
  return marker === null && before?.has(badgeId) !== true;
}

/**
 * Without a marker to go by: new since we looked, and made no earlier than we began. An upstream that shows markers of other
 * badges would show ours, so that a badge whose data it shows without one is not ours.
 */
export function isLikely(
  badge: IssuedBadge,
  { startedAt }: Attempt,
  before: ReadonlySet<string> | undefined,
  showsMarkers: boolean,
): boolean {
  const { data, issuedAt } = badge;
  return (
    before !== undefined &&
    mayBeOurs(badge, before) &&
    (data === null || !showsMarkers) &&
    issuedAt !== null &&
    toMillis(issuedAt) >= startedAt - CLOCK_TOLERANCE_MS
  );
}
