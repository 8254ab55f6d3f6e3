import { z } from 'zod';
import { MOST_MEMBERS } from '../../../values/answer-bounds.js';
import { isLosslessObject } from '../../../values/lossless.js';
import { badResponse, type Reading } from '../../reading.js';
import { unwrap } from '../body.js';
import { knowsNoEnd, saysNoSuchHolder } from './issue-words.js';

/** What one batch's answer says of each recipient. */
export interface BatchOutcome {
  readonly byRecipient: ReadonlyMap<string, 'ISSUED' | 'FAILED' | 'UNKNOWN'>;
  /** Issued by the count of badges, or as a whole: nothing names them. */
  readonly unnamed: ReadonlySet<string>;
  /** Why, as far as it can be told from a refusal. */
  readonly holderUnknown: ReadonlySet<string>;
  /** What may be ids of these badges, in no order that is promised. */
  readonly badgeIds: readonly string[];
  /** The badge of the only recipient; undefined when there are several, or nothing says that it is a badge. */
  readonly only: string | undefined;
}

const ids = z.array(z.string().min(1));
const answerDto = z.object({
  issuedBadges: ids.nullish(),
  status: z.string().nullish(),
  details: z
    .object({
      successful: ids.nullish(),
      failed: z.array(z.object({ recipientId: z.string(), error: z.string().nullish() })).nullish(),
    })
    .nullish(),
});

/**
 * Reads the answer to a batch. A 2xx can say that some or all failed; a recipient of whom it says nothing certain, or two
 * things, is UNKNOWN and has to be looked up.
 */
export function parseBatchAnswer(source: unknown, recipientIds: readonly string[], reading: Reading): BatchOutcome {
  const body = Array.isArray(source)
    ? { issuedBadges: source }
    : unwrap(source, ['issuedBadges', 'details'], ['issuedBadges', 'details', 'status']);
  const parsed = answerDto.safeParse(body);
  if (!parsed.success || !isLosslessObject(body) || !saysAnything(parsed.data)) {
    throw badResponse(reading, 'shape', parsed.error?.issues[0]?.path.join('.') ?? 'issuedBadges');
  }
  const { issuedBadges, status, details } = parsed.data;
  if ([issuedBadges, details?.successful, details?.failed].some((list) => (list?.length ?? 0) > MOST_MEMBERS))
    throw badResponse(reading, 'too_large');
  const asked = new Set(recipientIds);
  const failures = details?.failed ?? [];
  const failed = new Set(failures.map(({ recipientId }) => recipientId));
  const successes = new Set(details?.successful ?? []);
  const badges = issuedBadges && notIn(asked, issuedBadges);
  // Whether these are recipients or badges is not documented: what was sent tells.
  const strangers = notIn(asked, successes);
  const restOutcome = outcomeOfRest({
    status: status?.toLowerCase(),
    owners: recipientIds.filter((recipient) => !failed.has(recipient)).length,
    badges: badges?.length ?? (details?.successful ? successes.size : undefined),
    successes: successes.size,
    failures: failed.size,
    strangeFailures: notIn(asked, failed).length,
  });
  const named = (recipient: string) => successes.has(recipient);
  const outcomeOf = (recipient: string) => {
    if (named(recipient)) return failed.has(recipient) || isFailed(status) ? 'UNKNOWN' : 'ISSUED';
    return failed.has(recipient) ? 'FAILED' : restOutcome;
  };
  const byRecipient = new Map(recipientIds.map((recipient) => [recipient, outcomeOf(recipient)]));
  const ofUnclearEnd = failures.filter(({ recipientId, error }) => asked.has(recipientId) && knowsNoEnd(error ?? ''));
  for (const { recipientId } of ofUnclearEnd) byRecipient.set(recipientId, 'UNKNOWN');
  return {
    byRecipient,
    unnamed: new Set(recipientIds.filter((recipient) => byRecipient.get(recipient) === 'ISSUED' && !named(recipient))),
    holderUnknown: new Set(
      failures.filter(({ error }) => saysNoSuchHolder(error ?? '')).map(({ recipientId }) => recipientId),
    ),
    badgeIds: [...new Set([...(badges ?? []), ...strangers])],
    only: recipientIds.length === 1 && badges?.length === 1 ? badges[0] : undefined,
  };
}

function notIn(asked: ReadonlySet<string>, entries: Iterable<string>): string[] {
  return [...new Set(entries)].filter((entry) => !asked.has(entry));
}

interface Count {
  readonly status: string | undefined;
  /** Recipients that are not said to have failed. */
  readonly owners: number;
  /** Distinct badges that are listed; undefined where no list is there. */
  readonly badges: number | undefined;
  /** Who or what is said to have succeeded, and failed. */
  readonly successes: number;
  readonly failures: number;
  /** Those of the failures that are nobody's who was asked for: they may be anybody's, by another id. */
  readonly strangeFailures: number;
}

/**
 * What to think of the recipients that no list names: they have their badges only when the answer is one of success, or says by name
 * who has none, and counts exactly one for each of the others.
 */
function outcomeOfRest(count: Count): 'ISSUED' | 'FAILED' | 'UNKNOWN' {
  const { status, owners, badges, successes, failures, strangeFailures } = count;
  if (isFailed(status)) return (badges ?? 0) + successes === 0 ? 'FAILED' : 'UNKNOWN';
  if (strangeFailures > 0) return 'UNKNOWN';
  if (status === 'success' && badges === undefined && failures === 0) return 'ISSUED';
  if (status !== undefined && status !== 'success' && (status !== 'partial' || failures === 0)) return 'UNKNOWN';
  return badges === owners && (successes === 0 || successes === owners) ? 'ISSUED' : 'UNKNOWN';
}

function isFailed(status: string | null | undefined): boolean {
  return status?.toLowerCase() === 'failed';
}

function saysAnything({ issuedBadges, status, details }: z.infer<typeof answerDto>): boolean {
  return [issuedBadges, status, details].some((part) => part !== undefined && part !== null);
}
