import { GatewayError, invalidInput, UpstreamError, type UpstreamErrorKind } from '../../../errors.js';
import { isForeignRefusal, isToldByStatus, openEnd, outcomeUnknown } from '../../../unclear-ends.js';
import type { Attempt } from '../../../writes/writes.js';
import type { IssueBatch } from '../bodies.js';
import { isUnclear } from '../errors.js';
import { IssueTally, issueMessages } from './issue-tally.js';
import { look, lookTwice } from './issue-look.js';
import { recipientsOf } from './issue-matching.js';
import { openListings } from '../loaders.js';
import type { BadgeTemplate, IssueInput, IssueRow, IssuedBadge } from '../model.js';
import { scan } from '../listing/scan.js';
import { factsOf, sendCaller, type IssueContext } from './write-context.js';
import { sleep } from '../../../values/sleep.js';

const OPERATION = 'issueBadge';
/** The upstream's guide: ten at a time, with a pause between. */
const BATCH = 10;
const BATCH_GAP_MS = 100;
/** The upstream's word about these very badges; other refusals are about everything that would be sent. */
const ABOUT_THE_BATCH: ReadonlySet<UpstreamErrorKind> = new Set([
  'rejected',
  'not_found',
  'conflict',
  'insufficient_funds',
]);

/**
 * Issues a badge to each recipient at most once per marker, in batches; no batch's end stops the others. Who already has one
 * of this marker gets no second. A refusal that is not in the provider's own words tells nothing of its batch; one that is leaves
 * a look for badges that were issued all the same. Rejects with an open end when nothing at all is known, and with anything else
 * only when nothing at all was done. `input` has been checked.
 */
export async function issueBadges(context: IssueContext, input: IssueInput, attempt: Attempt): Promise<IssueRow[]> {
  const template = await usableTemplate(context, input);
  const tally = new IssueTally(input.recipientIds);
  await preRead(context, input, attempt, tally);
  const recipientIds = [...tally.open()];
  const batch = (ids: readonly string[]): IssueBatch => ({
    templateId: input.templateId,
    typeWord: template.typeWord,
    data: input.data,
    recipientIds: ids,
    validityPeriodDays: input.validityPeriodDays ?? template.validityPeriodDays ?? 0,
  });
  let lost: UpstreamError | undefined;
  let stopped: UpstreamError | undefined;
  for (let from = 0; from < recipientIds.length; from += BATCH) {
    const ids = recipientIds.slice(from, from + BATCH);
    if (context.stopping()) {
      if (from === 0) throw new GatewayError('OVERLOADED', 'The gateway is shutting down; nothing was sent.');
      tally.failed(ids, issueMessages.notSent);
      continue;
    }
    if (from > 0) await sleep(BATCH_GAP_MS);
    await attempt.sent();
    const error = await sendBatch(context, batch(ids), attempt.marker, tally);
    if (error === undefined) continue;
    if (error instanceof UpstreamError && isUnclear(error)) {
      lost = error;
      if (from > 0 || tally.has('ISSUED') || !isForeignRefusal(error) || !isToldByStatus(error)) continue;
      // A word about the credential or the pace: whatever else were sent would meet it too.
      stopped = error;
      tally.failed(recipientIds.slice(BATCH), issueMessages.notReached);
      break;
    } else if (isAbout(error)) tally.refusedBy(ids, issueMessages.refused);
    else if (from === 0 && !tally.has('ISSUED')) throw error;
    else if (error instanceof UpstreamError && error.delivery === 'answered')
      tally.refusedBy(ids, issueMessages.refusedUse);
    else tally.failed(ids, issueMessages.notReached);
  }
  await lookTwice(context, input, attempt, tally);
  await Promise.all(tally.unmarked().map(async (badgeId) => attempt.takes?.(badgeId)));
  if (stopped && !tally.has('ISSUED')) throw openEnd(factsOf(context, OPERATION), stopped);
  if (tally.every('UNKNOWN')) throw outcomeUnknown(factsOf(context, OPERATION), lost);
  return tally.result();
}

