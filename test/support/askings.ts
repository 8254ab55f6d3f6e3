import { fieldsOf } from './fields-of.js';
import { ledgerAskings } from './ledger-askings.js';
import { examples, type Example } from './upstream-examples.js';

const CID = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';
const payment = `${fieldsOf('Payment')} transaction { ${fieldsOf('PaymentTransaction')} }`;
const pin = fieldsOf('Pin');
const template = `${fieldsOf('BadgeTemplate')} imagePins { id }`;
const holder = fieldsOf('Holder');
const badge = fieldsOf('IssuedBadge');
const miner =
  'name hashRate(unit: TH_PER_S) activeWorkers asOf balances { chain amount } roundStarts { chain ' +
  'startedAt } shift { startedAt accepted rejected } workers { name hashRate(unit: TH_PER_S) ' +
  'lastWorkAt alive work { chain totalAccepted } }';

/** How an operation of an upstream is asked for. */
export interface Asking {
  /** Matches `METHOD /path`. */
  readonly of: RegExp;
  ask(example: Example): readonly [query: string, variables?: object];
}

const lastOf = ({ request }: Example): string => decodeURIComponent(request.path.split('/').at(-1) ?? '');
const paymentOf = ({ request }: Example): string => request.path.split('/')[2] ?? '';
function given({ request: { body } }: Example, name: string): string {
  const value = body?.[name];
  return typeof value === 'string' ? value : 'a1';
}

const read = (of: RegExp, field: string): Asking => ({ of, ask: () => [`{ ${field} }`] });
const change = (of: RegExp, name: string, payload: string, input: (example: Example) => object): Asking => {
  const title = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const text = `mutation ($input: ${title}Input!) { ${name}(input: $input) { __typename ... on ${title}Payload { ${payload} } } }`;
  return { of, ask: (example) => [text, { input: input(example) }] };
};
let keys = 0;
const idempotencyKey = (): string => `key-${(keys += 1)}`;

