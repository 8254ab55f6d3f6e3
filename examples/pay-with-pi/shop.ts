import type { GraphQLClient } from 'graphql-request';
import {
  ApproveOrderDocument,
  FinishPaymentDocument,
  OrderOfPaymentDocument,
  SettleUnfinishedDocument,
  WhoSignedInDocument,
} from '../generated/graphql.js';
import type { Order, Orders } from './orders.js';

/** A "no" for the page, with a status. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The scopes of the shop's operator key. */
export const NEEDS = ['pi:read', 'pi:approve', 'pi:complete', 'pi:cancel'];

export interface ShopParts {
  /** With the shop's operator key. */
  readonly gateway: GraphQLClient;
  readonly orders: Orders;
  /** The shop's prices, in Pi. */
  readonly prices: Readonly<Record<string, string>>;
  /** Hands the goods over; called once for an order. */
  readonly deliver: (order: Order) => void;
}

/** What the three callbacks of the Pi SDK ask a shop's backend for. */
export function createShop({ gateway, orders, prices, deliver }: ShopParts) {
  /** The order that a payment names. Anybody can name any order: whether it fits is compared by the gateway (`expected`). */
  async function orderOf(paymentId: string): Promise<Order> {
    const { payment } = await gateway.request(OrderOfPaymentDocument, { paymentId });
    const { orderId } = (payment?.metadata ?? {}) as { readonly orderId?: unknown };
    const order = typeof orderId === 'string' ? orders.find(orderId) : undefined;
    if (!order) throw new Refused(404, 'This payment is for no order of ours.');
    return order;
  }
  const expected = ({ id, amount, userUid }: Order) => ({ amount, userUid, metadata: { orderId: id } });
  const hasDelivered = (order: Order): true => {
    if (orders.deliver(order.id)) deliver(order);
    return true;
  };

  return {
    /** An order for whoever the token belongs to; Pi says who that is, not the page. */
    async order(item: string, token: string) {
      const { me } = await gateway.request(WhoSignedInDocument, {}, { authorization: `Bearer ${token}` });
      const amount = Object.hasOwn(prices, item) ? prices[item] : undefined;
      if (!me || amount === undefined) throw new Refused(400, 'Sign in with Pi and choose something that we have.');
      return orders.add({ item, amount, userUid: me.uid });
    },

    /** `onReadyForServerApproval`: the user may sign only what fits the order, and one payment for each order. */
    async approve(paymentId: string) {
      const order = await orderOf(paymentId);
      if (order.delivered) throw new Refused(409, 'This order is paid.');
      if (order.paymentId !== null && order.paymentId !== paymentId && (await settle(order.paymentId)) !== 'CANCELLED')
        throw new Refused(409, 'Another payment for this order is under way.');
      const input = { paymentId, expected: expected(order) };
      const { approvePayment: answer } = await gateway.request(ApproveOrderDocument, { input });
      if (answer?.__typename !== 'ApprovePaymentPayload') throw new Refused(409, answer?.message ?? 'Not approved.');
      orders.payBy(order, paymentId);
    },

    /** `onReadyForServerCompletion`: delivers when Pi says that it is completed, and never before. */
    async complete(paymentId: string, txid: string) {
      const order = await orderOf(paymentId);
      const input = { paymentId, txid, expected: expected(order) };
      const { completePayment: answer } = await gateway.request(FinishPaymentDocument, { input });
      if (answer?.__typename !== 'CompletePaymentPayload') throw new Refused(409, answer?.message ?? 'Not completed.');
      return hasDelivered(order);
    },

    /** `onIncompletePaymentFound`, and a job of your own for orders whose tab was closed. */
    settle,
    find: orders.find,
  };

  async function settle(paymentId: string): Promise<string> {
    const order = await orderOf(paymentId);
    const input = { paymentId, expected: expected(order) };
    const { settlePayment: answer } = await gateway.request(SettleUnfinishedDocument, { input });
    if (answer?.__typename !== 'SettlePaymentPayload') throw new Refused(409, answer?.message ?? 'Not settled.');
    if (answer.payment?.state === 'COMPLETED') hasDelivered(order);
    return answer.payment?.state ?? 'UNKNOWN';
  }
}

export type Shop = ReturnType<typeof createShop>;
