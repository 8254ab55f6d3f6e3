import { describe, expect, it } from 'vitest';
import { json, wireBadge } from '../providers/mypit-support.js';
import { answerOf } from '../support/bitminter-harness.js';
import { gatewayKey, type GraphAnswer } from '../support/create-test-app.js';
import type { FakeAnswer, SeenRequest } from '../support/fake-upstream.js';
import { ANN, BEN, closeAfterEach, PI_SCOPES } from '../support/graph-payments.js';
import {
  byUpstream,
  codesOf,
  everybody,
  globalId,
  startWholeGraph,
  upstreamNames,
  type UpstreamName,
} from '../support/all-upstreams.js';

closeAfterEach();

/** Every type that can be fetched again: its field, its id, and what one fetch costs. */
const types = {
  User: { field: 'me', own: 'uid', local: ANN, upstream: 'pi' },
  Payment: { field: 'payment(paymentId: "p1")', own: 'paymentId', local: 'p1', upstream: 'pi' },
  RewardedAd: { field: 'rewardedAd(adId: "ad1")', own: 'adId', local: 'ad1', upstream: 'pi' },
  BadgeTemplate: { field: 'badgeTemplate(templateId: "t1")', own: 'templateId', local: 't1', upstream: 'mypit' },
  Holder: { field: 'holder(holderId: "h1")', own: 'holderId', local: 'h1', upstream: 'mypit' },
  IssuedBadge: { field: undefined, own: 'badgeId', local: 'b1', upstream: 'mypit' },
  Pin: { field: 'pin(requestId: "r1")', own: 'requestId', local: 'acme:r1', upstream: 'pinning:acme' },
  PoolBlock: { field: undefined, own: 'blockId', local: '90416', upstream: 'bitminter' },
} as const satisfies Record<string, { field: string | undefined; own: string; local: string; upstream: UpstreamName }>;
type TypeName = keyof typeof types;
const names = Object.keys(types) as TypeName[];
const idOf = (name: TypeName) => globalId(name, types[name].local);
const byNode = 'query ($id: ID!) { node(id: $id) { __typename id } }';
const byNodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
type Nodes = { nodes: ({ __typename: string; id: string } | null)[] };