/** Each operation of the upstreams: how its request is told, and what makes it. */
export const askings: Readonly<Record<string, Asking>> = {
  getMe: read(/^GET \/v2\/me$/, 'me { id uid username scopes tokenValidUntil walletAddress }'),
  getPayment: {
    of: /^GET \/v2\/payments\/(?!incomplete)/,
    ask: (example) => [`query ($id: ID!) { payment(paymentId: $id) { ${payment} } }`, { id: lastOf(example) }],
  },
  getIncompleteServerPayments: read(
    /^GET \/v2\/payments\/incomplete_server_payments$/,
    `incompleteServerPayments { ${payment} }`,
  ),
  getRewardedAdStatus: {
    of: /^GET \/v2\/ads_network\//,
    ask: (example) => [
      'query ($id: ID!) { rewardedAd(adId: $id) { id adId mediatorAckStatus grantedAt revokedAt rewardable } }',
      { id: lastOf(example) },
    ],
  },
  approvePayment: change(/^POST .*\/approve$/, 'approvePayment', `payment { ${payment} }`, (example) => ({
    paymentId: paymentOf(example),
  })),
  completePayment: change(/^POST .*\/complete$/, 'completePayment', `payment { ${payment} }`, (example) => ({
    paymentId: paymentOf(example),
    txid: 'ab'.repeat(32),
  })),
  cancelPayment: change(/^POST .*\/cancel$/, 'cancelPayment', `payment { ${payment} }`, (example) => ({
    paymentId: paymentOf(example),
  })),
  createPayment: change(/^POST \/v2\/payments$/, 'createPayment', `payment { ${payment} }`, () => ({
    userUid: 'e2f4a6c8-1357-49bd-8ace-024681357bdf',
    amount: '0.1234567',
    memo: 'Thank you for the harvest',
    idempotencyKey: idempotencyKey(),
  })),
  ...ledgerAskings,
  getPins: read(/^GET \/psa\/pins$/, `pins(first: 100) { totalCount pageInfo { endCursor } nodes { ${pin} } }`),
  getPinByRequestId: {
    of: /^GET \/psa\/pins\//,
    ask: (example) => [`query ($id: ID!) { pin(requestId: $id) { ${pin} } }`, { id: lastOf(example) }],
  },
  addPin: change(/^POST \/psa\/pins$/, 'addPin', `pin { ${pin} }`, (example) => ({
    cid: given(example, 'cid'),
    idempotencyKey: idempotencyKey(),
  })),
  replacePinByRequestId: change(/^POST \/psa\/pins\//, 'replacePin', `pin { ${pin} }`, (example) => ({
    requestId: lastOf(example),
    cid: CID,
    idempotencyKey: idempotencyKey(),
  })),
  deletePinByRequestId: change(/^DELETE \/psa\/pins\//, 'removePin', 'removedRequestId', () => ({
    requestId: 'old-id',
  })),
  getASingleBadgeTemplate: {
    of: /^POST \/getASingleBadgeTemplate$/,
    ask: (example) => [
      `query ($id: ID!) { badgeTemplate(templateId: $id) { ${template} } }`,
      { id: given(example, 'templateId') },
    ],
  },
  getAllBadgeTemplatesByOwnerId: read(
    /^POST \/getAllBadgeTemplatesByOwnerId$/,
    `badgeTemplates(first: 20) { nodes { ${template} } pageInfo { endCursor } }`,
  ),
  getHolderById: {
    of: /^POST \/getHolderById$/,
    ask: (example) => [`query ($id: ID!) { holder(holderId: $id) { ${holder} } }`, { id: given(example, 'holderId') }],
  },
  getHolders: read(/^POST \/getHolders$/, `holders(first: 20) { nodes { ${holder} } pageInfo { endCursor } }`),
  getIssuedBadges: read(
    /^POST \/getIssuedBadges$/,
    `issuedBadges(first: 20) { nodes { ${badge} } pageInfo { endCursor } }`,
  ),
  createBadgeTemplate: change(
    /^POST \/createBadgeTemplate$/,
    'createBadgeTemplate',
    `badgeTemplate { ${template} }`,
    () => ({
      name: 'badge',
      type: 'ACHIEVEMENT',
      imageUrl: 'https://images.example/a.png',
    }),
  ),
  updateBadgeTemplate: change(
    /^POST \/updateBadgeTemplate$/,
    'updateBadgeTemplate',
    `badgeTemplate { ${template} }`,
    (example) => ({
      templateId: given(example, 'templateId'),
      name: 'other',
    }),
  ),
  deleteBadgeTemplate: change(
    /^POST \/deleteBadgeTemplate$/,
    'deleteBadgeTemplate',
    'deletedTemplateId',
    (example) => ({
      templateId: given(example, 'templateId'),
    }),
  ),
  createHolder: change(/^POST \/createHolder$/, 'createHolder', `holder { ${holder} }`, () => ({
    name: 'name',
    email: 'a@b.example',
    phone: '+4712345678',
    did: 'did:web:a.example',
    externalId: 'ext-1',
  })),
  updateHolder: change(/^POST \/updateHolder$/, 'updateHolder', `holder { ${holder} }`, (example) => ({
    holderId: given(example, 'holderID'),
    name: 'other',
  })),
  deleteHolder: change(/^POST \/deleteHolder$/, 'deleteHolder', 'deletedHolderId', (example) => ({
    holderId: given(example, 'holderID'),
  })),
  issueBadge: change(
    /^POST \/issueBadge$/,
    'issueBadge',
    'status results { recipientId outcome badgeId message }',
    (example) => ({
      templateId: given(example, 'templateId'),
      recipientIds: example.request.body?.['recipientIds'] ?? ['h1'],
      idempotencyKey: idempotencyKey(),
    }),
  ),
  hello: read(/^GET \/hello$/, 'providers { name reachable }'),
  getPoolStats: read(/^GET \/api\/pool\/stats$/, 'poolStats { hashRate(unit: TH_PER_S) activeWorkers activeUsers }'),
  getPoolHashrate: read(/^GET \/api\/pool\/hashrate$/, 'poolStats { hashRate(unit: TH_PER_S) }'),
  getPoolWorkers: read(/^GET \/api\/pool\/workers$/, 'poolStats { activeWorkers }'),
  getPoolUsers: read(/^GET \/api\/pool\/users$/, 'poolStats { activeUsers }'),
  getPoolRound: read(
    /^GET \/api\/pool\/round$/,
    'poolRound { hashRate(unit: TH_PER_S) activeWorkers shift { accepted score } chains { chain accepted difficulty } }',
  ),
  getPoolBlocks: read(
    /^GET \/api\/pool\/blocks$/,
    'poolBlocks(first: 50) { nodes { id chain hash height difficulty income accepted status generator generatedAt durationSeconds } }',
  ),
  getPoolShifts: read(
    /^GET \/api\/pool\/shifts$/,
    'poolShifts(first: 50) { nodes { shiftId difficulty accepted score completedAt durationSeconds } }',
  ),
  getPoolTop50: read(/^GET \/api\/pool\/top50$/, 'topMiners { rank name hashRate(unit: TH_PER_S) }'),
  getUser: read(/^GET \/api\/users$/, `miner { ${miner} }`),
  getUserByName: {
    of: /^GET \/api\/users\//,
    ask: (example) => [`query ($name: String) { miner(name: $name) { ${miner} } }`, { name: lastOf(example) }],
  },
};

/** What an upstream answers otherwise: its first good example. */
export function plainAnswer(asked: string): string | undefined {
  const found = Object.entries(askings).find(([, { of }]) => of.test(asked));
  const body = examples.find(({ operation }) => operation === found?.[0])?.response.body;
  return body === undefined ? undefined : JSON.stringify(body);
}
