import type { GraphQLClient } from 'graphql-request';
import { lineOf } from '../line-of.js';
import { OpenPayoutsDocument, SettleUnfinishedDocument } from '../generated/graphql.js';

/** What became of one payment. */
export interface Recovered {
  readonly paymentId: string;
  /** COMPLETED, CANCELLED, NONE, or the code of what went wrong. */
  readonly outcome: string;
  readonly why: string;
}

/**
 * Brings unfinished payments to their right end: all payouts that Pi lists, and the payments of users that are named (Pi does not
 * list those; name what your own orders hold as approved and unfinished). Safe beside whoever else pays, approves or completes:
 * the gateway decides by Pi and the ledger, and does nothing where these are not certain.
 */
export async function recover(gateway: GraphQLClient, paymentIds: readonly string[] = []): Promise<Recovered[]> {
  const { incompleteServerPayments: payouts } = await gateway.request(OpenPayoutsDocument);
  const ids = new Set([...(payouts ?? []).flatMap((payout) => payout?.paymentId ?? []), ...paymentIds]);
  const all: Recovered[] = [];
  for (const paymentId of ids) all.push({ paymentId, ...(await settle(gateway, paymentId)) });
  return all;
}

/** One payment that cannot be settled now does not keep the others from it. */
async function settle(gateway: GraphQLClient, paymentId: string): Promise<Omit<Recovered, 'paymentId'>> {
  try {
    const { settlePayment: answer } = await gateway.request(SettleUnfinishedDocument, { input: { paymentId } });
    if (answer?.__typename === 'SettlePaymentPayload') return { outcome: answer.action, why: answer.why };
    return { outcome: answer?.code ?? 'UNKNOWN', why: answer?.message ?? '' };
  } catch (error) {
    return { outcome: 'FAILED', why: lineOf(error) };
  }
}
