import { describe, expect, it } from 'vitest';
import { badgeCallers as callers, codesOf, startBadgesGraph, type BadgesGraph } from '../support/graph-badges.js';
import { closeAfterEach, closeLater, fakePi } from '../support/graph-payments.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import {
  credential,
  example,
  examples,
  fields,
  json,
  lastPage,
  wireBadge,
  wireHolder,
  wireTemplate,
  type Handler,
} from '../providers/mypit-support.js';

closeAfterEach();

type Wire = Record<string, unknown>;
const T1 = 'k41v9m0q7x2tz8hc5jw3nd6ybgr0fspa';
const H1 = 'j57bq0wz3n8xk1vt6yc4hm9rd2gfspja';
const globalId = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64');
const page =
  (rows: readonly Wire[]): Handler =>
  (body) => {
    const { numItems, cursor } = body['paginationOpts'] as { numItems: number; cursor: string | null };
    const from = Number(cursor ?? 0);
    return json({
      page: rows.slice(from, from + numItems),
      isDone: from + numItems >= rows.length,
      continueCursor: String(from + numItems),
    });
  };

const templateFields =
  'templateId name type description criteria validityPeriodDays imageUrl backgroundColor textColor ' +
  'price isActive ownerId createdAt updatedAt';
const holderFields = 'holderId name email phone did issuerDid memo ownerId externalId';
const badgeFields = 'badgeId templateId recipientId issuerId state status type issuedAt expiresAt data';
const rows = (fields_: string) =>
  `{ edges { cursor node { ${fields_} } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;

describe('every example of a read', () => {
  const queries: Record<string, (body: Wire) => string> = {
    getAllBadgeTemplatesByOwnerId: () => `{ field: badgeTemplates(first: 2) ${rows(templateFields)} }`,
    getASingleBadgeTemplate: (body) =>
      `{ field: badgeTemplate(templateId: "${String(body['templateId'])}") { ${templateFields} } }`,
    getHolderById: (body) => `{ field: holder(holderId: "${String(body['holderId'])}") { ${holderFields} } }`,
    getHolders: () => `{ field: holders(first: 20) ${rows(holderFields)} }`,
    getIssuedBadges: () => `{ field: issuedBadges(first: 20) ${rows(badgeFields)} }`,
  };
  const codes: Record<string, string[]> = {
    'getAllBadgeTemplatesByOwnerId.bad-row': ['field.edges.0.node: UPSTREAM_INVALID_RESPONSE'],
    'getAllBadgeTemplatesByOwnerId.cursor-left-out': ['field: BAD_USER_INPUT'],
    'getASingleBadgeTemplate.another-template': ['field: UPSTREAM_INVALID_RESPONSE'],
    'getASingleBadgeTemplate.no-such-route': ['field: UPSTREAM_INVALID_RESPONSE'],
    'getASingleBadgeTemplate.not-permitted': ['field: UPSTREAM_AUTH_FAILED'],
    'getASingleBadgeTemplate.id-of-another-table': ['field: BAD_USER_INPUT'],
    'getASingleBadgeTemplate.html': ['field: UPSTREAM_INVALID_RESPONSE'],
    'getHolderById.rate-limited': ['field: RATE_LIMITED'],
    'getHolders.credentials-missing': ['field: UPSTREAM_AUTH_FAILED'],
    'getHolders.invalid-cursor': ['field: CURSOR_EXPIRED'],
    'getIssuedBadges.deployment-without-routes': ['field: UPSTREAM_INVALID_RESPONSE'],
  };

  it('reaches the graph as data or as a coded error', async () => {
    for (const { name, request, response } of examples) {
      const operation = name.split('.')[0] ?? '';
      const query = queries[operation];
      if (!query) continue;
      const graph = await startBadgesGraph({
        [operation]: (_body, nth) => ({
          status: response.status,
          headers: response.headers,
          body:
            nth > 0 && /documented|not-the-end/.test(name) ? { page: [], hasMore: false } : (response.body as object),
        }),
      });
      const answer = await graph.query<{ field: unknown }>(query(request.body as Wire));
      expect([name, codesOf(answer)]).toEqual([name, codes[name] ?? []]);
      if (name.endsWith('not-found')) expect(answer.data?.field).toBeNull();
      expect(JSON.stringify(answer.errors ?? [])).not.toMatch(
        /cursor does not belong|validator|For sale|slow down|routes|required field/,
      );
    }
  });

  it('shows every field as promised', async () => {
    const graph = await startBadgesGraph({
      getASingleBadgeTemplate: () => json(wireTemplate({ price: 0.1 })),
      getHolderById: () => json(wireHolder()),
      getIssuedBadges: () => lastPage(wireBadge()),
    });
    const answer = await graph.query(
      `{ t: badgeTemplate(templateId: "${T1}") { id ${templateFields} imagePins { cid } } h: ` +
        `holder(holderId: "${H1}") { id ${holderFields} } b: issuedBadges { nodes { id ${badgeFields} } } }`,
    );
    expect(answer).toEqual({
      data: {
        t: {
          id: globalId('BadgeTemplate', T1),
          templateId: T1,
          name: 'Orchard Keeper',
          type: 'ACHIEVEMENT',
          description: 'Pruned a whole row',
          criteria: 'Two seasons',
          validityPeriodDays: 365,
          imageUrl: 'https://img.hollow-creek.example/orchard.png',
          backgroundColor: '#20402A',
          textColor: '#FFFFFF',
          price: '0.1',
          isActive: true,
          ownerId: fields.userId,
          createdAt: '2025-03-10T08:00:00.123Z',
          updatedAt: '2025-03-11T08:00:00.456Z',
          imagePins: [],
        },
        h: {
          id: globalId('Holder', H1),
          holderId: H1,
          name: 'Ana Brook',
          email: 'ana.brook@example.org',
          phone: '+15550100',
          did: 'did:ethr:0x9a8b7c6d5e4f30211203f4e5d6c7b8a990817263',
          issuerDid: fields.issuerDid,
          memo: 'south field',
          ownerId: fields.userId,
          externalId: 'crew-0017',
        },
        b: {
          nodes: [
            {
              id: globalId('IssuedBadge', 'p63t8hc2jw9nd0ybgr5fspa1v4m7q6xk'),
              badgeId: 'p63t8hc2jw9nd0ybgr5fspa1v4m7q6xk',
              templateId: T1,
              recipientId: H1,
              issuerId: fields.userId,
              state: 'ACTIVE',
              status: 'issued',
              type: 'ACHIEVEMENT',
              issuedAt: '2025-03-04T12:06:51.530Z',
              expiresAt: '2100-01-01T00:00:00.000Z',
              data: { rows: 2 },
            },
          ],
        },
      },
    });
  });
});

describe('listings', () => {
  const world = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      wireBadge({ _id: `b${index}`, templateId: `t${index % 10}`, recipientId: `h${index % 25}` }),
    );
  async function start(count: number): Promise<BadgesGraph> {
    return startBadgesGraph({
      getIssuedBadges: page(world(count)),
      getAllBadgeTemplatesByOwnerId: page(Array.from({ length: 10 }, (_, index) => wireTemplate({ _id: `t${index}` }))),
      getHolders: page(Array.from({ length: 25 }, (_, index) => wireHolder({ _id: `h${index}` }))),
    });
  }

  it('cost at most four calls with fifty templates and recipients', async () => {
    const graph = await start(60);
    const answer = await graph.query<{
      issuedBadges: {
        nodes: {
          template: { templateId: string };
          templateId: string;
          recipient: { holderId: string };
          recipientId: string;
        }[];
        pageInfo: { hasNextPage: boolean };
      };
    }>(
      '{ issuedBadges(first: 50) { nodes { templateId recipientId template { templateId } recipient { ' +
        'holderId name } } pageInfo { hasNextPage } } }',
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data?.issuedBadges.nodes).toHaveLength(50);
    for (const node of answer.data?.issuedBadges.nodes ?? [])
      expect([node.template.templateId, node.recipient.holderId]).toEqual([node.templateId, node.recipientId]);
    expect(answer.data?.issuedBadges.pageInfo.hasNextPage).toBe(true);
    expect(graph.seen().length).toBeLessThanOrEqual(4);
  });

  it("are paged forward with cursors that are nobody else's", async () => {
    const graph = await start(7);
    interface Page {
      badges: {
        edges: { cursor: string; node: { badgeId: string } }[];
        pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
      };
    }
    const query =
      'query ($after: String) { badges: issuedBadges(first: 3, after: $after) { edges { cursor node { ' +
      'badgeId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }';
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { data } = (await graph.query<Page>(query, { after })) as { data: Page };
      const { edges, pageInfo } = data.badges;
      expect([pageInfo.startCursor, pageInfo.endCursor, pageInfo.hasPreviousPage]).toEqual([
        edges[0]?.cursor,
        edges.at(-1)?.cursor,
        after !== null,
      ]);
      seen.push(...edges.map(({ node }) => node.badgeId));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual(['b0', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6']);

    const first = await graph.query<Page>(query, { after: null });
    const middle = first.data?.badges.edges[0]?.cursor ?? '';
    const behind = await graph.query<Page>(query, { after: middle });
    expect(behind.data?.badges.edges.map(({ node }) => node.badgeId)).toEqual(['b1', 'b2', 'b3']);
    for (const [text, headers] of [
      ['{ field: holders(after: $after) { nodes { name } } }', callers.all],
      ['{ field: issuedBadges(after: $after) { nodes { state } } }', callers.pair],
    ] as const) {
      const before = graph.seen().length;
      expect(codesOf(await graph.query(`query ($after: String) ${text}`, { after: middle }, headers))).toEqual([
        'field: BAD_USER_INPUT',
      ]);
      expect(graph.seen()).toHaveLength(before);
    }
  });

  it('refuse sizes that are none, and answer 0 with nothing', async () => {
    const graph = await start(2);
    for (const first of [-1, 101])
      expect(codesOf(await graph.query(`{ field: holders(first: ${first}) { nodes { name } } }`))).toEqual([
        'field: BAD_USER_INPUT',
      ]);
    expect(
      await graph.query('{ issuedBadges(first: 0) { nodes { state } pageInfo { hasNextPage endCursor } } }'),
    ).toEqual({ data: { issuedBadges: { nodes: [], pageInfo: { hasNextPage: true, endCursor: null } } } });
  });

  it('keep the place of a row that cannot be read', async () => {
    const graph = await startBadgesGraph({
      getHolders: () => lastPage(wireHolder(), { name: 'nobody' }, wireHolder({ _id: 'h3' })),
    });
    const answer = await graph.query<{ holders: { edges: { node: unknown }[]; nodes: unknown[] } }>(
      '{ holders { edges { node { holderId } } nodes { holderId } } }',
    );
    expect(answer.data?.holders).toEqual({
      edges: [{ node: { holderId: H1 } }, { node: null }, { node: { holderId: 'h3' } }],
      nodes: [{ holderId: H1 }, null, { holderId: 'h3' }],
    });
    expect(codesOf(answer)).toEqual([
      'holders.edges.1.node: UPSTREAM_INVALID_RESPONSE',
      'holders.nodes.1: UPSTREAM_INVALID_RESPONSE',
    ]);
  });
});

describe('nodes', () => {
  it('are read as their fields are, and share the calls', async () => {
    const graph = await startBadgesGraph({
      getASingleBadgeTemplate: () => json(wireTemplate()),
      getHolderById: () => json({ error: 'none' }, 404),
      getIssuedBadges: () => lastPage(wireBadge({ _id: 'b1' })),
    });
    const ids = [
      globalId('BadgeTemplate', T1),
      globalId('Holder', H1),
      globalId('IssuedBadge', 'b1'),
      globalId('IssuedBadge', 'b2'),
    ];
    const answer = await graph.query<{ nodes: unknown[] }>(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } badgeTemplate(templateId: "${T1}") { name } }`,
      { ids },
    );
    expect(answer).toMatchObject({
      data: {
        nodes: [{ __typename: 'BadgeTemplate', id: ids[0] }, null, { __typename: 'IssuedBadge', id: ids[2] }, null],
        badgeTemplate: { name: 'Orchard Keeper' },
      },
    });
    expect(graph.seen().toSorted()).toEqual(['getASingleBadgeTemplate', 'getHolderById', 'getIssuedBadges']);
  });

  it('of badges are unknown beyond two thousand', async () => {
    const graph = await startBadgesGraph({
      getIssuedBadges: (_body, nth) =>
        json({ page: [wireBadge({ _id: `b${nth}` })], isDone: false, continueCursor: `c${nth}` }),
    });
    expect(codesOf(await graph.query(`{ node(id: "${globalId('IssuedBadge', 'gone')}") { id } }`))).toEqual([
      'node: LOOKUP_LIMIT',
    ]);
    expect(graph.seen()).toHaveLength(20);
  });
});

