import type { Context } from '../../context.js';
import { issueStatus, type IssueInput, type IssueRow, type IssueStatus } from '../../providers/mypit/model.js';
import { parseIssueInput } from '../../providers/mypit/validate.js';
import { builder } from '../builder.js';
import { fieldOf, lengthOf, mypit, priced, WALK, type WrittenArguments } from '../costs.js';
import { forMyPit } from '../rights.js';
import { resultUnion, settleMutation } from '../user-errors.js';
import { writeIdentity } from '../write-identity.js';
import { BadgeTypeEnum } from './badge-template.js';

const MAX_RECIPIENTS = 1_000;
const BATCH = 10;

const IssueBadgeInput = builder.inputType('IssueBadgeInput', {
  description: 'Badges to be issued after one template.',
  fields: (t) => ({
    templateId: t.id({ required: true, description: 'The template; it must be active.' }),
    recipientIds: t.idList({
      required: true,
      description:
        'Holders, 1 to 1,000, by either of their ids. An id that is named twice gets one badge; a holder who is named by both of ' +
        'their ids gets two: name everybody in one way.',
    }),
    validityPeriodDays: t.int({
      description: "Days that the badges are good for, 0 = they do not expire; the template's own when omitted.",
    }),
    type: t.field({ type: BadgeTypeEnum, description: "The template's type; another one is refused. May be omitted." }),
    data: t.field({
      type: 'JSONObject',
      description: 'Your own data, kept with each badge; {} when omitted. The key `gw_idem` is reserved.',
    }),
    idempotencyKey: t.string({
      required: true,
      description:
        'Your name for this very issuing, 1 to 255 printable characters: sent again with the same input it ' +
        'answers the first result, or refusal, and issues nothing; rows that were UNKNOWN are looked for once more. ' +
        'To try failed recipients again, send them with a new key.',
    }),
  }),
});

const IssueStatusEnum = builder.enumType('IssueStatus', {
  description: 'What became of all badges of one issuing.',
  values: {
    SUCCESS: { description: 'Every recipient has their badge.' },
    PARTIAL: { description: 'Some have it; see the rows for the others.' },
    FAILED: { description: 'Nobody has it.' },
    UNKNOWN: { description: 'Nobody is known to have it, and of some it is not known.' },
  } satisfies Record<IssueStatus, { description: string }>,
});

const IssueOutcomeEnum = builder.enumType('IssueOutcome', {
  description: 'What became of one badge.',
  values: {
    ISSUED: { description: 'The recipient has it.' },
    FAILED: { description: 'It was not issued.' },
    UNKNOWN: { description: 'It may or may not have been issued: look before you send it again.' },
  } satisfies Record<IssueRow['outcome'], { description: string }>,
});

const IssueBadgeRow = builder.objectRef<IssueRow>('IssueBadgeRow').implement({
  description: "What became of one recipient's badge.",
  fields: (t) => ({
    recipientId: t.exposeID('recipientId', { description: 'The holder.' }),
    outcome: t.expose('outcome', { type: IssueOutcomeEnum, description: 'Whether they have their badge.' }),
    badgeId: t.exposeID('badgeId', {
      nullable: true,
      description: "The badge; null when it was not issued, or could not be found in the provider's list.",
    }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'Why not, for people; null when it was issued.',
    }),
  }),
});

const IssueBadgePayload = builder.objectRef<{ readonly rows: readonly IssueRow[] }>('IssueBadgePayload').implement({
  description: 'What became of an issuing.',
  fields: (t) => ({
    status: t.field({
      type: IssueStatusEnum,
      description: 'One word for all rows.',
      resolve: ({ rows }) => issueStatus(rows),
    }),
    results: t.field({
      type: [IssueBadgeRow],
      description: 'One row per distinct recipient, in the order in which they were named.',
      resolve: ({ rows }) => [...rows],
    }),
  }),
});

const IssueBadgeResult = resultUnion('issueBadge', IssueBadgePayload);

/** At most once per key, and one issuing of a template at a time, so that badges without our mark can be told apart. */
async function issueOnce(
  input: IssueInput,
  key: string,
  context: Context,
): Promise<{ readonly rows: readonly IssueRow[] }> {
  const session = context.access.of('mypit').open('mypit:issue');
  const { templateId, recipientIds, type, validityPeriodDays, data } = input;
  const inTurn = <T>(run: () => Promise<T>): Promise<T> =>
    context.writes.serially(`issue:${session.fingerprint}:${templateId}`, run);
  const rows = await context.writes.once({
    ...writeIdentity(context.access, 'mypit', 'issueBadge', key, session.fingerprint),
    provider: 'mypit',
    payload: { templateId, recipientIds, type: type ?? null, validityPeriodDays: validityPeriodDays ?? null, data },
    send: (attempt) => inTurn(() => session.issue(input, attempt)),
    // What another key is issuing meanwhile, and has not been told yet, is not to be found for this one.
    find: (attempt) => inTurn(() => session.findIssued(input, attempt)),
    more: (told, attempt) => inTurn(() => session.issuedSince(input, told, attempt)),
    resend: 'never',
  });
  return { rows };
}

/** The template, the list of badges before and twice after, and a batch for each ten recipients. */
function issueCalls(written: WrittenArguments): number {
  return 1 + 3 * WALK + Math.ceil(lengthOf(fieldOf(written('input'), 'recipientIds'), MAX_RECIPIENTS) / BATCH);
}

builder.mutationField('issueBadge', (t) =>
  t.field({
    ...priced(forMyPit('mypit:issue'), (written) => [mypit(issueCalls(written))]),
    type: IssueBadgeResult,
    nullable: true,
    description:
      'Issues a badge to each recipient, in batches of ten. Once per key and recipient, whatever happens ' +
      'on the way: a batch that fails or whose answer is lost does not stop the others, and is never sent ' +
      "again; lost answers, and refusals that are not in the provider's own words, are looked for in its list: " +
      'UPSTREAM_AUTH_FAILED and RATE_LIMITED say `outcome: unknown` where nothing is found. A call for the ' +
      'template, one for each ten recipients, and one or more to look.',
    args: { input: t.arg({ type: IssueBadgeInput, required: true, description: 'What, and to whom.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(
        () => issueOnce(parseIssueInput(input), input.idempotencyKey, context),
        'input.templateId or input.recipientIds',
      ),
  }),
);
