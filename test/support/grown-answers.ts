import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** An answer of an upstream with one of its fields grown to a size, and the query or mutation that reads it. */
export interface GrownAnswer {
  readonly name: string;
  readonly query: string;
  readonly variables: object;
  /** What this answers, as `METHOD /path` without the base path. */
  readonly answers: (asked: string) => boolean;
  /** Written when it is wanted: all of them would be gigabytes. */
  readonly text: () => string;
}

interface Example {
  readonly operation: string;
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string; readonly body?: Record<string, unknown> };
  readonly response: { readonly status: number; readonly body: unknown };
}

/** From the project's folder, where tests and soak runs begin. */
const folder = `${resolve('schema/upstream')}/`;

/** Every example of a successful answer that is JSON. */
export const examples: readonly Example[] = ['pi', 'mypit', 'pinning', 'bitminter'].flatMap((provider) =>
  readdirSync(`${folder}${provider}/examples`)
    .toSorted()
    .map((file): Example => {
      const example = JSON.parse(readFileSync(`${folder}${provider}/examples/${file}`, 'utf8')) as Example;
      const { body } = example.response;
      const read = typeof body === 'string' ? parsed(body) : body;
      return {
        ...example,
        response: { ...example.response, body: read },
        name: file.replace(/\.json$/, ''),
        operation: file.split('.')[0] ?? '',
      };
    })
    .filter(({ response: { status, body } }) => status < 300 && body !== null && body !== undefined),
);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const CID = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';
const payment =
  'id paymentId createdAt amount memo metadata state direction network userUid fromAddress toAddress transaction { txid verified link }';
const pin = 'id requestId status createdAt cid name origins meta delegates info statusDetails dagSize pinnedUntil';
const template =
  'id name type description criteria validityPeriodDays imageUrl price isActive ownerId createdAt updatedAt imagePins { id }';
const holder = 'id holderId name email phone did issuerDid memo ownerId externalId';
const badge = 'id templateId recipientId issuerId state status type issuedAt expiresAt data';
const miner =
  'name hashRate(unit: TH_PER_S) activeWorkers asOf balances { chain amount } roundStarts { chain ' +
  'startedAt } shift { startedAt accepted rejected } workers { name hashRate(unit: TH_PER_S) ' +
  'lastWorkAt alive work { chain totalAccepted } }';

interface Asking {
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
  getPins: read(/^GET \/psa\/pins$/, `pins(first: 100) { totalCount pageInfo { endCursor } nodes { ${pin} } }`),
  getPinByRequestId: {
    of: /^GET \/psa\/pins\//,
    ask: (example) => [`query ($id: ID!) { pin(requestId: $id) { ${pin} } }`, { id: lastOf(example) }],
  },
  addPin: change(/^POST \/psa\/pins$/, 'addPin', `pin { ${pin} }`, (example) => ({
    cid: given(example, 'cid'),
    idempotencyKey: idempotencyKey(),
  })),
  replacePinByRequestId: change(/^POST \/psa\/pins\//, 'replacePin', `pin { ${pin} }`, () => ({
    requestId: 'old-id',
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
    holderId: given(example, 'holderId'),
    name: 'other',
  })),
  deleteHolder: change(/^POST \/deleteHolder$/, 'deleteHolder', 'deletedHolderId', (example) => ({
    holderId: given(example, 'holderId'),
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

/** Put in where it stands, whatever it is; nobody else writes such a text. */
const PLACE = '"\u0001here\u0001"';
const LIST_MEMBERS = 10_000;

/** JSON texts that one place is grown to; `value` is what stands there. */
function grownTexts(value: unknown, bytes: number): (readonly [name: string, json: () => string])[] {
  const text = (begins: string, goesOn: string) => () =>
    JSON.stringify(begins + goesOn.repeat(Math.ceil(bytes / goesOn.length)));
  const members = (member: (index: number) => string) =>
    Array.from({ length: LIST_MEMBERS }, (_, i) => member(i)).join();
  const same = JSON.stringify(Array.isArray(value) && value.length > 0 ? value[0] : 'member');
  const [first] = typeof value === 'object' && value !== null ? Object.values(value) : [];
  const item = JSON.stringify(first ?? 'member');
  const many: (readonly [string, () => string])[] = [
    ['members', () => `[${members(() => same)}]`],
    ['different members', () => `[${members((index) => `"member ${index}"`)}]`],
    ['keys', () => `{${members((index) => `"k${index}":${item}`)}}`],
    ['lists within', () => `${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}`],
    ['objects within', () => `${'{"a":'.repeat(bytes / 6)}1${'}'.repeat(bytes / 6)}`],
  ];
  if (typeof value === 'object' && value !== null) return many;
  return [
    ['digits', () => '9'.repeat(bytes)],
    ['a fraction', () => `0.${'0'.repeat(bytes)}1`],
    ['an exponent', () => `1e${'9'.repeat(bytes)}`],
    ['z2…', text('z', '2')],
    ['Qm…', text('Qm', 'z')],
    ['k…', text('k', '2')],
    ['a time', text('2025-11-20T09:14:07.', '9')],
    ['spaces', text('', ' ')],
    ['digits as text', text('', '9')],
    ['an address', text('https://a.example/ipfs/z', '2')],
    ['surrogates', text('', '\ud800')],
    ...many,
  ];
}

/** Every place inside a value, with what stands there and the JSON of all with that place marked. */
function* placesIn(
  value: unknown,
  path: string,
  mark: (inner: string) => string,
): Generator<{ readonly path: string; readonly value: unknown; readonly marked: string }> {
  yield { path, value, marked: mark(PLACE) };
  if (typeof value !== 'object' || value === null) return;
  const entries = Array.isArray(value) ? [...value.entries()].slice(0, 1) : Object.entries(value);
  for (const [key, item] of entries) {
    const others = (inner: string): string => {
      if (Array.isArray(value))
        return `[${value.map((one, index) => (index === key ? inner : JSON.stringify(one))).join()}]`;
      return `{${Object.entries(value)
        .map(([name, one]) => `${JSON.stringify(name)}:${name === key ? inner : JSON.stringify(one)}`)
        .join()}}`;
    };
    yield* placesIn(item, `${path}.${key}`, (inner) => mark(others(inner)));
  }
}

/** Every field of every example, grown. */
export function* grownAnswers(bytes: number): Generator<GrownAnswer> {
  for (const example of examples) {
    const asking = askings[example.operation];
    if (asking === undefined) throw new Error(`nothing asks for ${example.operation}`);
    for (const { path, value, marked } of placesIn(example.response.body, example.name, (inner) => inner)) {
      for (const [kind, json] of grownTexts(value, bytes)) {
        const [query, variables = {}] = asking.ask(example);
        yield {
          name: `${path} ${kind}`,
          query,
          variables,
          answers: (asked) => asking.of.test(asked),
          text: () => marked.replace(PLACE, json),
        };
      }
    }
  }
}

/** What an upstream answers otherwise: its first good example. */
export function plainAnswer(asked: string): string | undefined {
  const found = Object.entries(askings).find(([, { of }]) => of.test(asked));
  const body = examples.find(({ operation }) => operation === found?.[0])?.response.body;
  return body === undefined ? undefined : JSON.stringify(body);
}
