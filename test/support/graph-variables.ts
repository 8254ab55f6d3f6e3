import type { CountedSandbox } from './graph-operations.js';
import { cids } from './graph-pins.js';

/** Finds sensible variables for an operation in a fresh sandbox. What it asks is not counted. */
type Variables = (graph: CountedSandbox) => Promise<object> | object;

async function pinIds(graph: CountedSandbox, status: string): Promise<string[]> {
  const answer = await graph.ask<{ pins: { nodes: { requestId: string }[] } }>(`{ pins(first: 100, filter: { status: [${status}] }) { nodes { requestId } } }`);
  return answer.data?.pins.nodes.map((pin) => pin.requestId) ?? [];
}

const none = {};
const firstPin = async (graph: CountedSandbox, status: string) => (await pinIds(graph, status))[0];

/** One entry per operation in schema/operations, by its name; an operation without one fails the test of budgets. */
export const operationVariables: Readonly<Record<string, Variables>> = {
  AddPin: () => none,
  ApprovePayment: () => none,
  CompletePayment: async (graph) => {
    const text = '{ payment(paymentId: "verified-squash") { transaction { txid } } }';
    const txid = (await graph.ask<{ payment: { transaction: { txid: string } } }>(text)).data?.payment.transaction.txid;
    return { input: { paymentId: 'verified-squash', txid } };
  },
  CountPins: () => none,
  GatewayStatus: () => none,
  ListPins: () => none,
  Miner: () => none,
  MyPayment: () => none,
  PayOut: async (graph) => {
    const uid = (await graph.ask<{ me: { uid: string } }>('{ me { uid } }')).data?.me.uid;
    return { input: { userUid: uid, amount: '1.5', memo: 'Harvest help', idempotencyKey: 'contract-1' } };
  },
  PoolDashboard: () => none,
  RemovePin: async (graph) => ({ input: { requestId: await firstPin(graph, 'PINNED') } }),
  ReplacePin: async (graph) => ({ input: { requestId: await firstPin(graph, 'PINNED'), cid: cids.c, name: 'new' } }),
  RewardedAd: () => ({ adId: 'ad-granted' }),
  UnfinishedPayouts: () => none,
  WatchPayment: () => none,
  WatchPin: async (graph) => ({ requestId: await firstPin(graph, 'QUEUED, PINNING') }),
  WatchPins: async (graph) => ({ requestIds: await pinIds(graph, 'QUEUED, PINNING') }),
  WatchPool: () => none,
};
