import type { BadgeTemplate } from '../../providers/mypit/model.js';
import type { MyPitSession } from '../../providers/mypit/session.js';
import { checkId, parseTemplateChanges, parseTemplateInput } from '../../providers/mypit/validate.js';
import { builder } from '../builder.js';
import { mypit, priced, WALK } from '../costs.js';
import { encodeGlobalId } from '../node-type.js';
import { forMyPit } from '../rights.js';
import { resultUnion, settleMutation } from '../user-errors.js';
import { BadgeTemplateRef, BadgeTypeEnum } from './badge-template.js';
import { writeOnce } from './unkeyed-write.js';

const templateId = "The provider's own id of the template.";
const imageUrl = 'Its picture: an https or ipfs URL. An ipfs or gateway URL of pinned content makes `imagePins` work.';
const validityPeriodDays = 'Days that a badge of it is good for; 0 = badges of it do not expire.';
const price = 'A plain number, 0 or more: the provider documents no unit.';

const CreateBadgeTemplateInput = builder.inputType('CreateBadgeTemplateInput', {
  description: 'A template to be made.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name, at most 500 bytes.' }),
    type: t.field({ type: BadgeTypeEnum, required: true, description: 'What its badges are about; not UNKNOWN.' }),
    imageUrl: t.string({ required: true, description: imageUrl }),
    description: t.string({ description: 'What it is for; empty when omitted.' }),
    criteria: t.string({ description: 'What earns it; empty when omitted.' }),
    validityPeriodDays: t.int({ description: `${validityPeriodDays} 0 when omitted.` }),
    price: t.field({ type: 'Decimal', description: `${price} 0 when omitted.` }),
  }),
});

const UpdateBadgeTemplateInput = builder.inputType('UpdateBadgeTemplateInput', {
  description: 'Which template to change, and what about it; what is omitted stays.',
  fields: (t) => ({
    templateId: t.id({ required: true, description: templateId }),
    name: t.string({ description: 'Its name, at most 500 bytes.' }),
    type: t.field({ type: BadgeTypeEnum, description: 'What its badges are about; not UNKNOWN.' }),
    description: t.string({ description: 'What it is for.' }),
    criteria: t.string({ description: 'What earns it.' }),
    validityPeriodDays: t.int({ description: validityPeriodDays }),
    imageUrl: t.string({ description: imageUrl }),
    price: t.field({ type: 'Decimal', description: price }),
    backgroundColor: t.string({ description: 'A CSS colour. White when the template has none yet.' }),
    textColor: t.string({ description: 'A CSS colour. Black when the template has none yet.' }),
    expectedUpdatedAt: t.field({
      type: 'DateTime',
      description:
        'The `updatedAt` that you have seen: when the template was changed since, nothing is changed and the answer is a ConflictError.',
    }),
  }),
});

const DeleteBadgeTemplateInput = builder.inputType('DeleteBadgeTemplateInput', {
  description: 'Which template to delete.',
  fields: (t) => ({ templateId: t.id({ required: true, description: templateId }) }),
});

interface TemplatePayload {
  readonly badgeTemplate: BadgeTemplate;
}

const CreateBadgeTemplatePayload = builder.objectRef<TemplatePayload>('CreateBadgeTemplatePayload').implement({
  description: 'The template that was made.',
  fields: (t) => ({
    badgeTemplate: t.field({
      type: BadgeTemplateRef,
      description: 'The new template.',
      resolve: (payload) => payload.badgeTemplate,
    }),
  }),
});

const UpdateBadgeTemplatePayload = builder.objectRef<TemplatePayload>('UpdateBadgeTemplatePayload').implement({
  description: 'The template that was changed.',
  fields: (t) => ({
    badgeTemplate: t.field({
      type: BadgeTemplateRef,
      description: 'The template as it is now.',
      resolve: (payload) => payload.badgeTemplate,
    }),
  }),
});