describe('rights', () => {
  const asks: Record<string, [string, 'read' | 'write' | 'delete' | 'issue']> = {
    badgeTemplate: [`{ field: badgeTemplate(templateId: "${T1}") { name } }`, 'read'],
    badgeTemplates: ['{ field: badgeTemplates { nodes { name } } }', 'read'],
    holder: [`{ field: holder(holderId: "${H1}") { name } }`, 'read'],
    holders: ['{ field: holders { nodes { name } } }', 'read'],
    issuedBadges: ['{ field: issuedBadges { nodes { state } } }', 'read'],
    node: [`{ field: node(id: "${globalId('Holder', H1)}") { id } }`, 'read'],
    createBadgeTemplate: [
      'mutation { field: createBadgeTemplate(input: { name: "n", type: FINANCE, imageUrl: "https://a.example" }) { __typename } }',
      'write',
    ],
    updateBadgeTemplate: [
      `mutation { field: updateBadgeTemplate(input: { templateId: "${T1}" }) { __typename } }`,
      'write',
    ],
    updateHolder: [`mutation { field: updateHolder(input: { holderId: "${H1}" }) { __typename } }`, 'write'],
    deleteBadgeTemplate: [
      `mutation { field: deleteBadgeTemplate(input: { templateId: "${T1}" }) { __typename } }`,
      'delete',
    ],
    deleteHolder: [`mutation { field: deleteHolder(input: { holderId: "${H1}" }) { __typename } }`, 'delete'],
    issueBadge: [
      'mutation { field: issueBadge(input: { templateId: "t", recipientIds: ["h"], idempotencyKey: "k" }) { __typename } }',
      'issue',
    ],
  };
  const world: Record<string, Handler> = {
    getASingleBadgeTemplate: (body) => json(wireTemplate({ _id: body['templateId'] })),
    getHolderById: (body) => json(wireHolder({ _id: body['holderId'] })),
    getAllBadgeTemplatesByOwnerId: () => lastPage(),
    getHolders: () => lastPage(),
    getIssuedBadges: () => lastPage(),
    createBadgeTemplate: () => json({ _id: 'new' }),
    deleteBadgeTemplate: () => json({ _id: T1 }),
    deleteHolder: () => json({ success: true }),
    issueBadge: () => json({ issuedBadges: ['b'], status: 'success' }),
  };
  const everything = { read: null, write: null, delete: null, issue: null };
  const nothing = (code: string) => ({ read: code, write: code, delete: code, issue: code });
  const matrix = {
    nobody: [callers.anonymous, nothing('UNAUTHENTICATED')],
    'half a pair': [callers.half, nothing('UNAUTHENTICATED')],
    'an operator with half a pair': [{ ...callers.all, ...callers.half }, nothing('UNAUTHENTICATED')],
    'an operator with other rights': [callers.other, nothing('FORBIDDEN')],
    'a Pi user': [callers.ann, nothing('FORBIDDEN')],
    'a reader': [callers.reader, { ...nothing('FORBIDDEN'), read: null }],
    'a writer': [callers.writer, { read: 'FORBIDDEN', write: null, delete: 'FORBIDDEN', issue: null }],
    'an operator with all': [callers.all, everything],
    'a pair': [callers.pair, everything],
    'an operator without, with a pair': [{ ...callers.other, ...callers.pair }, everything],
  } as const;

  it.each(Object.entries(matrix))('%s', async (_name, [headers, expected]) => {
    const graph = await startBadgesGraph(world);
    for (const [name, [text, right]] of Object.entries(asks)) {
      const before = graph.seen().length;
      const answer = await graph.query(text, {}, headers);
      const code = expected[right];
      expect([name, codesOf(answer)]).toEqual([name, code === null ? [] : [`field: ${code}`]]);
      if (code !== null) expect(graph.seen()).toHaveLength(before);
    }
  });

  it('are said as switched off where the server has no credential', async () => {
    const graph = await startBadgesGraph(world, { MYPIT_CLIENT_ID: '', MYPIT_SECRET_KEY: '', MYPIT_USER_ID: '' });
    for (const [headers, code] of [
      [callers.all, 'PROVIDER_DISABLED'],
      [callers.other, 'FORBIDDEN'],
      [callers.anonymous, 'UNAUTHENTICATED'],
    ] as const) {
      expect(codesOf(await graph.query('{ field: holders { nodes { name } } }', {}, headers))).toEqual([
        `field: ${code}`,
      ]);
    }
    expect(codesOf(await graph.query('{ field: holders { nodes { name } } }', {}, callers.pair))).toEqual([]);
    expect(graph.upstream.requests[0]?.headers).toMatchObject({ clientid: 'their-client', secretkey: 'their-secret' });
    expect(graph.bodies('getHolders')[0]).toMatchObject({ userId: 'their-user' });
  });

  it("to contact data are a field's own", async () => {
    const graph = await startBadgesGraph(world);
    const query = `{ holder(holderId: "${H1}") { name email phone did issuerDid } }`;
    const denied = await graph.query<{ holder: Wire }>(query, {}, callers.reader);
    expect(denied.data?.holder).toEqual({
      name: 'Ana Brook',
      email: null,
      phone: null,
      did: null,
      issuerDid: fields.issuerDid,
    });
    expect(codesOf(denied)).toEqual(['holder.email: FORBIDDEN', 'holder.phone: FORBIDDEN', 'holder.did: FORBIDDEN']);
    for (const headers of [callers.all, callers.pair])
      expect(codesOf(await graph.query(query, {}, headers))).toEqual([]);
  });

  it('of a refused credential tell whose it was', async () => {
    const graph = await startBadgesGraph({
      getHolders: () => json({ error: 'clientId or secretKey is not valid', status: 401 }, 401),
    });
    for (const [headers, code] of [
      [callers.all, 'UPSTREAM_AUTH_FAILED'],
      [callers.pair, 'UNAUTHENTICATED'],
    ] as const) {
      expect(codesOf(await graph.query('{ field: holders { nodes { name } } }', {}, headers))).toEqual([
        `field: ${code}`,
      ]);
    }
  });
});

