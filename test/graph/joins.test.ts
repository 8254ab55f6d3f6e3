import { describe, expect, it } from 'vitest';
import { cidOf } from '../../src/sandbox/names.js';
import { fields, json, wireBadge, wireHolder, wireTemplate } from '../providers/mypit-support.js';
import { wirePayment } from '../providers/pi-support.js';
import type { FakeAnswer, SeenRequest } from '../support/fake-upstream.js';
import { ANN, BEN, closeAfterEach } from '../support/graph-payments.js';
import { wirePin } from '../support/graph-pins.js';
import { codesOf, everybody, startWholeGraph, type WholeGraph } from '../support/all-upstreams.js';

closeAfterEach();

type Wire = Record<string, unknown>;
interface Badges {
  issuedBadges: {
    nodes: {
      templateId: string;
      recipientId: string;
      template: { templateId: string } | null;
      recipient: { holderId: string } | null;
    }[];
  };
}
const badgesQuery =
  '{ issuedBadges(first: 50) { nodes { templateId recipientId template { templateId name } recipient { holderId name email } } } }';

/** Templates `t0…`, holders `h0…` and fifty badges of ten and twenty-five of them, `every` rows of the lists apart. */
function mypitWorld(every: number, from = 0, changes: Readonly<Record<string, (id: string) => FakeAnswer>> = {}) {
  const rows = {
    '/getAllBadgeTemplatesByOwnerId': Array.from({ length: from + 10 * every }, (_, index) =>
      wireTemplate({ _id: `t${index}` }),
    ),
    '/getHolders': Array.from({ length: from + 25 * every }, (_, index) => wireHolder({ _id: `h${index}` })),
    '/getIssuedBadges': Array.from({ length: 50 }, (_, index) =>
      wireBadge({
        _id: `b${index}`,
        templateId: `t${from + (index % 10) * every}`,
        recipientId: `h${from + (index % 25) * every}`,
      }),
    ),
  };
  return ({ path, body }: SeenRequest): FakeAnswer => {
    const asked = JSON.parse(body) as {
      templateId?: string;
      holderId?: string;
      paginationOpts?: { numItems: number; cursor: string | null };
    };
    const id = asked.templateId ?? asked.holderId ?? '';
    const own = changes[path]?.(id);
    if (own) return own;
    if (path === '/getASingleBadgeTemplate') return json(wireTemplate({ _id: id }));
    if (path === '/getHolderById') return json(wireHolder({ _id: id }));
    const list: readonly Wire[] = rows[path as keyof typeof rows];
    const { numItems = 0, cursor = null } = asked.paginationOpts ?? {};
    const start = Number(cursor ?? 0);
    return json({
      page: list.slice(start, start + numItems),
      isDone: start + numItems >= list.length,
      continueCursor: String(start + numItems),
    });
  };
}

async function withBadges(...world: Parameters<typeof mypitWorld>): Promise<WholeGraph> {
  const graph = await startWholeGraph();
  graph.answer('mypit', mypitWorld(...world));
  return graph;
}

async function ask(graph: WholeGraph): Promise<number> {
  graph.reset();
  const answer = await graph.query<Badges>(badgesQuery);
  expect(answer.errors).toBeUndefined();
  const nodes = answer.data?.issuedBadges.nodes ?? [];
  expect(nodes).toHaveLength(50);
  for (const { templateId, recipientId, template, recipient } of nodes)
    expect([template?.templateId, recipient?.holderId]).toEqual([templateId, recipientId]);
  return graph.calls().mypit;
}