describe('each type', () => {
  it.each(names)('%s is found by its global id, through the call that its own field makes', async (name) => {
    const { field, own, upstream } = types[name];
    const graph = await startWholeGraph();
    const read = `{ __typename id ... on ${name} { ${own} } }`;
    const answer = await graph.query<Record<string, { __typename: string; id: string } | null>>(
      `query ($id: ID!, $ids: [ID!]!) { node(id: $id) ${read} again: node(id: $id) ${read} nodes(ids: ` +
        `$ids) ${read} ${field === undefined ? '' : `field: ${field} ${read}`} }`,
      { id: idOf(name), ids: [idOf(name), idOf(name)] },
      everybody,
    );
    expect(answer.errors).toBeUndefined();
    const object = answer.data?.['node'];
    expect(object).toMatchObject({ __typename: name, id: idOf(name) });
    expect(answer.data).toEqual({
      node: object,
      again: object,
      nodes: [object, object],
      ...(field === undefined ? {} : { field: object }),
    });
    expect(graph.calls()).toEqual({ ...Object.fromEntries(upstreamNames.map((each) => [each, 0])), [upstream]: 1 });
  });

  const refusals = {
    nobody: [
      {},
      {
        User: 'UNAUTHENTICATED',
        Payment: 'UNAUTHENTICATED',
        RewardedAd: 'UNAUTHENTICATED',
        BadgeTemplate: 'UNAUTHENTICATED',
        Holder: 'UNAUTHENTICATED',
        IssuedBadge: 'UNAUTHENTICATED',
        Pin: 'UNAUTHENTICATED',
        PoolBlock: null,
      },
    ],
    'a Pi user': [
      { authorization: 'Bearer ann-token' },
      {
        User: null,
        Payment: null,
        RewardedAd: 'FORBIDDEN',
        BadgeTemplate: 'FORBIDDEN',
        Holder: 'FORBIDDEN',
        IssuedBadge: 'FORBIDDEN',
        Pin: 'FORBIDDEN',
        PoolBlock: null,
      },
    ],
    'an operator': [
      { 'x-gateway-key': 'test-operator-key' },
      {
        User: 'FORBIDDEN',
        Payment: null,
        RewardedAd: null,
        BadgeTemplate: null,
        Holder: null,
        IssuedBadge: null,
        Pin: null,
        PoolBlock: null,
      },
    ],
    'an operator without rights': [
      { 'x-gateway-key': 'other-key' },
      {
        User: 'FORBIDDEN',
        Payment: 'FORBIDDEN',
        RewardedAd: 'FORBIDDEN',
        BadgeTemplate: 'FORBIDDEN',
        Holder: 'FORBIDDEN',
        IssuedBadge: 'FORBIDDEN',
        Pin: 'FORBIDDEN',
        PoolBlock: null,
      },
    ],
    'who brings a pinning token': [
      { 'x-pinning-token': 'theirs' },
      {
        User: 'UNAUTHENTICATED',
        Payment: 'UNAUTHENTICATED',
        RewardedAd: 'UNAUTHENTICATED',
        BadgeTemplate: 'UNAUTHENTICATED',
        Holder: 'UNAUTHENTICATED',
        IssuedBadge: 'UNAUTHENTICATED',
        Pin: null,
        PoolBlock: null,
      },
    ],
    'who brings a MyPit pair': [
      { 'x-mypit-client-id': 'c', 'x-mypit-secret-key': 's', 'x-mypit-user-id': 'u' },
      {
        User: 'UNAUTHENTICATED',
        Payment: 'UNAUTHENTICATED',
        RewardedAd: 'UNAUTHENTICATED',
        BadgeTemplate: null,
        Holder: null,
        IssuedBadge: null,
        Pin: 'UNAUTHENTICATED',
        PoolBlock: null,
      },
    ],
  } as const satisfies Record<string, readonly [object, Record<TypeName, string | null>]>;

  it.each(Object.entries(refusals))('asks %s for the right of its own field', async (_who, [headers, codes]) => {
    const graph = await startWholeGraph({
      GATEWAY_KEYS: [
        gatewayKey(`${PI_SCOPES}+mypit:read+pin:read+bm:read`),
        gatewayKey('schema:read', 'other-key', 'other'),
      ].join(','),
    });
    const seen: Record<string, string | null> = {};
    for (const name of names) {
      graph.reset();
      const answer = await graph.query(byNode, { id: idOf(name) }, headers);
      const code = codesOf(answer)[0]?.replace('node: ', '') ?? null;
      seen[name] = code;
      if (code !== null)
        expect([name, Object.values(graph.calls()).reduce((sum, calls) => sum + calls, 0)]).toEqual([name, 0]);
      else expect(answer.data).toEqual({ node: { __typename: name, id: idOf(name) } });
    }
    expect(seen).toEqual(codes);
  });

  it("is null when it is not there, is not the caller's, or the id is none", async () => {
    const graph = await startWholeGraph();
    const ann = { authorization: 'Bearer ann-token' };
    const absent: Record<UpstreamName, (request: SeenRequest) => FakeAnswer> = {
      pi: () => json({ error: 'payment_not_found' }, 404),
      mypit: ({ path }) =>
        path === '/getIssuedBadges' ? json({ page: [], hasMore: false }) : json({ error: 'none' }, 404),
      'pinning:acme': () => json({ error: { reason: 'NOT_FOUND' } }, 404),
      bitminter: () => ({ body: [] }),
      // No node is of the ledger.
      ledger: () => json({}, 404),
    };
    for (const name of upstreamNames) graph.answer(name, absent[name]);
    const ids = names.filter((name) => name !== 'User').map(idOf);
    expect(await graph.query(byNodes, { ids })).toEqual({ data: { nodes: ids.map(() => null) } });
    const other = await startWholeGraph();
    expect(
      await other.query(
        byNodes,
        {
          ids: [
            globalId('User', BEN),
            'nonsense',
            '',
            globalId('Nothing', 'x'),
            globalId('Query', 'x'),
            globalId('__proto__', 'x'),
          ],
        },
        ann,
      ),
    ).toEqual({ data: { nodes: [null, null, null, null, null, null] } });
  });

  it.each(names)('%s with an id that cannot be one is refused, and never sent', async (name) => {
    const graph = await startWholeGraph();
    for (const bad of ['..', '.', '', ...(name === 'Payment' ? ['incomplete_server_payments', 'a/b', '%2e%2e'] : [])]) {
      const id = globalId(name, name === 'Pin' ? `acme:${bad}` : bad);
      const answer = await graph.query(byNode, { id }, everybody);
      expect([name, bad, answer.data, codesOf(answer)]).toEqual([name, bad, { node: null }, ['node: BAD_USER_INPUT']]);
      expect(answer.errors?.[0]?.extensions).toMatchObject({ issues: [{ path: ['id'] }] });
      const list = await graph.query<Nodes>(byNodes, { ids: ['nonsense', id] }, everybody);
      expect([name, bad, list.data, codesOf(list)]).toEqual([
        name,
        bad,
        { nodes: [null, null] },
        ['nodes.1: BAD_USER_INPUT'],
      ]);
      expect(list.errors?.[0]?.extensions).toMatchObject({ issues: [{ path: ['ids', '1'] }] });
    }
    expect(graph.calls()).toEqual(byUpstream(() => 0));
  });

  it('is null for any text that is no global id, and nothing is sent', async () => {
    const graph = await startWholeGraph();
    const shapeless = [
      '',
      'p1',
      '..',
      'UGF5bWVudA',
      Buffer.from('Payment').toString('base64'),
      Buffer.from(':p1').toString('base64'),
      `${idOf('Payment')}=`,
      idOf('Payment').replace(/=+$/, ''),
      ...[
        'Pin:r1',
        'Pin:',
        'Pin::r1',
        'Pin:ACME:r1',
        'Nothing:..',
        'payment:p1',
        'PaymentStatus:p1',
        'constructor:x',
      ].map((text) => Buffer.from(text).toString('base64')),
    ].filter((text) => text !== idOf('Payment'));
    expect(await graph.query(byNodes, { ids: shapeless }, everybody)).toEqual({
      data: { nodes: shapeless.map(() => null) },
    });
    // A pin of a service that is not configured here is the id of nothing.
    expect(await graph.query(byNode, { id: globalId('Pin', 'elsewhere:r1') }, everybody)).toEqual({
      data: { node: null },
    });
    expect(graph.calls()).toEqual(byUpstream(() => 0));
  });
});

