import type { BadgeTemplate, BadgeType } from '../../providers/mypit/model.js';
import { checkId } from '../../providers/mypit/validate.js';
import { findCidInUrl } from '../../values/cid-in-url.js';
import { builder } from '../builder.js';
import { pinning, priced } from '../costs.js';
import { nodeType } from '../node-type.js';
import { registerNode } from '../nodes.js';
import { PinRef } from '../pins/pin.js';

export const BadgeTypeEnum = builder.enumType('BadgeType', {
  description: 'What a badge is about.',
  values: {
    MOBILITY: { description: 'Ways and licences; made for proofs that tell nothing else.' },
    ACHIEVEMENT: { description: 'Something done or learnt.' },
    HEALTHCARE: { description: 'Health.' },
    FINANCE: { description: 'Money.' },
    UNKNOWN: { description: 'A type that this gateway does not know. Cannot be asked for.' },
  } satisfies Record<BadgeType, { description: string }>,
});

export const BadgeTemplateRef = builder.objectRef<BadgeTemplate>('BadgeTemplate');

nodeType(BadgeTemplateRef, {
  description: 'What badges are issued after.',
  id: {
    resolve: (template) => template.templateId,
    description: 'Global id: opaque, the same on every instance, and good for `node`.',
  },
  fields: (t) => ({
    templateId: t.exposeID('templateId', { description: "The provider's own id of the template." }),
    name: t.exposeString('name', { description: 'Its name.' }),
    type: t.expose('type', { type: BadgeTypeEnum, description: 'What its badges are about.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it is for.' }),
    criteria: t.exposeString('criteria', { nullable: true, description: 'What earns it.' }),
    validityPeriodDays: t.exposeInt('validityPeriodDays', {
      nullable: true,
      description: 'Days that a badge of it is good for; null when badges of it do not expire.',
    }),
    imageUrl: t.exposeString('imageUrl', {
      nullable: true,
      description: "Its picture. The issuer's text: show it, and trust it no further.",
    }),
    backgroundColor: t.exposeString('backgroundColor', {
      nullable: true,
      description: 'A CSS colour; null until somebody chose one.',
    }),
    textColor: t.exposeString('textColor', {
      nullable: true,
      description: 'A CSS colour; null until somebody chose one.',
    }),
    price: t.expose('price', {
      type: 'Decimal',
      nullable: true,
      description: 'A plain number: the provider documents no unit.',
    }),
    isActive: t.exposeBoolean('isActive', {
      nullable: true,
      description: 'Whether badges can be issued after it. Deleting may switch a template off instead of removing it.',
    }),
    ownerId: t.exposeID('ownerId', { description: "The provider's user who owns it." }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: true, description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was changed last; what `expectedUpdatedAt` compares with.',
    }),
    imagePins: t.field({
      // Five contents fit one listing where each has two spellings; each may go on for twenty pages, and fill a listing alone.
      ...priced({}, (_written, times) => [pinning(Math.ceil(times / 5), times * 20)]),
      type: [PinRef],
      nullable: true,
      description:
        'Pins, in the default pinning service, of the content that `imageUrl` shows when it is an ipfs:// or ' +
        'gateway URL, newest first; empty when it is another URL. Needs `pin:read`, or a token of that ' +
        'service. Asked together for many templates: one call for ten.',
      resolve: async ({ imageUrl }, _args, context) => {
        const cid = imageUrl === null ? undefined : findCidInUrl(imageUrl);
        return cid === undefined ? [] : [...(await context.access.of('pinning').open('pin:read').pinsOfCid(cid))];
      },
    }),
  }),
});

registerNode('BadgeTemplate', {
  check: checkId,
  load: async (templateId, context) => context.access.of('mypit').open('mypit:read').template(templateId),
});