describe("the signed-in user's holder", () => {
  const query = '{ me { uid holder { holderId name email phone did externalId } } }';
  const start = async (answer: Handler, settings = {}) => {
    const pi = await fakePi();
    closeLater(() => pi.close());
    return startBadgesGraph({ getHolderById: answer }, { PI_BASE_URL: pi.url, ...settings });
  };

  it('is theirs, with e-mail address and phone number, asked for with the verified uid', async () => {
    const graph = await start(() => json(wireHolder({ holderId: 'uid-of-ann' })));
    const answer = await graph.query<{ me: { holder: Wire } }>(query, {}, callers.ann);
    expect(answer.data?.me.holder).toMatchObject({
      holderId: H1,
      email: 'ana.brook@example.org',
      phone: '+15550100',
      did: null,
      externalId: 'uid-of-ann',
    });
    expect(codesOf(answer)).toEqual(['me.holder.did: FORBIDDEN']);
    expect(graph.bodies('getHolderById')).toEqual([{ userId: fields.userId, holderId: 'uid-of-ann' }]);
  });

  it("is null when it is another's, or there is none", async () => {
    for (const answer of [
      () => json(wireHolder({ holderId: 'uid-of-ben' })),
      () => json({ error: 'none' }, 404),
      () => json({ error: 'not an id' }, 400),
    ]) {
      expect(await (await start(answer)).query(query, {}, callers.ann)).toEqual({
        data: { me: { uid: 'uid-of-ann', holder: null } },
      });
    }
  });

  it('fails alone', async () => {
    const down = await (await start(() => json('', 503))).query(query, {}, callers.ann);
    expect([down.data, codesOf(down)]).toEqual([
      { me: { uid: 'uid-of-ann', holder: null } },
      ['me.holder: UPSTREAM_UNAVAILABLE'],
    ]);
    const off = await (
      await start(() => json({}), { MYPIT_CLIENT_ID: '', MYPIT_SECRET_KEY: '' })
    ).query(query, {}, callers.ann);
    expect([off.data, codesOf(off)]).toEqual([
      { me: { uid: 'uid-of-ann', holder: null } },
      ['me.holder: PROVIDER_DISABLED'],
    ]);
  });
});

