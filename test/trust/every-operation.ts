import { fieldsOf } from '../support/fields-of.js';

const CID = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';

/** One document that reads everything there is to read. */
export const readEverything = `query ($template: ID!, $holder: ID!, $payment: ID!, $ad: ID!, $pin: ID!) {
  payment(paymentId: $payment) { ${fieldsOf('Payment')} status { cancelled } user { id }
  transaction { ${fieldsOf('PaymentTransaction')} } }
  incompleteServerPayments { id amount metadata state transaction { txid link } }
  rewardedAd(adId: $ad) { ${fieldsOf('RewardedAd')} }
  pin(requestId: $pin) { ${fieldsOf('Pin')} }
  pins(first: 3) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id cid status meta } } }
  badgeTemplate(templateId: $template) { ${fieldsOf('BadgeTemplate')} imagePins { id } }
  badgeTemplates(first: 3) { nodes { id name price createdAt } pageInfo { hasNextPage endCursor } }
  holder(holderId: $holder) { ${fieldsOf('Holder')} }
  holders(first: 3) { nodes { id name email } pageInfo { hasNextPage } }
  issuedBadges(first: 3) { nodes { ${fieldsOf('IssuedBadge')}
  template { id } recipient { id } } }
}`;
export const readMore = `{
  me { id uid username scopes tokenValidUntil walletAddress holder { id email } }
  poolStats { hashRate(unit: TH_PER_S) activeWorkers activeUsers asOf stale }
  poolRound { hashRate activeWorkers activeUsers shift { accepted rejected durationSeconds score } chains { chain
  accepted rejected durationSeconds difficulty } }
  poolBlocks(first: 3) { nodes { id chain hash height difficulty income accepted rejected status confirmationsLeft
  generator generatedAt durationSeconds } }
  poolShifts(first: 3) { nodes { shiftId difficulty accepted rejected score completedAt durationSeconds } }
  topMiners { rank name hashRate }
  miner { name hashRate activeWorkers asOf balances { chain amount } roundStarts { chain startedAt } shift { startedAt
  accepted } workers { name hashRate lastWorkAt alive work { chain totalAccepted } } }
}`;
export const readVariables = {
  template: 'template-1',
  holder: 'holder-1',
  payment: 'payment-1',
  ad: 'ad-1',
  pin: 'pin-1',
};

const inputs: Readonly<Record<string, object>> = {
  approvePayment: { paymentId: 'payment-1' },
  completePayment: { paymentId: 'payment-1', txid: 'ab'.repeat(32) },
  cancelPayment: { paymentId: 'payment-1' },
  createPayment: { userUid: 'user-1', amount: '0.5', memo: 'memo', metadata: { a: 1 } },
  addPin: { cid: CID, name: 'one' },
  replacePin: { requestId: 'pin-1', cid: CID },
  removePin: { requestId: 'pin-1' },
  createBadgeTemplate: { name: 'badge', type: 'ACHIEVEMENT', imageUrl: 'https://images.example/a.png' },
  updateBadgeTemplate: { templateId: 'template-1', name: 'other' },
  deleteBadgeTemplate: { templateId: 'template-1' },
  createHolder: {
    name: 'name',
    email: 'a@b.example',
    phone: '+4712345678',
    did: 'did:web:a.example',
    externalId: 'ext-1',
  },
  updateHolder: { holderId: 'holder-1', name: 'other' },
  deleteHolder: { holderId: 'holder-1' },
  issueBadge: { templateId: 'template-1', recipientIds: ['holder-1', 'holder-2'] },
};
const payloads: Readonly<Record<string, string>> = {
  approvePayment: 'payment { id state amount }',
  completePayment: 'payment { id state amount }',
  cancelPayment: 'payment { id state amount }',
  createPayment: 'payment { id state amount metadata }',
  addPin: 'pin { id cid status meta }',
  replacePin: 'pin { id cid status }',
  removePin: 'removedRequestId',
  createBadgeTemplate: 'badgeTemplate { id name price }',
  updateBadgeTemplate: 'badgeTemplate { id name }',
  deleteBadgeTemplate: 'deletedTemplateId',
  createHolder: 'holder { id name }',
  updateHolder: 'holder { id name }',
  deleteHolder: 'deletedHolderId',
  issueBadge: 'status results { recipientId outcome badgeId message }',
};

let keys = 0;

/** Every change there is, each with a key of its own where it may have one. */
export const changes = Object.entries(inputs).map(([name, input]) => {
  const title = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const keyed = /^(createPayment|addPin|replacePin|issueBadge)$/.test(name);
  return {
    name,
    query:
      `mutation ($input: ${title}Input!) { result: ${name}(input: $input) { __typename ... on UserError { ` +
      `code message upstreamCode } ... on ${title}Payload { ${payloads[name]} } } }`,
    variables: () => ({ input: { ...input, ...(keyed ? { idempotencyKey: `key-${(keys += 1)}` } : {}) } }),
  };
});
