import type { Access } from '../../access/access.js';
import type { Holder } from '../../providers/mypit/model.js';
import { checkId } from '../../providers/mypit/validate.js';
import { builder } from '../builder.js';
import { nodeType } from '../node-type.js';
import { registerNode } from '../nodes.js';
import { guardedBy } from '../rights-plugin.js';

/** A holder as shown to somebody; `own`: it is the signed-in user, who may read their own e-mail address and phone number. */
export type ShownHolder = Holder & { readonly own?: boolean };

export const HolderRef = builder.objectRef<ShownHolder>('Holder');

const contact =
  'Personal: for operators with `mypit:pii` and callers with a MyPit credential of their own; null with an error at this path for others.';
const ownContact =
  'Personal: for operators with `mypit:pii`, callers with a MyPit credential of their own, and the ' +
  'user whose own it is; null with an error at this path for others.';

/** Throws the refusal of whoever may not. */
const mayReadContacts = (access: Access): unknown => access.of('mypit').requireHolderContact();
const forContacts = guardedBy(mayReadContacts);
const forOwnContacts = guardedBy<ShownHolder>((access, { own }) => own === true || mayReadContacts(access));

nodeType(HolderRef, {
  description: 'A person who can hold badges.',
  id: {
    resolve: (holder) => holder.holderId,
    description: 'Global id: opaque, the same on every instance, and good for `node`.',
  },
  fields: (t) => ({
    holderId: t.exposeID('holderId', { description: "The provider's own id of the holder, used everywhere." }),
    name: t.exposeString('name', { nullable: true, description: "The holder's name." }),
    email: t.exposeString('email', {
      nullable: true,
      description: `E-mail address. ${ownContact}`,
      ...forOwnContacts,
    }),
    phone: t.exposeString('phone', {
      nullable: true,
      description: `Phone number. ${ownContact}`,
      ...forOwnContacts,
    }),
    did: t.exposeString('did', {
      nullable: true,
      description: `Decentralised identifier. ${contact}`,
      ...forContacts,
    }),
    issuerDid: t.exposeString('issuerDid', {
      nullable: true,
      description: 'Decentralised identifier of the issuer who made the holder.',
    }),
    memo: t.exposeString('memo', { nullable: true, description: 'A note of the issuer; cannot be changed.' }),
    ownerId: t.exposeID('ownerId', { description: "The provider's user who owns the record." }),
    externalId: t.exposeID('externalId', {
      nullable: true,
      description: 'Your own id of the person, such as a Pi uid; null when the provider does not show it.',
    }),
  }),
});

registerNode('Holder', {
  check: checkId,
  load: async (holderId, context) => context.access.of('mypit').open('mypit:read').holder(holderId),
});