describe("the pins of a template's image", () => {
  const cid = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';
  const images = [
    `ipfs://${cid}/a.png`,
    `https://gateway.example/ipfs/${cid}?x=1`,
    `https://${cid}.ipfs.dweb.example/a`,
    'https://img.example/ipfs/none.png',
    null,
  ];
  const query = '{ badgeTemplates { nodes { imagePins { cid } } } }';
  const pin = {
    requestid: 'p1',
    status: 'pinned',
    created: '2025-11-20T09:14:07.512Z',
    pin: { cid },
    delegates: ['/ip4/203.0.113.40/tcp/4001/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC'],
  };

  it('are asked for in one call, and need their own right', async () => {
    const pinning = await fakeUpstream(() => ({ body: { count: 1, results: [pin] } }));
    closeLater(() => pinning.close());
    const graph = await startBadgesGraph(
      {
        getAllBadgeTemplatesByOwnerId: () =>
          lastPage(...images.map((imageUrl, index) => wireTemplate({ _id: `t${index}`, imageUrl }))),
      },
      { PINNING_SERVICES: 'acme', PINNING_ACME_URL: pinning.url, PINNING_ACME_TOKEN: 'token' },
    );
    const pins = [{ cid }];
    expect(await graph.query(query)).toEqual({
      data: { badgeTemplates: { nodes: [pins, pins, pins, [], []].map((imagePins) => ({ imagePins })) } },
    });
    expect(pinning.requests).toHaveLength(1);
    const denied = await graph.query<{ badgeTemplates: { nodes: Wire[] } }>(query, {}, callers.reader);
    expect(denied.data?.badgeTemplates.nodes.map(({ imagePins }) => imagePins)).toEqual([null, null, null, [], []]);
    expect(codesOf(denied)).toEqual([0, 1, 2].map((index) => `badgeTemplates.nodes.${index}.imagePins: FORBIDDEN`));
  });
});

describe('the provider', () => {
  it('is pinged with hello', async () => {
    const graph = await startBadgesGraph({ hello: () => json(example('hello.ok').response.body) });
    const answer = await graph.query<{ providers: { name: string; enabled: boolean; reachable: boolean | null }[] }>(
      '{ providers { name enabled reachable } }',
    );
    expect(answer.data?.providers.find(({ name }) => name === 'mypit')).toEqual({
      name: 'mypit',
      enabled: true,
      reachable: true,
    });
    expect(graph.seen()).toEqual(['hello']);
    expect(credential.fields.clientId).toBe(graph.upstream.requests[0]?.headers['clientid']);
  });
});