describe('a list of all types', () => {
  const mixed: TypeName[] = [...names, ...names.toReversed()];

  it('comes in its order, each upstream asked once for each object', async () => {
    const graph = await startWholeGraph();
    const answer = await graph.query<Nodes>(byNodes, { ids: mixed.map(idOf) }, everybody);
    expect(answer).toEqual({ data: { nodes: mixed.map((name) => ({ __typename: name, id: idOf(name) })) } });
    expect(graph.calls()).toEqual({ pi: 3, mypit: 3, 'pinning:acme': 1, bitminter: 1, ledger: 0 });
  });

  it.each(upstreamNames)('lacks what %s has, when it is dead, and nothing else', async (dead) => {
    const graph = await startWholeGraph();
    await graph.die(dead, '500');
    const answer = await graph.query<Nodes>(byNodes, { ids: mixed.map(idOf) }, everybody);
    expect(answer.data?.nodes).toEqual(
      mixed.map((name) => (types[name].upstream === dead ? null : { __typename: name, id: idOf(name) })),
    );
    const code = (name: TypeName) => (name === 'User' ? 'AUTH_PROVIDER_UNAVAILABLE' : 'UPSTREAM_UNAVAILABLE');
    expect(codesOf(answer)).toEqual(
      mixed
        .flatMap((name, index) => (types[name].upstream === dead ? [`nodes.${index}: ${code(name)}`] : []))
        .toSorted(),
    );
  });

  it('has at most a hundred ids', async () => {
    const graph = await startWholeGraph();
    expect(codesOf(await graph.query(byNodes, { ids: Array.from({ length: 101 }, () => idOf('Payment')) }))).toEqual([
      'nodes: BAD_USER_INPUT',
    ]);
    expect(
      (await graph.query<Nodes>(byNodes, { ids: Array.from({ length: 100 }, () => idOf('Payment')) })).data?.nodes,
    ).toHaveLength(100);
    expect(graph.calls().pi).toBe(1);
  });
});

