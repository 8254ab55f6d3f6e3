import { z } from 'zod';
import { MOST_MEMBERS } from '../../../values/answer-bounds.js';
import { isLosslessObject } from '../../../values/lossless.js';
import { badResponse, type Reading } from '../../reading.js';
import { unwrap } from '../body.js';

/** What one batch's answer says of each recipient. */
export interface BatchOutcome {
  readonly byRecipient: ReadonlyMap<string, 'ISSUED' | 'FAILED' | 'UNKNOWN'>;
  /** Why, as far as it can be told from a refusal. */
  readonly holderUnknown: ReadonlySet<string>;
  /** In no order that is promised. */
  readonly badgeIds: readonly string[];
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

const NO_SUCH_HOLDER = /not found|unknown|does not exist|no such/i;

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
  const failures = details?.failed ?? [];
  const failed = new Set(failures.map(({ recipientId }) => recipientId));
  const successful = new Set(details?.successful ?? []);
  // Whether these are recipients or badges is not documented: what was sent tells.
  const named = new Set(recipientIds.filter((recipient) => successful.has(recipient)));
  const badgeIds = [...new Set([...(issuedBadges ?? []), ...[...successful].filter((entry) => !named.has(entry))])];
  const rest = recipientIds.filter((recipient) => !failed.has(recipient) && !named.has(recipient));
  const restOutcome = outcomeOfRest({
    status: status?.toLowerCase(),
    unnamedBadges: Math.max(0, badgeIds.length - named.size),
    rest: rest.length,
    listed: Array.isArray(issuedBadges ?? details?.successful),
  });
  const outcomeOf = (recipient: string) => {
    if (failed.has(recipient)) return named.has(recipient) ? 'UNKNOWN' : 'FAILED';
    return named.has(recipient) ? 'ISSUED' : restOutcome;
  };
  return {
    byRecipient: new Map(recipientIds.map((recipient) => [recipient, outcomeOf(recipient)])),
    holderUnknown: new Set(
      failures.filter(({ error }) => NO_SUCH_HOLDER.test(error ?? '')).map(({ recipientId }) => recipientId),
    ),
    badgeIds,
  };
}

interface Rest {
  readonly status: string | undefined;
  /** Badges that belong to nobody who was named. */
  readonly unnamedBadges: number;
  /** Recipients of whom nothing was said by name. */
  readonly rest: number;
  readonly listed: boolean;
}

/** What to think of the recipients that no list names. */
function outcomeOfRest({ status, unnamedBadges, rest, listed }: Rest): 'ISSUED' | 'FAILED' | 'UNKNOWN' {
  if (status === 'failed') return unnamedBadges === 0 ? 'FAILED' : 'UNKNOWN';
  if (status === 'success' && !listed) return 'ISSUED';
  return unnamedBadges >= rest && (listed || rest === 0) ? 'ISSUED' : 'UNKNOWN';
}

function saysAnything({ issuedBadges, status, details }: z.infer<typeof answerDto>): boolean {
  return [issuedBadges, status, details].some((part) => part !== undefined && part !== null);
}