describe('fifty badges with their templates and holders', () => {
  it('cost at most four calls when both lists fit a page', async () => {
    const graph = await withBadges(1);
    expect(await ask(graph)).toBeLessThanOrEqual(4);
    expect(await ask(graph)).toBeLessThanOrEqual(4);
  });

  it.each([
    ['spread over long lists', 20, 0],
    ['in the second hundred', 1, 120],
    ['spread thinly', 60, 0],
  ] as const)('never cost more than a read for each: %s', async (_where, every, from) => {
    const graph = await withBadges(every, from);
    // Whether reading a list pays is found out once, at the price of one page of each.
    expect(await ask(graph)).toBeLessThanOrEqual(1 + 10 + 25 + (from > 0 ? 2 : 0));
    expect(await ask(graph)).toBeLessThanOrEqual(1 + 10 + 25);
  });

  it('lose what is gone, and say so of what cannot be read, there alone', async () => {
    const graph = await startWholeGraph();
    const rows = [
      wireBadge({ _id: 'b0', templateId: 't0', recipientId: 'gone' }),
      wireBadge({ _id: 'b1', templateId: 'gone', recipientId: 'h1' }),
      wireBadge({ _id: 'b2', templateId: 'down', recipientId: 'odd' }),
    ];
    const special = (id: string): FakeAnswer | undefined =>
      id === 'gone'
        ? json({ error: 'none' }, 404)
        : id === 'down'
          ? { status: 503, body: '' }
          : id === 'odd'
            ? json(wireHolder({ _id: 'somebody-else' }))
            : undefined;
    graph.answer('mypit', (request) => {
      const { templateId, holderId } = JSON.parse(request.body) as { templateId?: string; holderId?: string };
      if (request.path === '/getIssuedBadges') return json({ page: rows, hasMore: false });
      return special(templateId ?? holderId ?? '') ?? mypitWorld(1)(request);
    });
    const answer = await graph.query<Badges>(
      '{ issuedBadges(first: 3) { nodes { badgeId template { templateId } recipient { holderId } } } }',
    );
    expect(answer.data).toEqual({
      issuedBadges: {
        nodes: [
          { badgeId: 'b0', template: { templateId: 't0' }, recipient: null },
          { badgeId: 'b1', template: null, recipient: { holderId: 'h1' } },
          { badgeId: 'b2', template: null, recipient: null },
        ],
      },
    });
    expect(codesOf(answer)).toEqual([
      'issuedBadges.nodes.2.recipient: UPSTREAM_INVALID_RESPONSE',
      'issuedBadges.nodes.2.template: UPSTREAM_UNAVAILABLE',
    ]);
  });
});

describe("the pins of ten templates' images", () => {
  const pinsOf = ({ query }: SeenRequest): FakeAnswer => {
    const results = (query.get('cid')?.split(',') ?? []).map((cid, index) =>
      wirePin(`${cid.slice(-8)}-${index}`, { pin: { cid } }),
    );
    return { body: { count: results.length, results } };
  };
  it.each([
    ['raw', 1],
    ['v0', 2],
    ['v1', 2],
  ] as const)('of %s contents are read in %i', async (codec, calls) => {
    const graph = await startWholeGraph();
    const contents = Array.from({ length: 10 }, (_, index) => cidOf(`image ${index}`, codec));
    graph.answer('mypit', () =>
      json({
        page: contents.map((cid, index) =>
          wireTemplate({
            _id: `t${index}`,
            imageUrl: index % 2 ? `ipfs://${cid}` : `https://gateway.example/ipfs/${cid}/a.png`,
          }),
        ),
        hasMore: false,
      }),
    );
    graph.answer('pinning:acme', pinsOf);
    const answer = await graph.query<{ badgeTemplates: { nodes: { imagePins: { cid: string }[] }[] } }>(
      '{ badgeTemplates(first: 10) { nodes { imagePins { cid } } } }',
    );
    expect(answer.errors).toBeUndefined();
    for (const [index, { imagePins }] of (answer.data?.badgeTemplates.nodes ?? []).entries())
      expect(imagePins.map(({ cid }) => cid)).toContain(contents[index]);
    expect(graph.calls()).toMatchObject({ mypit: 1, 'pinning:acme': calls });
  });

  it('are missing there alone when the service is dead', async () => {
    const graph = await startWholeGraph();
    const cid = cidOf('image', 'raw');
    graph.answer('mypit', () =>
      json({
        page: [
          wireTemplate({ _id: 't0', imageUrl: `ipfs://${cid}` }),
          wireTemplate({ _id: 't1', imageUrl: 'https://img.example/a.png' }),
        ],
        hasMore: false,
      }),
    );
    await graph.die('pinning:acme', '500');
    const answer = await graph.query('{ badgeTemplates(first: 2) { nodes { name imagePins { cid } } } }');
    expect(answer.data).toEqual({
      badgeTemplates: {
        nodes: [
          { name: 'Orchard Keeper', imagePins: null },
          { name: 'Orchard Keeper', imagePins: [] },
        ],
      },
    });
    expect(codesOf(answer)).toEqual(['badgeTemplates.nodes.0.imagePins: UPSTREAM_UNAVAILABLE']);
  });
});

