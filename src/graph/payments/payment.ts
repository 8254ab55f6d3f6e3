import type {
  MediatorAckStatus,
  Payment,
  PaymentDirection,
  PaymentState,
  PaymentStatus,
  PaymentTransaction,
  PiNetwork,
} from '../../providers/pi/model.js';
import { checkPaymentId } from '../../providers/pi/validate.js';
import { GatewayError } from '../../errors.js';
import { builder } from '../builder.js';
import { me, priced } from '../costs.js';
import { nodeType } from '../node-type.js';
import { registerNode } from '../nodes.js';
import { UserRef } from '../user/user.js';

const PaymentStateEnum = builder.enumType('PaymentState', {
  description: 'How far a payment has come: one word for its flags.',
  values: {
    CREATED: { description: 'Made; the app has not approved it yet.' },
    APPROVED: { description: 'Approved by the app; no transaction is known yet.' },
    SUBMITTED: { description: 'A transaction is linked; it is not verified yet.' },
    VERIFIED: { description: 'The transaction matches the payment; the app must complete it.' },
    COMPLETED: { description: 'Completed by the app: the only state in which to deliver.' },
    CANCELLED: { description: 'Cancelled by the user, the app or Pi; never deliver.' },
  } satisfies Record<PaymentState, { description: string }>,
});

const PaymentDirectionEnum = builder.enumType('PaymentDirection', {
  description: 'Who pays whom.',
  values: {
    USER_TO_APP: { description: 'The user pays the app.' },
    APP_TO_USER: { description: 'The app pays the user.' },
    UNKNOWN: { description: 'Pi did not say, or said something new.' },
  } satisfies Record<PaymentDirection, { description: string }>,
});

const PiNetworkEnum = builder.enumType('PiNetwork', {
  description: 'The chain that a payment is on.',
  values: {
    MAINNET: { description: 'Real Pi.' },
    TESTNET: { description: 'Test Pi, without value.' },
    UNKNOWN: { description: 'Pi did not say, or said something new.' },
  } satisfies Record<PiNetwork, { description: string }>,
});

export const MediatorAckStatusEnum = builder.enumType('MediatorAckStatus', {
  description: 'What the ad mediator says of a shown ad.',
  values: {
    GRANTED: { description: 'The reward is due.' },
    REVOKED: { description: 'Granted once and taken back.' },
    FAILED: { description: 'No reward.' },
    UNKNOWN: { description: 'A word that this gateway does not know: no reward.' },
  } satisfies Record<MediatorAckStatus, { description: string }>,
});

const PaymentStatusRef = builder.objectRef<PaymentStatus>('PaymentStatus').implement({
  description: 'The flags that Pi keeps of a payment.',
  fields: (t) => ({
    developerApproved: t.exposeBoolean('developerApproved', { description: 'The app has approved it.' }),
    transactionVerified: t.exposeBoolean('transactionVerified', {
      description: 'Pi has found the transaction to match.',
    }),
    developerCompleted: t.exposeBoolean('developerCompleted', { description: 'The app has completed it.' }),
    cancelled: t.exposeBoolean('cancelled', { description: 'Cancelled by the app or by Pi.' }),
    userCancelled: t.exposeBoolean('userCancelled', { description: 'Cancelled by the user.' }),
  }),
});

const PaymentTransactionRef = builder.objectRef<PaymentTransaction>('PaymentTransaction').implement({
  description: 'The transaction on the chain that a payment is linked to.',
  fields: (t) => ({
    txid: t.exposeID('txid', { description: 'Its hash: 64 hexadecimal digits.' }),
    verified: t.exposeBoolean('verified', { description: 'Whether it matches the payment.' }),
    link: t.exposeString('link', {
      nullable: true,
      description: 'Where the chain shows it; null when Pi does not say.',
    }),
  }),
});

export const PaymentRef = builder.objectRef<Payment>('Payment');

nodeType(PaymentRef, {
  description: 'A payment between one user and the app.',
  id: {
    resolve: (payment) => payment.paymentId,
    description: 'Global id: opaque, the same on every instance, and good for `node`.',
  },
  fields: (t) => ({
    paymentId: t.exposeID('paymentId', { description: "Pi's own id of the payment." }),
    userUid: t.exposeID('userUid', { description: 'The uid of the user who pays or is paid.' }),
    user: t.field({
      ...priced({}, [me]),
      type: UserRef,
      nullable: true,
      description:
        'The user, when it is the caller; null otherwise. Costs nothing beyond what checking the caller costs.',
      resolve: async ({ userUid }, _args, context) => {
        const viewer = context.access.hasPiToken ? await context.access.me().catch(orNobody) : null;
        return viewer?.uid === userUid ? viewer : null;
      },
    }),
    amount: t.expose('amount', { type: 'Decimal', description: 'In Pi, every digit kept.' }),
    memo: t.exposeString('memo', { description: 'What the user is shown.' }),
    metadata: t.expose('metadata', {
      type: 'JSON',
      description: "The app's own data: an object nearly always; what else the app gave Pi is shown as it is.",
    }),
    fromAddress: t.exposeString('fromAddress', {
      nullable: true,
      description: 'The paying wallet; null while Pi does not say.',
    }),
    toAddress: t.exposeString('toAddress', {
      nullable: true,
      description: 'The paid wallet; null while Pi does not say.',
    }),
    direction: t.expose('direction', { type: PaymentDirectionEnum, nullable: true, description: 'Who pays whom.' }),
    network: t.field({
      type: PiNetworkEnum,
      nullable: true,
      description: 'Real Pi or test Pi.',
      resolve: ({ network }) => network ?? 'UNKNOWN',
    }),
    networkPassphrase: t.exposeString('networkPassphrase', {
      nullable: true,
      description:
        "The network's passphrase, as Pi names it: what a transaction is signed for. Null when Pi does not say.",
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    state: t.expose('state', { type: PaymentStateEnum, description: 'How far it has come.' }),
    status: t.field({
      type: PaymentStatusRef,
      description: 'The flags behind `state`.',
      resolve: (payment) => payment.status,
    }),
    transaction: t.field({
      type: PaymentTransactionRef,
      nullable: true,
      description: 'Its transaction; null while Pi knows of none, which does not prove that there is none.',
      resolve: (payment) => payment.transaction,
    }),
  }),
});

/** An operator's view of a payment does not suffer from a stale user token beside the key. */
function orNobody(error: unknown): null {
  if (error instanceof GatewayError && error.code === 'UNAUTHENTICATED') return null;
  throw error;
}

registerNode('Payment', {
  check: checkPaymentId,
  load: async (paymentId, context) => (await context.access.payments('pi:read')).payment(paymentId),
});