const DeleteBadgeTemplatePayload = builder
  .objectRef<{ readonly deletedTemplateId: string }>('DeleteBadgeTemplatePayload')
  .implement({
    description: 'The template that was deleted.',
    fields: (t) => ({
      deletedTemplateId: t.exposeID('deletedTemplateId', {
        description: "The provider's own id that is gone, or switched off.",
      }),
      deletedId: t.id({
        description: 'The global id of it, for caches.',
        resolve: ({ deletedTemplateId }) => encodeGlobalId('BadgeTemplate', deletedTemplateId),
      }),
      badgeTemplate: t.field({
        ...priced(forMyPit('mypit:read'), [mypit(1)]),
        type: BadgeTemplateRef,
        nullable: true,
        description:
          'The template as it is now, where the provider has only switched it off: write that to a cache. Null when it is ' +
          'gone. One call more.',
        resolve: ({ deletedTemplateId }, _args, context) =>
          context.access.of('mypit').open('mypit:read').template(deletedTemplateId),
      }),
    }),
  });

const CreateBadgeTemplateResult = resultUnion('createBadgeTemplate', CreateBadgeTemplatePayload);
const UpdateBadgeTemplateResult = resultUnion('updateBadgeTemplate', UpdateBadgeTemplatePayload);
const DeleteBadgeTemplateResult = resultUnion('deleteBadgeTemplate', DeleteBadgeTemplatePayload);

/** One template of one account: what may change only one at a time. */
const templateName = (session: MyPitSession, id: string) => `template:${session.fingerprint}:${id}`;

builder.mutationFields((t) => ({
  createBadgeTemplate: t.field({
    // All templates are read before, and twice after an unclear end; what was made is read, and what was found.
    ...priced(forMyPit('mypit:write'), [mypit(3 * WALK + 3)]),
    type: CreateBadgeTemplateResult,
    nullable: true,
    description:
      'Makes a template. The provider has no keys against doubles: sent twice it makes two. A lost answer ' +
      'is looked for before anything is said. Three calls, and one more for each further hundred templates.',
    args: { input: t.arg({ type: CreateBadgeTemplateInput, required: true, description: 'What to make.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        const template = parseTemplateInput(input);
        const session = context.access.of('mypit').open('mypit:write');
        const made = await writeOnce(context, 'createBadgeTemplate', `templates:${session.fingerprint}`, (attempt) =>
          session.createTemplate(template, attempt),
        );
        return { badgeTemplate: await session.createdTemplate(made, template) };
      }),
  }),
  updateBadgeTemplate: t.field({
    ...priced(forMyPit('mypit:write'), [mypit(8)]),
    type: UpdateBadgeTemplateResult,
    nullable: true,
    description:
      'Changes a template. The provider replaces it whole: what is not given is read first and sent again. Safe to repeat. Three calls.',
    args: {
      input: t.arg({
        type: UpdateBadgeTemplateInput,
        required: true,
        description: 'Which template, and what to change.',
      }),
    },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        const { templateId: id, expectedUpdatedAt, ...given } = input;
        checkId(id, 'input.templateId');
        const changes = parseTemplateChanges(given);
        const session = context.access.of('mypit').open('mypit:write');
        const update = () => session.updateTemplate(id, changes, expectedUpdatedAt ?? undefined);
        return {
          badgeTemplate: await context.writes.serially(templateName(session, id), update, {
            provider: 'mypit',
            operation: 'updateBadgeTemplate',
          }),
        };
      }, 'input.templateId'),
  }),
  deleteBadgeTemplate: t.field({
    ...priced(forMyPit('mypit:delete'), [mypit(6)]),
    type: DeleteBadgeTemplateResult,
    nullable: true,
    description:
      'Deletes a template; the provider may switch it off instead, which `badgeTemplate` of the payload tells. Badges that ' +
      'were issued stay. One call.',
    args: { input: t.arg({ type: DeleteBadgeTemplateInput, required: true, description: 'Which template.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        const { templateId: id } = input;
        checkId(id, 'input.templateId');
        const session = context.access.of('mypit').open('mypit:delete');
        await context.writes.serially(templateName(session, id), () => session.deleteTemplate(id), {
          provider: 'mypit',
          operation: 'deleteBadgeTemplate',
        });
        return { deletedTemplateId: id };
      }, 'input.templateId'),
  }),
}));
