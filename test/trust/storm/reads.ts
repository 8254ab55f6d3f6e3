import { expect } from 'vitest';
import { fieldsOf } from '../../support/fields-of.js';
import { expectErrorsToBeOwed, meeting, wrongFields } from './compare.js';
import type { StormWorld } from './world.js';

const payment =
  `${fieldsOf('Payment')} status { ${fieldsOf('PaymentStatus')} } ` +
  `transaction { ${fieldsOf('PaymentTransaction')} }`;
const pin = fieldsOf('Pin');
const template = fieldsOf('BadgeTemplate');
const holder = fieldsOf('Holder');

interface Read {
  readonly text: string;
  variables?(world: StormWorld, nth: number): object;
}
const nthOf = (list: readonly string[], nth: number): string => list[nth % list.length] ?? '';
const payments = ['submitted-apples', 'verified-squash', 'completed-honey', 'payout-completed', 'created-bread'];
const settled = ['verified-squash', 'unseen-plums', 'wrong-amount-quinces', 'approved-eggs'];

/** What can be read of single objects, and of what is no connection. */
const reads: readonly Read[] = [
  {
    text: `query ($id: ID!) { it: payment(paymentId: $id) { ${payment} } }`,
    variables: (_world, nth) => ({ id: nthOf(payments, nth) }),
  },
  { text: `{ it: incompleteServerPayments { ${payment} } }` },
  {
    text: '{ it: rewardedAd(adId: "ad-granted") { adId mediatorAckStatus grantedAt revokedAt rewardable } }',
  },
  {
    text: 'query ($id: ID!) { it: ledgerTransaction(paymentId: $id) { txid from to amount memo createdAt matches } }',
    variables: (_world, nth) => ({ id: nthOf(settled, nth) }),
  },
  {
    text: `query ($id: ID!) { it: payment(paymentId: $id) { paymentId ledgerTransaction { txid amount matches } } }`,
    variables: (_world, nth) => ({ id: nthOf(settled, nth) }),
  },
  { text: '{ it: me { uid username scopes tokenValidUntil holder { holderId name } } }' },
  {
    text: `query ($id: ID!) { it: pin(requestId: $id) { ${pin} } }`,
    variables: ({ landmarks }, nth) => ({ id: nthOf(landmarks.pins, nth) }),
  },
  {
    text: `query ($id: ID!) { it: badgeTemplate(templateId: $id) { ${template} imagePins { requestId status } } }`,
    variables: ({ landmarks }, nth) => ({ id: nthOf(landmarks.templates, nth) }),
  },
  {
    text: `query ($id: ID!) { it: holder(holderId: $id) { ${holder} } }`,
    variables: ({ landmarks }, nth) => ({ id: nthOf(landmarks.holders, nth) }),
  },
  {
    text: `query ($id: ID!) { it: node(id: $id) { ... on IssuedBadge { badgeId state type data template { name } recipient { name } } } }`,
    variables: ({ landmarks }, nth) => ({ id: nthOf(landmarks.badges, nth) }),
  },
  { text: '{ it: miner(name: "hydro_shed") { name activeWorkers balances { chain amount } workers { name alive } } }' },
  { text: '{ it: poolStats { activeWorkers activeUsers } }' },
  { text: '{ it: poolRound { shift { score } chains { chain difficulty } } }' },
  { text: '{ it: topMiners { rank name } }' },
];
export const readCount = reads.length;

/** Reads once, and holds every field to what the upstream has. */
export async function readOnce(world: StormWorld, which: number, nth: number): Promise<void> {
  const { text, variables } = reads[which % reads.length] as Read;
  const values = variables?.(world, nth) ?? {};
  const truth = await world.clear<object>(text, values);
  const [answer, met] = await meeting(world.weather, () => world.storm<object>(text, values));
  const what = `${text.slice(0, 60)} ${JSON.stringify(values)} [${met.names.join(', ')}]`;
  expectErrorsToBeOwed(what, answer, met);
  // Of an answer about somebody else the signed-in user is told, as the contract has it, that they have no holder.
  const another = text.includes('holder {') && met.names.includes('the answer to another question');
  const allowed = { excused: world.weather.excused, missing: met.blinked || (another && text.includes(' me {')) };
  expect(wrongFields(answer.data, truth.data, answer.errors ?? [], allowed), what).toEqual([]);
}
