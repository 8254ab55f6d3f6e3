import type { Payment, RewardedAd } from '../../providers/pi/model.js';
import { checkAdId } from '../../providers/pi/validate.js';
import { builder } from '../builder.js';
import { holding, me, pi, priced } from '../costs.js';
import { nodeType } from '../node-type.js';
import { registerNode } from '../nodes.js';
import { forPayments, forPi } from '../rights.js';
import { MediatorAckStatusEnum, PaymentRef } from './payment.js';
import { notePayout } from './payout-notes.js';

const RewardedAdRef = builder.objectRef<RewardedAd>('RewardedAd');

nodeType(RewardedAdRef, {
  description: 'An ad that was shown for a reward.',
  id: { resolve: (ad) => ad.adId, description: 'Global id: opaque, and good for `node`.' },
  fields: (t) => ({
    adId: t.exposeID('adId', { description: 'The id that the SDK gave when the ad was shown.' }),
    mediatorAckStatus: t.expose('mediatorAckStatus', {
      type: MediatorAckStatusEnum,
      nullable: true,
      description: 'What the mediator says; null while it has not answered.',
    }),
    grantedAt: t.expose('grantedAt', { type: 'DateTime', nullable: true, description: 'When the reward was granted.' }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true, description: 'When it was taken back.' }),
    rewardable: t.exposeBoolean('rewardable', {
      description: 'True only when GRANTED. Reward each ad once: Pi does not use the id up.',
    }),
  }),
});

registerNode('RewardedAd', {
  check: checkAdId,
  load: async (adId, context) => context.access.pi('pi:read').rewardedAd(adId),
});

/** A longer list of Pi's is refused. */
const MOST_OPEN_PAYOUTS = 1_000;

builder.queryFields((t) => ({
  payment: t.field({
    ...priced(forPayments('pi:read'), [pi(1), me]),
    type: PaymentRef,
    nullable: true,
    description:
      "One payment. A Pi user sees their own; anybody else's is null, like one that does not exist. One call.",
    args: { paymentId: t.arg.id({ required: true, description: "Pi's own id of the payment." }) },
    resolve: async (_root, { paymentId }, context) => (await context.access.payments('pi:read')).payment(paymentId),
  }),
  incompleteServerPayments: t.field({
    // Pi documents one open payout per app.
    ...holding(priced(forPi('pi:read'), [pi(1)]), { documented: 1, most: MOST_OPEN_PAYOUTS }),
    type: [PaymentRef],
    nullable: { list: true, items: true },
    description:
      'Payouts from the app that were begun and not finished; normally none or one. One that cannot be ' +
      'read is null, with an error at its place. One call.',
    resolve: async (_root, _args, context) => {
      const open = await context.access.pi('pi:read').incompleteServerPayments();
      for (const row of open) if (!(row instanceof Error)) void notePayout(context, row);
      // graphql-js turns an Error given as a value into an error at its place.
      return open.map((row) => row as Payment);
    },
  }),
  rewardedAd: t.field({
    ...priced(forPi('pi:read'), [pi(1)]),
    type: RewardedAdRef,
    nullable: true,
    description: 'What became of a shown ad; null when Pi does not know it. One call.',
    args: { adId: t.arg.id({ required: true, description: 'The id that the SDK gave.' }) },
    resolve: (_root, { adId }, context) => context.access.pi('pi:read').rewardedAd(adId),
  }),
}));