/** One look for the badges of an earlier sending; undefined when there is none of them. Rejects when it could not look. */
export async function findIssued(
  context: IssueContext,
  input: IssueInput,
  attempt: Attempt,
): Promise<IssueRow[] | undefined> {
  const tally = new IssueTally(input.recipientIds);
  await look(context, input, attempt, tally);
  return tally.has('ISSUED') ? tally.result() : undefined;
}

/**
 * One look for those whose rows an earlier run left unknown: all rows, as they are known by now; undefined when there are none of them,
 * or nothing more is to be seen. Rejects when it could not look.
 */
export async function issuedSince(
  context: IssueContext,
  input: IssueInput,
  told: readonly IssueRow[],
  attempt: Attempt,
): Promise<IssueRow[] | undefined> {
  if (!told.some(({ outcome }) => outcome === 'UNKNOWN')) return undefined;
  const tally = new IssueTally(input.recipientIds, told);
  await look(context, input, attempt, tally);
  const rows = tally.result();
  return rows.every((row) => told.includes(row)) ? undefined : rows;
}

async function usableTemplate(context: IssueContext, input: IssueInput): Promise<BadgeTemplate> {
  const template = await context.client.getASingleBadgeTemplate(context.caller, input.templateId);
  if (input.type !== undefined && input.type !== template.type)
    throw invalidInput('input.type', 'is not the type of the template');
  if (template.isActive) return template;
  throw new UpstreamError('conflict', {
    ...factsOf(context, OPERATION),
    delivery: 'answered',
    detail: 'template is inactive',
  });
}

/**
 * Finds what an earlier life of this process issued under the same marker, and notes what was there before. Who has a badge of a
 * sending of which people have said that it came to nothing gets no second. Rejects with `outcome_unknown` when a badge of one of
 * these markers is there and nobody can tell whose it is: then some may not be issued again.
 */
async function preRead(context: IssueContext, input: IssueInput, attempt: Attempt, tally: IssueTally): Promise<void> {
  const { client, caller, memory, log } = context;
  const recipients = new Set(input.recipientIds);
  const existing = new Set<string>();
  const strays: IssuedBadge[] = [];
  const former = new Set(attempt.former?.map(({ marker }) => marker));
  const withFormer = new Set<string>();
  const has = ({ marker, badgeId }: IssuedBadge, recipientId: string): void => {
    if (marker === attempt.marker) tally.issued(recipientId, badgeId);
    else withFormer.add(recipientId);
  };
  const end = await scan(openListings(client, () => caller).issuedBadges, ({ id, node }) => {
    if (id !== null) tally.wasThere(id);
    // Also what cannot be read is no badge of this issuing when it was there before.
    if (node instanceof UpstreamError && id !== null) existing.add(id);
    if (node instanceof UpstreamError || node.templateId !== input.templateId) return;
    existing.add(node.badgeId);
    if (node.marker === attempt.marker) tally.bearsMark(node.badgeId);
    else if (node.marker === null || !former.has(node.marker)) return;
    if (recipients.has(node.recipientId)) has(node, node.recipientId);
    else strays.push(node);
  });
  const told = await recipientsOf(context, caller, strays, recipients);
  for (const [badge, recipientId] of told) has(badge, recipientId);
  const open = tally.open();
  tally.failed(
    [...withFormer].filter((recipientId) => open.has(recipientId)),
    issueMessages.hasFormer,
  );
  if (told.size < strays.length) throw outcomeUnknown(factsOf(context, OPERATION));
  // What a scan that was cut off did not show may have been there: then only the marker tells which badges are new.
  if (end === 'cut') log.warn('mypit_issued_badges_not_all_read', {});
  else if (memory.existingBefore(attempt.marker) === undefined) memory.remember(attempt.marker, existing);
}

/** The error that stands for the whole batch, if there is one. */
async function sendBatch(
  context: IssueContext,
  batch: IssueBatch,
  marker: string,
  tally: IssueTally,
): Promise<UpstreamError | GatewayError | undefined> {
  try {
    tally.answered(await context.client.issueBadge(sendCaller(context), batch, marker));
    return undefined;
  } catch (error) {
    if (error instanceof UpstreamError || error instanceof GatewayError) return error;
    throw error;
  }
}

function isAbout(error: UpstreamError | GatewayError): boolean {
  return error instanceof UpstreamError && ABOUT_THE_BATCH.has(error.kind);
}
