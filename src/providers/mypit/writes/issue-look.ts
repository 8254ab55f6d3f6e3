import { UpstreamError } from '../../../errors.js';
import { sleep } from '../../../values/sleep.js';
import type { Attempt } from '../../../writes/writes.js';
import { scan } from '../listing/scan.js';
import { openListings } from '../loaders.js';
import type { IssueInput, IssuedBadge } from '../model.js';
import type { IssueTally } from './issue-tally.js';
import { isCertain, isLikely, mayBeOurs, recipientsOf } from './issue-matching.js';
import { aftermathCaller, type IssueContext } from './write-context.js';

/**
 * Two looks with a gap between them; the second is for those whose badge may still turn up. A look that fails says nothing. Of badges
 * that an answer has only counted, those that are not among what the looks show are in doubt.
 */
export async function lookTwice(
  context: IssueContext,
  input: IssueInput,
  attempt: Attempt,
  tally: IssueTally,
): Promise<void> {
  let whole = false;
  for (const last of [false, true]) {
    if (last ? !tally.has('UNKNOWN') && !tally.lacksCounted() : tally.open().size === 0) break;
    if (last) await sleep(context.readbackDelayMs);
    try {
      whole = await look(context, input, attempt, tally);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
    }
  }
  if (whole && tally.lacksCounted()) tally.doubtCounted();
}

/** Reads through the issued badges for those of the open rows; whether it saw all badges, and whose each of ours is. */
export async function look(
  context: IssueContext,
  input: IssueInput,
  attempt: Attempt,
  tally: IssueTally,
): Promise<boolean> {
  const asked = new Set(input.recipientIds);
  const open = new Set(tally.open());
  const before = context.memory.existingBefore(attempt.marker);
  const take = (recipientId: string, badgeId: string): void => {
    tally.issued(recipientId, badgeId);
    open.delete(recipientId);
  };
  /** Not taken at once, and not known to be somebody else's. */
  const badges: IssuedBadge[] = [];
  let showsMarkers = false;
  let unreadable = false;
  const end = await scan(openListings(context.client, () => aftermathCaller(context)).issuedBadges, ({ id, node }) => {
    if (node instanceof UpstreamError) unreadable ||= id === null || before?.has(id) !== true;
    if (node instanceof UpstreamError) return open.size === 0;
    showsMarkers ||= node.marker !== null;
    if (node.marker === attempt.marker) tally.bearsMark(node.badgeId);
    if (node.templateId !== input.templateId) return open.size === 0;
    const certain = isCertain(node, attempt, tally);
    if (certain && open.has(node.recipientId)) take(node.recipientId, node.badgeId);
    else if (certain ? !asked.has(node.recipientId) : mayBeOurs(node, before)) badges.push(node);
    return open.size === 0;
  });
  if (open.size === 0) return true;

  const ours = badges.filter(
    (badge) => isCertain(badge, attempt, tally) || isLikely(badge, attempt, before, showsMarkers),
  );
  const strays = ours.filter(({ recipientId }) => !asked.has(recipientId));
  const told = await recipientsOf(context, aftermathCaller(context), strays, open);
  const ownerOf = (badge: IssuedBadge) => (asked.has(badge.recipientId) ? badge.recipientId : told.get(badge));
  const likely = new Map<string, string[]>();
  for (const badge of ours) {
    const recipientId = ownerOf(badge);
    if (recipientId === undefined || !open.has(recipientId)) continue;
    if (isCertain(badge, attempt, tally)) take(recipientId, badge.badgeId);
    else likely.set(recipientId, [...(likely.get(recipientId) ?? []), badge.badgeId]);
  }
  const others = await attempt.taken?.([...likely.values()].flat());
  for (const [recipientId, badgeIds] of likely) {
    const [badgeId, another] = badgeIds.filter((id) => !others?.has(id));
    if (!open.has(recipientId) || badgeId === undefined || another !== undefined) continue;
    if (tally.isRefused(recipientId) || !((await attempt.takes?.(badgeId)) ?? true)) continue;
    take(recipientId, badgeId);
  }
  return end === 'ended' && !unreadable && told.size === strays.length;
}
