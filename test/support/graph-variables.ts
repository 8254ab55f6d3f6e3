import type { CountedSandbox } from './graph-operations.js';
import { cids } from './graph-pins.js';

/** Finds sensible variables for an operation in a fresh sandbox. What it asks is not counted. */
type Variables = (graph: CountedSandbox) => Promise<object> | object;

async function pinIds(graph: CountedSandbox, status: string): Promise<string[]> {
  const answer = await graph.ask<{ pins: { nodes: { requestId: string }[] } }>(
    `{ pins(first: 100, filter: { status: [${status}] }) { nodes { requestId } } }`,
  );
  return answer.data?.pins.nodes.map((pin) => pin.requestId) ?? [];
}

/** Ids of the first badge template and of some holders. */
async function badgeIds(graph: CountedSandbox): Promise<{ readonly templateId: string; readonly holderIds: string[] }> {
  const answer = await graph.ask<{
    badgeTemplates: { nodes: { templateId: string }[] };
    holders: { nodes: { holderId: string }[] };
  }>('{ badgeTemplates(first: 1) { nodes { templateId } } holders(first: 12) { nodes { holderId } } }');
  return {
    templateId: answer.data?.badgeTemplates.nodes[0]?.templateId ?? '',
    holderIds: answer.data?.holders.nodes.map(({ holderId }) => holderId) ?? [],
  };
}

const none = {};
const firstPin = async (graph: CountedSandbox, status: string) => (await pinIds(graph, status))[0];

/** One entry per operation in schema/operations, by its name; an operation without one fails the test of budgets. */
export const operationVariables: Readonly<Record<string, Variables>> = {
  AddPin: () => none,
  ApprovePayment: () => none,
  BadgesOverview: () => none,
  CompletePayment: async (graph) => {
    const text = '{ payment(paymentId: "verified-squash") { transaction { txid } } }';
    const txid = (await graph.ask<{ payment: { transaction: { txid: string } } }>(text)).data?.payment.transaction.txid;
    return { input: { paymentId: 'verified-squash', txid } };
  },
  CountPins: () => none,
  FirstLook: () => none,
  CreateBadgeTemplate: () => none,
  CreateHolder: () => none,
  DeleteBadgeTemplate: async (graph) => ({ input: { templateId: (await badgeIds(graph)).templateId } }),
  DeleteHolder: async (graph) => ({ input: { holderId: (await badgeIds(graph)).holderIds[3] } }),
  GatewayStatus: () => none,
  IssueBadges: async (graph) => {
    const { templateId, holderIds } = await badgeIds(graph);
    return { input: { templateId, recipientIds: holderIds, idempotencyKey: 'contract-2' } };
  },
  ListBadgeTemplates: () => none,
  ListPins: () => none,
  Miner: () => none,
  MyHolder: () => none,
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
  UpdateBadgeTemplate: async (graph) => ({
    input: { templateId: (await badgeIds(graph)).templateId, description: 'Changed' },
  }),
  UpdateHolder: async (graph) => ({
    input: { holderId: (await badgeIds(graph)).holderIds[3], email: 'new@hollow-creek.example' },
  }),
  WatchPayment: () => none,
  WatchPin: async (graph) => ({ requestId: await firstPin(graph, 'QUEUED, PINNING') }),
  WatchPins: async (graph) => ({ requestIds: await pinIds(graph, 'QUEUED, PINNING') }),
  WatchPool: () => none,
};