describe('a search without an end in sight', () => {
  /** Badges `b0…`, in pages of what was asked for. */
  const badges =
    (count: number) =>
    ({ path, body }: SeenRequest): FakeAnswer => {
      if (path !== '/getIssuedBadges') return { status: 404, body: 'No matching routes found' };
      const { numItems, cursor } = (JSON.parse(body) as { paginationOpts: { numItems: number; cursor: string | null } })
        .paginationOpts;
      const from = Number(cursor ?? 0);
      const page = Array.from({ length: Math.max(0, Math.min(numItems, count - from)) }, (_, index) =>
        wireBadge({ _id: `b${from + index}` }),
      );
      return json({ page, isDone: from + numItems >= count, continueCursor: String(from + numItems) });
    };
  const block = (answerOf('getPoolBlocks.ok').body as Record<string, unknown>[])[0];
  const blocks =
    (count: number) =>
    ({ query }: SeenRequest): FakeAnswer => {
      const offset = Number(query.get('offset'));
      return {
        body: Array.from({ length: Math.max(0, Math.min(Number(query.get('max')), count - offset)) }, (_, index) => ({
          ...block,
          id: offset + index,
          generated: 1_600_000_000 - 60 * (offset + index),
        })),
      };
    };
  const searches = [
    ['IssuedBadge', 'mypit', badges, 100, (index: number) => `b${index}`],
    ['PoolBlock', 'bitminter', blocks, 50, String],
  ] as const;

  it.each(searches)('for %s ends after twenty of its largest pages', async (name, upstream, list, size, localId) => {
    const graph = await startWholeGraph({ UPSTREAM_TIMEOUT_MS: '3000', OPERATION_TIMEOUT_MS: '15000' });
    const find = (id: string): Promise<GraphAnswer<{ node: unknown }>> =>
      graph.query(byNode, { id: globalId(name, id) });
    const reach = 20 * size;
    graph.answer(upstream, list(reach + 1));
    expect((await find(localId(reach - 1))).data?.node).toMatchObject({ __typename: name });
    expect(graph.calls()[upstream]).toBe(20);
    graph.reset();
    expect(codesOf(await find(localId(reach)))).toEqual(['node: LOOKUP_LIMIT']);
    expect(graph.calls()[upstream]).toBe(20);
    // One page fewer, and the end was seen: then it is not there.
    graph.answer(upstream, list(reach - size + 1));
    graph.reset();
    expect(await find(localId(reach))).toEqual({ data: { node: null } });
    expect(graph.calls()[upstream]).toBe(20);
    graph.reset();
    const ids = [0, size, 2 * size, reach].map((index) => globalId(name, localId(index)));
    const answer = await graph.query<Nodes>(byNodes, { ids });
    expect(answer.data?.nodes.map((node) => node?.id ?? null)).toEqual([ids[0], ids[1], ids[2], null]);
    expect(graph.calls()[upstream]).toBe(20);
  });
});
