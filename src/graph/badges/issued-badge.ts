import type { BadgeState, IssuedBadge } from '../../providers/mypit/model.js';
import { checkId } from '../../providers/mypit/validate.js';
import { builder } from '../builder.js';
import { byId, priced } from '../costs.js';
import { nodeType } from '../node-type.js';
import { registerNode } from '../nodes.js';
import { BadgeTemplateRef, BadgeTypeEnum } from './badge-template.js';
import { HolderRef } from './holder.js';

export const BadgeStateEnum = builder.enumType('BadgeState', {
  description: "How a badge stands, worked out from the provider's words and the time.",
  values: {
    ACTIVE: { description: 'Good.' },
    PENDING: { description: 'Not in force yet.' },
    EXPIRED: { description: 'Its time is over, whatever `status` says.' },
    REVOKED: { description: 'Taken back.' },
    UNKNOWN: { description: "The provider's words do not tell; see `status`." },
  } satisfies Record<BadgeState, { description: string }>,
});

export const IssuedBadgeRef = builder.objectRef<IssuedBadge>('IssuedBadge');

nodeType(IssuedBadgeRef, {
  description: 'A badge that somebody was given.',
  id: {
    resolve: (badge) => badge.badgeId,
    description:
      'Global id: opaque, and good for `node`, which searches at most 2,000 badges and answers LOOKUP_LIMIT when there are more.',
  },
  fields: (t) => ({
    badgeId: t.exposeID('badgeId', { description: "The provider's own id of the badge." }),
    template: t.field({
      ...priced({}, (_written, times) => byId('templates', times)),
      type: BadgeTemplateRef,
      nullable: true,
      description: 'What it was issued after; null when that is gone. Read together for many badges.',
      resolve: ({ templateId }, _args, context) => context.access.of('mypit').open('mypit:read').template(templateId),
    }),
    recipient: t.field({
      ...priced({}, (_written, times) => byId('holders', times)),
      type: HolderRef,
      nullable: true,
      description: 'Who holds it; null when the holder is gone. Read together for many badges.',
      resolve: ({ recipientId }, _args, context) =>
        context.access.of('mypit').open('mypit:read').recipient(recipientId),
    }),
    templateId: t.exposeID('templateId', { description: "The template's id." }),
    recipientId: t.exposeID('recipientId', {
      description: "The holder's id: the provider's own, or the one that you gave the holder.",
    }),
    issuerId: t.exposeID('issuerId', { description: "The provider's user who issued it." }),
    state: t.expose('state', { type: BadgeStateEnum, description: 'How it stands at the moment of reading.' }),
    status: t.exposeString('status', { nullable: true, description: "The provider's own words for that." }),
    type: t.expose('type', { type: BadgeTypeEnum, description: 'What it is about.' }),
    issuedAt: t.expose('issuedAt', { type: 'DateTime', nullable: true, description: 'When it was issued.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends; null when it does not.',
    }),
    data: t.expose('data', {
      type: 'JSON',
      nullable: true,
      description: "The issuer's own data, of any shape; null when the provider does not show it.",
    }),
  }),
});

registerNode('IssuedBadge', {
  check: checkId,
  load: async (badgeId, context) => context.access.of('mypit').open('mypit:read').issuedBadge(badgeId),
});
