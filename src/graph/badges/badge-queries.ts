import type { BadgeTemplate, IssuedBadge } from '../../providers/mypit/model.js';
import { builder } from '../builder.js';
import { DEFAULT_PAGE, MAX_PAGE, type EdgeShape } from '../connections.js';
import { costing } from '../costs.js';
import { forMyPit } from '../rights.js';
import { BadgeTemplateRef } from './badge-template.js';
import { HolderRef, type ShownHolder } from './holder.js';
import { IssuedBadgeRef } from './issued-badge.js';
import { readConnection, settle, type ListingShape } from './listing.js';

/** Upstream pages that one page may take: they can be short, or empty with more behind them. */
const PAGES_A_PAGE = 10;
const cursor =
  "This row's place, for `after`. Good only for the same listing and credential, and not for long: the provider may forget it (CURSOR_EXPIRED).";
const node = "The object; null, with an error at this path, when the provider's row could not be read.";
const edges = 'The rows of this page.';
const nodes = 'The objects of the rows; null where one could not be read.';
const pageInfo =
  'Where this page lies in the listing. Asking for it may cost one more call, to see whether another row exists.';

const BadgeTemplateEdge = builder.objectRef<EdgeShape<BadgeTemplate>>('BadgeTemplateEdge').implement({
  description: 'One row of a listing of templates.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: cursor }),
    node: t.field({ type: BadgeTemplateRef, nullable: true, description: node, resolve: (edge) => settle(edge.node) }),
  }),
});

const BadgeTemplateConnection = builder.objectRef<ListingShape<BadgeTemplate>>('BadgeTemplateConnection').implement({
  description: "A page of badge templates, in the provider's order.",
  fields: (t) => ({
    edges: t.field({ type: [BadgeTemplateEdge], description: edges, resolve: (page) => page.rows.edges }),
    nodes: t.field({
      type: [BadgeTemplateRef],
      nullable: { list: false, items: true },
      description: nodes,
      resolve: (page) => page.rows.nodes,
    }),
    pageInfo: t.field({ type: builder.pageInfoRef(), description: pageInfo, resolve: (page) => page.pageInfo() }),
  }),
});

const HolderEdge = builder.objectRef<EdgeShape<ShownHolder>>('HolderEdge').implement({
  description: 'One row of a listing of holders.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: cursor }),
    node: t.field({ type: HolderRef, nullable: true, description: node, resolve: (edge) => settle(edge.node) }),
  }),
});

const HolderConnection = builder.objectRef<ListingShape<ShownHolder>>('HolderConnection').implement({
  description: "A page of holders, in the provider's order.",
  fields: (t) => ({
    edges: t.field({ type: [HolderEdge], description: edges, resolve: (page) => page.rows.edges }),
    nodes: t.field({
      type: [HolderRef],
      nullable: { list: false, items: true },
      description: nodes,
      resolve: (page) => page.rows.nodes,
    }),
    pageInfo: t.field({ type: builder.pageInfoRef(), description: pageInfo, resolve: (page) => page.pageInfo() }),
  }),
});

const IssuedBadgeEdge = builder.objectRef<EdgeShape<IssuedBadge>>('IssuedBadgeEdge').implement({
  description: 'One row of a listing of issued badges.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: cursor }),
    node: t.field({ type: IssuedBadgeRef, nullable: true, description: node, resolve: (edge) => settle(edge.node) }),
  }),
});

const IssuedBadgeConnection = builder.objectRef<ListingShape<IssuedBadge>>('IssuedBadgeConnection').implement({
  description: "A page of issued badges, in the provider's order, which need not be the order of time.",
  fields: (t) => ({
    edges: t.field({ type: [IssuedBadgeEdge], description: edges, resolve: (page) => page.rows.edges }),
    nodes: t.field({
      type: [IssuedBadgeRef],
      nullable: { list: false, items: true },
      description: nodes,
      resolve: (page) => page.rows.nodes,
    }),
    pageInfo: t.field({ type: builder.pageInfoRef(), description: pageInfo, resolve: (page) => page.pageInfo() }),
  }),
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
