import type { MyPitSession } from '../../providers/mypit/session.js';
import { checkId, parseHolderChanges, parseHolderInput } from '../../providers/mypit/validate.js';
import { builder } from '../builder.js';
import { mypit, priced, WALK } from '../costs.js';
import { encodeGlobalId } from '../node-type.js';
import { forMyPit } from '../rights.js';
import { resultUnion, settleMutation } from '../user-errors.js';
import { HolderRef, type ShownHolder } from './holder.js';
import { writeOnce } from './unkeyed-write.js';

const holderId = "The provider's own id of the holder.";

const CreateHolderInput = builder.inputType('CreateHolderInput', {
  description: 'A holder to be made.',
  fields: (t) => ({
    name: t.string({ required: true, description: "The person's name, at most 500 bytes." }),
    email: t.string({ required: true, description: 'E-mail address.' }),
    phone: t.string({ required: true, description: 'Phone number, at most 64 bytes.' }),
    did: t.string({ required: true, description: 'Decentralised identifier, such as did:ethr:0x….' }),
    externalId: t.string({
      required: true,
      description: 'Your own id of the person, such as a Pi uid: 1 to 128 printable characters without spaces.',
    }),
    memo: t.string({ description: 'A note, at most 4,096 bytes; cannot be changed later.' }),
  }),
});

const UpdateHolderInput = builder.inputType('UpdateHolderInput', {
  description: 'Which holder to change, and what about them; what is omitted stays.',
  fields: (t) => ({
    holderId: t.id({ required: true, description: holderId }),
    name: t.string({ description: "The person's name." }),
    email: t.string({ description: 'E-mail address.' }),
    phone: t.string({ description: 'Phone number.' }),
  }),
});

const DeleteHolderInput = builder.inputType('DeleteHolderInput', {
  description: 'Which holder to delete.',
  fields: (t) => ({ holderId: t.id({ required: true, description: holderId }) }),
});

interface HolderPayload {
  readonly holder: ShownHolder;
}

const CreateHolderPayload = builder.objectRef<HolderPayload>('CreateHolderPayload').implement({
  description: 'The holder who was made.',
  fields: (t) => ({
    holder: t.field({ type: HolderRef, description: 'The new holder.', resolve: (payload) => payload.holder }),
  }),
});

const UpdateHolderPayload = builder.objectRef<HolderPayload>('UpdateHolderPayload').implement({
  description: 'The holder who was changed.',
  fields: (t) => ({
    holder: t.field({
      type: HolderRef,
      description: 'The holder as they are now.',
      resolve: (payload) => payload.holder,
    }),
  }),
});

const DeleteHolderPayload = builder.objectRef<{ readonly deletedHolderId: string }>('DeleteHolderPayload').implement({
  description: 'The holder who was deleted.',
  fields: (t) => ({
    deletedHolderId: t.exposeID('deletedHolderId', { description: "The provider's own id that is gone." }),
    deletedId: t.id({
      description: 'The global id that is gone, for caches.',
      resolve: ({ deletedHolderId }) => encodeGlobalId('Holder', deletedHolderId),
    }),
  }),
});

const CreateHolderResult = resultUnion('createHolder', CreateHolderPayload);
const UpdateHolderResult = resultUnion('updateHolder', UpdateHolderPayload);
const DeleteHolderResult = resultUnion('deleteHolder', DeleteHolderPayload);

/** One holder of one account: what may change only one at a time. */
const holderName = (session: MyPitSession, id: string) => `holder:${session.fingerprint}:${id}`;

builder.mutationFields((t) => ({
  createHolder: t.field({
    // What was made is read by either id; an unclear end is looked for twice, by id and through all holders, and then read.
    ...priced(forMyPit('mypit:write'), [mypit(2 * (WALK + 1) + 5)]),
    type: CreateHolderResult,
    nullable: true,
    description:
      'Makes a holder. A lost answer is looked for by external id and DID before anything is said. Two calls.',
    args: { input: t.arg({ type: CreateHolderInput, required: true, description: 'Who.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        const holder = parseHolderInput(input);
        const session = context.access.of('mypit').open('mypit:write');
        const made = await writeOnce(
          context,
          'createHolder',
          `holders:${session.fingerprint}:${holder.externalId}`,
          (attempt) => session.createHolder(holder, attempt),
        );
        return { holder: await session.createdHolder(made, holder) };
      }),
  }),
  updateHolder: t.field({
    ...priced(forMyPit('mypit:write'), [mypit(7)]),
    type: UpdateHolderResult,
    nullable: true,
    description:
      "Changes a holder's name, e-mail address or phone number. The provider wants all three: what is not " +
      'given is read first and sent again. Safe to repeat. Two calls.',
    args: {
      input: t.arg({ type: UpdateHolderInput, required: true, description: 'Which holder, and what to change.' }),
    },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        const { holderId: id, ...given } = input;
        checkId(id, 'input.holderId');
        const changes = parseHolderChanges(given);
        const session = context.access.of('mypit').open('mypit:write');
        return {
          holder: await context.writes.serially(holderName(session, id), () => session.updateHolder(id, changes), {
            provider: 'mypit',
            operation: 'updateHolder',
          }),
        };
      }, 'input.holderId'),
  }),
  deleteHolder: t.field({
    ...priced(forMyPit('mypit:delete'), [mypit(6)]),
    type: DeleteHolderResult,
    nullable: true,
    description: 'Deletes a holder. One call.',
    args: { input: t.arg({ type: DeleteHolderInput, required: true, description: 'Which holder.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        const { holderId: id } = input;
        checkId(id, 'input.holderId');
        const session = context.access.of('mypit').open('mypit:delete');
        await context.writes.serially(holderName(session, id), () => session.deleteHolder(id), {
          provider: 'mypit',
          operation: 'deleteHolder',
        });
        return { deletedHolderId: id };
      }, 'input.holderId'),
  }),
}));