describe('the user of a payment', () => {
  const query = '{ payment(paymentId: "p1") { userUid user { uid username } } }';
  it('is shown to the user, and is null for all others', async () => {
    const graph = await startWholeGraph();
    expect((await graph.query(query, {}, { authorization: 'Bearer ann-token' })).data).toEqual({
      payment: { userUid: ANN, user: { uid: ANN, username: `name-${ANN}` } },
    });
    expect(graph.calls()).toMatchObject({ pi: 2, mypit: 0 });
    expect(await graph.query(query)).toEqual({ data: { payment: { userUid: ANN, user: null } } });
    graph.answer('pi', ({ path }) =>
      path === '/v2/me'
        ? {
            body: {
              uid: ANN,
              credentials: { scopes: [], valid_until: { timestamp: 4070908799, iso8601: '2098-12-31T23:59:59Z' } },
            },
          }
        : { body: wirePayment({ identifier: 'p1', user_uid: BEN }) },
    );
    expect(await graph.query(query, {}, everybody)).toEqual({ data: { payment: { userUid: BEN, user: null } } });
    expect(await graph.query(query, {}, { authorization: 'Bearer ann-token' })).toEqual({ data: { payment: null } });
  });

  it("leads to the user's holder, in three calls for two providers", async () => {
    const graph = await startWholeGraph();
    const answer = await graph.query(
      '{ payment(paymentId: "p1") { user { holder { externalId email phone } } } me { holder { holderId } } }',
      {},
      { authorization: 'Bearer ann-token' },
    );
    expect(answer).toEqual({
      data: {
        payment: { user: { holder: { externalId: ANN, email: 'ana.brook@example.org', phone: '+15550100' } } },
        me: { holder: { holderId: expect.any(String) } },
      },
    });
    expect(graph.calls()).toEqual({ pi: 2, mypit: 1, 'pinning:acme': 0, bitminter: 0, ledger: 0 });
  });

  it('cannot be told while Pi cannot say who asks, and the payment is shown all the same', async () => {
    const graph = await startWholeGraph();
    graph.answer('pi', ({ path }) =>
      path === '/v2/me' ? { status: 503, body: '' } : { body: wirePayment({ identifier: 'p1', user_uid: ANN }) },
    );
    const answer = await graph.query(query, {}, everybody);
    expect(answer.data).toEqual({ payment: { userUid: ANN, user: null } });
    expect(codesOf(answer)).toEqual(['payment.user: AUTH_PROVIDER_UNAVAILABLE']);
  });
});

describe('the holder of a user', () => {
  const query = '{ me { uid holder { holderId email phone did externalId } } }';
  const ann = { authorization: 'Bearer ann-token' };
  it('follows the rules of who sees what', async () => {
    const graph = await startWholeGraph();
    const own = await graph.query<{ me: { holder: Wire } }>(query, {}, ann);
    expect(own.data?.me.holder).toMatchObject({
      email: 'ana.brook@example.org',
      phone: '+15550100',
      did: null,
      externalId: ANN,
    });
    expect(codesOf(own)).toEqual(['me.holder.did: FORBIDDEN']);
    expect(JSON.parse(graph.upstreams.mypit.requests[0]?.body ?? '')).toEqual({ userId: fields.userId, holderId: ANN });
    expect(codesOf(await graph.query(query, {}, everybody))).toEqual([]);
    graph.answer('mypit', () => json(wireHolder({ holderId: BEN })));
    expect(await graph.query(query, {}, ann)).toEqual({ data: { me: { uid: ANN, holder: null } } });
    graph.answer('mypit', () => ({ status: 500, body: '' }));
    const down = await graph.query(query, {}, ann);
    expect([down.data, codesOf(down)]).toEqual([
      { me: { uid: ANN, holder: null } },
      ['me.holder: UPSTREAM_UNAVAILABLE'],
    ]);
  });

  it('of somebody else cannot be reached from a token', async () => {
    const graph = await startWholeGraph();
    const id = Buffer.from('Holder:h1').toString('base64');
    expect(
      codesOf(
        await graph.query('query ($id: ID!) { holder(holderId: "h1") { name } node(id: $id) { id } }', { id }, ann),
      ),
    ).toEqual(['holder: FORBIDDEN', 'node: FORBIDDEN']);
    expect(graph.calls().mypit).toBe(0);
  });

  it('is off where the server has no credential for badges', async () => {
    const graph = await startWholeGraph({ MYPIT_CLIENT_ID: '', MYPIT_SECRET_KEY: '', MYPIT_USER_ID: '' });
    const answer = await graph.query(query, {}, ann);
    expect([answer.data, codesOf(answer)]).toEqual([
      { me: { uid: ANN, holder: null } },
      ['me.holder: PROVIDER_DISABLED'],
    ]);
  });
});
