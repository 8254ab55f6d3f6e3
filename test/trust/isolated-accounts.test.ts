import { beforeEach, describe, expect, it } from 'vitest';
import { fields, json, wireBadge, wireHolder, wireTemplate } from '../providers/mypit-support.js';
import { answerOf } from '../support/bitminter-harness.js';
import { createTestApp, gatewayKey, operatorHeaders, type TestApp } from '../support/create-test-app.js';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type SeenRequest } from '../support/fake-upstream.js';
import { closeAfterEach, closeLater } from '../support/graph-payments.js';
import { codesIn } from '../support/graph-pins.js';
import { createRandom, wait } from './support.js';

closeAfterEach();

type Headers = Readonly<Record<string, string>>;
const pair = (clientId: string, secretKey: string, userId: string): Headers => ({
  'x-mypit-client-id': clientId,
  'x-mypit-secret-key': secretKey,
  'x-mypit-user-id': userId,
});
/** Accounts that differ in one field each, and whose fields run together when they are only joined; and who an upstream takes each for. */
const accounts: readonly (readonly [owner: string, headers: Headers])[] = [
  ['ab/c/u', pair('ab', 'c', 'u')],
  ['a/bc/u', pair('a', 'bc', 'u')],
  ['ab/c/v', pair('ab', 'c', 'v')],
  ['ab/d/u', pair('ab', 'd', 'u')],
  [`${fields.clientId}/${fields.secretKey}/${fields.userId}`, operatorHeaders],
];
const keys: readonly (readonly [owner: string, headers: Headers])[] = [
  ['key=first', { 'x-bitminter-key': 'first' }],
  ['key=second', { 'x-bitminter-key': 'second' }],
  ['key=server-key', operatorHeaders],
];

const random = createRandom(20_261);
let mypit: FakeUpstream;
let pool: FakeUpstream;
let app: TestApp;

/** What is there for the account that asks, each time after another delay: everything of it carries the account's name. */
async function badgesOf({ path, headers, body }: SeenRequest): Promise<FakeAnswer> {
  await wait(random() * 8);
  const asked = JSON.parse(body) as {
    userId?: string;
    templateId?: string;
    holderId?: string;
    paginationOpts?: { cursor: string | null };
  };
  const owner = `${String(headers['clientid'])}/${String(headers['secretkey'])}/${String(asked.userId)}`;
  const page = (row: object, next: object) =>
    json(
      asked.paginationOpts?.cursor
        ? { page: [next], hasMore: false }
        : { page: [row], hasMore: true, cursor: 'second' },
    );
  switch (path) {
    case '/getASingleBadgeTemplate':
      return json(wireTemplate({ _id: asked.templateId, name: owner }));
    case '/getHolderById':
      return json(wireHolder({ _id: asked.holderId, name: owner }));
    case '/getAllBadgeTemplatesByOwnerId':
      return page(wireTemplate({ _id: 'x1', name: owner }), wireTemplate({ _id: 'x2', name: owner }));
    case '/getHolders':
      return page(wireHolder({ _id: 'y1', name: owner }), wireHolder({ _id: 'y2', name: owner }));
    default:
      return page(wireBadge({ _id: 'b1', issuerId: owner }), wireBadge({ _id: 'b2', issuerId: owner }));
  }
}

/** A miner of the name asked for, or the key's own, whose one chain is called after the key. */
async function minersOf({ path, headers }: SeenRequest): Promise<FakeAnswer> {
  await wait(random() * 8);
  const body = answerOf('getUser.ok').body as object;
  const key = String(headers.authorization);
  return {
    body: {
      ...body,
      name: path === '/users' ? key.replace('=', '-') : decodeURIComponent(path.slice('/users/'.length)),
      balances: { [key.replace('=', '').toUpperCase()]: 1 },
    },
  };
}

