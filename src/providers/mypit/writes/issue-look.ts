import { UpstreamError } from '../../../errors.js';
import { sleep } from '../../../values/sleep.js';
import type { Attempt } from '../../../writes/writes.js';
import { scan } from '../listing/scan.js';
import { openListings } from '../loaders.js';
import type { IssueInput, IssuedBadge } from '../model.js';
import type { IssueTally } from './issue-tally.js';
import { isCertain, isLikely, mayBeOurs, recipientsOf } from './issue-matching.js';
import { aftermathCaller, type IssueContext } from './write-context.js';

/** What looks prove of a recipient whose badge they did not find: whether there surely is none of this issuing. */
export type IsAbsent = (recipientId: string) => boolean;

/** Two looks with a gap between them; the second is for those whose badge may still turn up. A look that fails says nothing. */
export async function lookTwice(
  context: IssueContext,
  input: IssueInput,
  attempt: Attempt,
  tally: IssueTally,
): Promise<IsAbsent> {
  const looks: IsAbsent[] = [];
  for (const last of [false, true]) {
    if (last ? !tally.has('UNKNOWN') : tally.open().size === 0) break;
    if (last) await sleep(context.readbackDelayMs);
    try {
      looks.push(await look(context, input, attempt, tally));
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
    }
  }
  return (recipientId) => looks.length === 2 && looks.every((isAbsent) => isAbsent(recipientId));
}

/** Reads through the issued badges for those of the open rows. */
export async function look(
  context: IssueContext,
  input: IssueInput,
  attempt: Attempt,
  tally: IssueTally,
): Promise<IsAbsent> {
  const asked = new Set(input.recipientIds);
  const open = new Set(tally.open());
  const before = context.memory.existingBefore(attempt.marker);
  const take = (recipientId: string, badgeId: string): void => {
    tally.issued(recipientId, badgeId);
    open.delete(recipientId);
  };
  /** Not taken at once, and not known to be somebody else's. */
  const badges: IssuedBadge[] = [];
  let unreadable = false;
  let showsMarkers = false;
  const end = await scan(openListings(context.client, () => aftermathCaller(context)).issuedBadges, ({ id, node }) => {
    if (node instanceof UpstreamError) {
      unreadable ||= id === null || before?.has(id) !== true;
      return open.size === 0;
    }
    showsMarkers ||= node.marker !== null;
    if (node.templateId !== input.templateId) return open.size === 0;
    const certain = isCertain(node, attempt, tally);
    if (certain && open.has(node.recipientId)) take(node.recipientId, node.badgeId);
    else if (certain ? !asked.has(node.recipientId) : mayBeOurs(node, before)) badges.push(node);
    return open.size === 0;
  });
  if (open.size === 0) return () => false;

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
  for (const [recipientId, [badgeId, another]] of likely)
    if (open.has(recipientId) && badgeId !== undefined && another === undefined) take(recipientId, badgeId);

  // A badge that may be ours, and of which nobody can tell whose it is, may be anybody's.
  const suspected = new Set(badges.map(ownerOf));
  const whole = end === 'ended' && !unreadable && !suspected.has(undefined);
  return (recipientId) => whole && open.has(recipientId) && !suspected.has(recipientId);
}
