import { piUsers } from '../../src/sandbox/pi/users.js';
import type { FaultySandbox } from './faulty-sandbox.js';

export type Input = Record<string, unknown>;

/** Changes of what is there, by an id of its own: safe to send once more after a look. */
export const flags = [
  'approvePayment',
  'completePayment',
  'cancelPayment',
  'replacePin',
  'removePin',
  'updateBadgeTemplate',
  'deleteBadgeTemplate',
  'updateHolder',
  'deleteHolder',
] as const;
/** What would be there twice: sent once. */
export const additions = ['createPayment', 'addPin', 'createBadgeTemplate', 'createHolder', 'issueBadge'] as const;
export const changeNames = [...flags, ...additions];
export type ChangeName = (typeof changeNames)[number];

const CID = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';

/** An input for every change, each about an object of its own. */
export async function inputsFor(world: FaultySandbox): Promise<Record<ChangeName, Input>> {
  type Found = {
    payment: { transaction: { txid: string } };
    pins: { nodes: { requestId: string }[] };
    badgeTemplates: { nodes: { templateId: string; isActive: boolean }[] };
    holders: { nodes: { holderId: string }[] };
  };
  const { data } = await world.ask<Found>(
    `{ payment(paymentId: "submitted-apples") { transaction { txid } } pins(first: 2) { nodes { requestId } }
    badgeTemplates(first: 50) { nodes { templateId isActive } } holders(first: 20) { nodes { holderId } } }`,
    {},
    world.operator,
  );
  if (!data) throw new Error('the sandbox does not answer');
  const templates = data.badgeTemplates.nodes.filter(({ isActive }) => isActive).map(({ templateId }) => templateId);
  const holders = data.holders.nodes.map(({ holderId }) => holderId);
  const [pin, other] = data.pins.nodes;
  return {
    approvePayment: { paymentId: 'created-flowers' },
    completePayment: { paymentId: 'submitted-apples', txid: data.payment.transaction.txid },
    cancelPayment: { paymentId: 'created-bread' },
    createPayment: { userUid: piUsers.juniper.uid, amount: '0.5', memo: 'thanks', idempotencyKey: 'payout-1' },
    addPin: { cid: CID, name: 'mine' },
    replacePin: { requestId: pin?.requestId, cid: CID, name: 'replacement' },
    removePin: { requestId: other?.requestId },
    createBadgeTemplate: { name: 'New', type: 'ACHIEVEMENT', imageUrl: 'https://images.example/a.png' },
    updateBadgeTemplate: { templateId: templates[0], description: 'changed' },
    deleteBadgeTemplate: { templateId: templates[1] },
    createHolder: {
      name: 'New',
      email: 'new@mail.example',
      phone: '+4712345678',
      did: 'did:web:new.example',
      externalId: 'ext-new',
    },
    updateHolder: { holderId: holders[0], name: 'Changed' },
    deleteHolder: { holderId: holders[1] },
    issueBadge: { templateId: templates[2], recipientIds: holders.slice(3, 15), idempotencyKey: 'issue-1' },
  };
}
