import { invalidInput } from '../../errors.js';
import type { BadgeFilter, BadgeTemplate, IssuedBadge } from '../../providers/mypit/model.js';
import { builder } from '../builder.js';
import { connectionType, type PageShape } from '../connection-type.js';
import { DEFAULT_PAGE, MAX_PAGE } from '../connections.js';
import { byId, fieldOf, isAbsent, mypit, priced, type WrittenArguments } from '../costs.js';
import { forMyPit } from '../rights.js';
import { BadgeTemplateRef } from './badge-template.js';
import { HolderRef, type ShownHolder } from './holder.js';
import { BadgeStateEnum, IssuedBadgeRef } from './issued-badge.js';
import { readConnection } from './listing.js';

/** Upstream pages that one page may take: they can be short, or empty with more behind them. */
const PAGES_A_PAGE = 10;
/** With a filter a page is given up earlier. */
const FILTERED_PAGES_A_PAGE = 5;
/** What the three listings say of their rows. */
const words = {
  cursor:
    "This row's place, for `after`. Good only for the same listing and credential, and not for long: the " +
    'provider may forget it (CURSOR_EXPIRED).',
  node: "The object; null, with an error at this path, when the provider's row could not be read.",
  nodes: 'The objects of the rows; null where one could not be read.',
  pageInfo:
    'Where this page lies in the listing. Asking for it may cost one more call, to see whether another row exists.',
};

const BadgeTemplateConnection = connectionType<BadgeTemplate, PageShape<BadgeTemplate>>(
  'BadgeTemplate',
  BadgeTemplateRef,
  {
    ...words,
    page: "A page of badge templates, in the provider's order.",
    row: 'One row of a listing of templates.',
  },
);
const HolderConnection = connectionType<ShownHolder, PageShape<ShownHolder>>('Holder', HolderRef, {
  ...words,
  page: "A page of holders, in the provider's order.",
  row: 'One row of a listing of holders.',
});
const IssuedBadgeConnection = connectionType<IssuedBadge, PageShape<IssuedBadge>>('IssuedBadge', IssuedBadgeRef, {
  ...words,
  page: "A page of issued badges, in the provider's order, which need not be the order of time.",
  row: 'One row of a listing of issued badges.',
});

const IssuedBadgeFilter = builder.inputType('IssuedBadgeFilter', {
  description: 'Which issued badges to list. The provider cannot filter: the gateway does.',
  fields: (t) => ({
    templateId: t.id({ description: 'Issued after this template.' }),
    recipientId: t.id({ description: "Issued to this holder, by the provider's id or by your own." }),
    state: t.field({ type: BadgeStateEnum, description: 'Standing so at the moment of reading.' }),
  }),
});

/** Undefined when nothing is asked for. */
function toBadgeFilter(given: typeof IssuedBadgeFilter.$inferInput | null | undefined): BadgeFilter | undefined {
  const { templateId, recipientId, state } = given ?? {};
  const filter = {
    ...(typeof templateId === 'string' && { templateId }),
    ...(typeof recipientId === 'string' && { recipientId }),
    ...(state && { state }),
  };
  return Object.keys(filter).length > 0 ? filter : undefined;
}

/** With a filter fewer pages are read, and the recipient. */
function issuedCalls(written: WrittenArguments): number {
  const filter = written('filter');
  const surely =
    typeof filter === 'object' && filter !== null && Object.values(filter).some((value) => typeof value === 'string');
  const recipient = isAbsent(fieldOf(filter, 'recipientId')) ? 0 : 1;
  return surely ? FILTERED_PAGES_A_PAGE + recipient : PAGES_A_PAGE;
}

builder.queryFields((t) => {
  const paging = {
    first: t.arg.int({ description: `Rows: 0 to ${MAX_PAGE}; ${DEFAULT_PAGE} when omitted.` }),
    after: t.arg.string({ description: 'Only rows behind this cursor.' }),
  };
  return {
    badgeTemplate: t.field({
      ...priced(forMyPit('mypit:read'), (_written, times) => byId('templates', times)),
      type: BadgeTemplateRef,
      nullable: true,
      description: 'One template; null when there is none. One call.',
      args: { templateId: t.arg.id({ required: true, description: "The provider's own id of the template." }) },
      resolve: (_root, { templateId }, context) => context.access.of('mypit').open('mypit:read').template(templateId),
    }),
    badgeTemplates: t.field({
      ...priced(forMyPit('mypit:read'), [mypit(PAGES_A_PAGE)]),
      type: BadgeTemplateConnection,
      nullable: true,
      description:
        "The issuer's templates, inactive ones too. The issuer comes from the credential. Usually one call a page.",
      args: paging,
      resolve: (_root, args, context) =>
        readConnection('badgeTemplates', args, context, (session, first, after) => session.templates(first, after)),
    }),
    holder: t.field({
      ...priced(forMyPit('mypit:read'), (_written, times) => byId('holders', times)),
      type: HolderRef,
      nullable: true,
      description: 'One holder, by exactly one of the two ids; null when there is none. One call.',
      args: {
        holderId: t.arg.id({ description: "The provider's own id of the holder." }),
        externalId: t.arg.id({ description: 'Your own id of the person, such as a Pi uid.' }),
      },
      resolve: async (_root, { holderId, externalId }, context) => {
        const session = context.access.of('mypit').open('mypit:read');
        if (typeof holderId === typeof externalId)
          throw invalidInput('holderId', 'give exactly one of holderId and externalId');
        return typeof holderId === 'string' ? session.holder(holderId) : session.holderByExternalId(externalId ?? '');
      },
    }),
    holders: t.field({
      ...priced(forMyPit('mypit:read'), [mypit(PAGES_A_PAGE)]),
      type: HolderConnection,
      nullable: true,
      description: "The issuer's holders. Usually one call a page.",
      args: paging,
      resolve: (_root, args, context) =>
        readConnection<ShownHolder>('holders', args, context, (session, first, after) => session.holders(first, after)),
    }),
    issuedBadges: t.field({
      ...priced(forMyPit('mypit:read'), (written) => [mypit(issuedCalls(written))]),
      type: IssuedBadgeConnection,
      nullable: true,
      description:
        'Badges that the issuer has issued. Usually one call a page. With a filter the gateway looks through ' +
        'at most 500 badges a page (and reads the recipient): a page may be short, or empty, and have more ' +
        'behind it.',
      args: {
        ...paging,
        filter: t.arg({ type: IssuedBadgeFilter, description: 'Only these; all of them must hold.' }),
      },
      resolve: (_root, { filter, ...args }, context) => {
        const wanted = toBadgeFilter(filter);
        const name = wanted ? `issuedBadges ${JSON.stringify(wanted)}` : 'issuedBadges';
        return readConnection(name, args, context, (session, first, after) =>
          session.issuedBadges(first, after, wanted),
        );
      },
    }),
  };
});
