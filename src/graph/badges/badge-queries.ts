import type { BadgeTemplate, IssuedBadge } from '../../providers/mypit/model.js';
import { builder } from '../builder.js';
import { connectionType, type PageShape } from '../connection-type.js';
import { DEFAULT_PAGE, MAX_PAGE } from '../connections.js';
import { costing } from '../costs.js';
import { forMyPit } from '../rights.js';
import { BadgeTemplateRef } from './badge-template.js';
import { HolderRef, type ShownHolder } from './holder.js';
import { IssuedBadgeRef } from './issued-badge.js';
import { readConnection } from './listing.js';

/** Upstream pages that one page may take: they can be short, or empty with more behind them. */
const PAGES_A_PAGE = 10;
/** What the three listings say of their rows. */
const words = {
  cursor:
    "This row's place, for `after`. Good only for the same listing and credential, and not for long: the provider may forget it (CURSOR_EXPIRED).",
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

builder.queryFields((t) => {
  const paging = {
    first: t.arg.int({ description: `Rows: 0 to ${MAX_PAGE}; ${DEFAULT_PAGE} when omitted.` }),
    after: t.arg.string({ description: 'Only rows behind this cursor.' }),
  };
  return {
    badgeTemplate: t.field({
      ...forMyPit('mypit:read'),
      type: BadgeTemplateRef,
      nullable: true,
      description: 'One template; null when there is none. One call.',
      args: { templateId: t.arg.id({ required: true, description: "The provider's own id of the template." }) },
      resolve: (_root, { templateId }, context) => context.access.mypit('mypit:read').template(templateId),
    }),
    badgeTemplates: t.field({
      ...costing(forMyPit('mypit:read'), PAGES_A_PAGE),
      type: BadgeTemplateConnection,
      nullable: true,
      description:
        "The issuer's templates, inactive ones too. The issuer comes from the credential. Usually one call a page.",
      args: paging,
      resolve: (_root, args, context) =>
        readConnection('badgeTemplates', args, context, (session, first, after) => session.templates(first, after)),
    }),
    holder: t.field({
      ...forMyPit('mypit:read'),
      type: HolderRef,
      nullable: true,
      description: 'One holder; null when there is none. One call.',
      args: { holderId: t.arg.id({ required: true, description: "The provider's own id of the holder." }) },
      resolve: (_root, { holderId }, context) => context.access.mypit('mypit:read').holder(holderId),
    }),
    holders: t.field({
      ...costing(forMyPit('mypit:read'), PAGES_A_PAGE),
      type: HolderConnection,
      nullable: true,
      description: "The issuer's holders. Usually one call a page.",
      args: paging,
      resolve: (_root, args, context) =>
        readConnection<ShownHolder>('holders', args, context, (session, first, after) => session.holders(first, after)),
    }),
    issuedBadges: t.field({
      ...costing(forMyPit('mypit:read'), PAGES_A_PAGE),
      type: IssuedBadgeConnection,
      nullable: true,
      description: 'Badges that the issuer has issued. Usually one call a page.',
      args: paging,
      resolve: (_root, args, context) =>
        readConnection('issuedBadges', args, context, (session, first, after) => session.issuedBadges(first, after)),
    }),
  };
});