beforeEach(async () => {
  [mypit, pool] = await Promise.all([fakeUpstream(badgesOf), fakeUpstream(minersOf)]);
  app = await createTestApp({
    MYPIT_BASE_URL: mypit.url,
    MYPIT_CLIENT_ID: fields.clientId,
    MYPIT_SECRET_KEY: fields.secretKey,
    MYPIT_USER_ID: fields.userId,
    BITMINTER_BASE_URL: pool.url,
    BITMINTER_API_KEY: 'server-key',
    GATEWAY_KEYS: gatewayKey('mypit:read+mypit:pii+bm:read'),
    OPERATION_TIMEOUT_MS: '10000',
    UPSTREAM_TIMEOUT_MS: '8000',
  });
  closeLater(async () => {
    await app.close();
    await Promise.all([mypit.close(), pool.close()]);
  });
});

/** Every text in an answer that an upstream filled in with the name of an account. */
const ownersIn = (answer: unknown): string[] =>
  [...JSON.stringify(answer).matchAll(/"(?:name|issuerId|chain)":"([^"]+)"/g)].map(([, owner]) => owner ?? '');

describe('accounts of badges that ask for the same ids at once', () => {
  const documents = [
    '{ badgeTemplate(templateId: "t") { name } holder(holderId: "h") { name } }',
    '{ badgeTemplates(first: 2) { nodes { name } } }',
    '{ holders(first: 2) { nodes { name } } }',
    '{ issuedBadges(first: 2) { nodes { issuerId template { name } recipient { name } } } }',
    '{ a: badgeTemplate(templateId: "t") { name } b: badgeTemplate(templateId: "x1") { name } }',
  ];

  it('get three hundred interleaved answers, each its own', async () => {
    const wrong: string[] = [];
    await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        await wait(Math.floor(index / 20) * 10);
        const [owner, headers] = accounts[index % accounts.length] ?? ['', {}];
        const answer = await app.query(documents[Math.floor(random() * documents.length)] ?? '', {}, headers);
        const owners = ownersIn(answer);
        if (answer.errors || owners.length === 0 || owners.some((one) => one !== owner))
          wrong.push(`${owner}: ${JSON.stringify(answer).slice(0, 200)}`);
      }),
    );
    expect(wrong).toEqual([]);
  }, 20_000);

  it.each(['badgeTemplates', 'holders', 'issuedBadges'])("cannot use each other's cursors of %s", async (field) => {
    const text = `query ($after: String) { ${field}(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } }`;
    type Page = Record<string, { pageInfo: { endCursor: string } }>;
    const cursors = await Promise.all(
      accounts.map(async ([, headers]) => (await app.query<Page>(text, {}, headers)).data?.[field]?.pageInfo.endCursor),
    );
    const before = mypit.requests.length;
    for (const [own, [, headers]] of accounts.entries()) {
      for (const [other, after] of cursors.entries())
        if (other !== own)
          expect(codesIn(await app.query(text, { after }, headers)), `${own} with the cursor of ${other}`).toEqual([
            'BAD_USER_INPUT',
          ]);
    }
    expect(mypit.requests.length).toBe(before);
    expect((await app.query(text, { after: cursors[0] }, accounts[0]?.[1])).errors).toBeUndefined();
  });
});

describe('keys of miners that ask for the same names', () => {
  it('get answers of their own, at once and from memory', async () => {
    const wrong: string[] = [];
    for (const round of ['asked for', 'remembered']) {
      await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const [owner, headers] = keys[index % keys.length] ?? ['', {}];
          const answer = await app.query<{
            own: { name: string; balances: { chain: string }[] };
            named: { balances: { chain: string }[] };
          }>(
            '{ own: miner { name balances { chain } } named: miner(name: "rigwright") { balances { chain } } }',
            {},
            headers,
          );
          const chain = owner.replace('=', '').toUpperCase();
          const expected = {
            own: { name: owner.replace('=', '-'), balances: [{ chain }] },
            named: { balances: [{ chain }] },
          };
          if (JSON.stringify(answer) !== JSON.stringify({ data: expected }))
            wrong.push(`${round} ${owner}: ${JSON.stringify(answer).slice(0, 200)}`);
        }),
      );
    }
    expect(wrong).toEqual([]);
    // Each of them was asked for once: the memory was used, and it was each key's own.
    expect(pool.requests.map(({ path, headers }) => `${path} ${String(headers.authorization)}`).toSorted()).toEqual(
      keys.flatMap(([owner]) => [`/users ${owner}`, `/users/rigwright ${owner}`]).toSorted(),
    );
  });
});
