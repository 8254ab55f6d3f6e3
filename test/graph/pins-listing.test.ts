import { describe, expect, it } from 'vitest';
import { cidOf } from '../../src/sandbox/names.js';
import { secondGranular, tiedPins } from '../support/graph-listing.js';
import {
  cids,
  closeAfterEach,
  errorAt,
  globalId,
  refusalBody,
  startPinsGraph,
  tainted,
  type PinsGraph,
} from '../support/graph-pins.js';

closeAfterEach();

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}
interface Page {
  readonly pins: {
    readonly edges: { readonly cursor: string; readonly node: { readonly requestId: string } | null }[];
    readonly pageInfo: PageInfo;
  };
}

const pageText =
  'query ($first: Int, $after: String, $last: Int, $before: String) { pins(first: $first, after: ' +
  '$after, last: $last, before: $before) { edges { cursor node { requestId } } pageInfo { hasNextPage ' +
  'hasPreviousPage startCursor endCursor } } }';

async function page(graph: PinsGraph, variables: object): Promise<Page['pins']> {
  const answer = await graph.query<Page>(pageText, variables);
  expect(answer.errors).toBeUndefined();
  if (!answer.data) throw new Error('no page');
  return answer.data.pins;
}

const idsOf = (found: Page['pins']) => found.edges.map((edge) => edge.node?.requestId);

describe('a listing of a service that counts in seconds', () => {
  const pins = tiedPins(23, 4);
  const secondOf = new Map(pins.map((pin) => [pin.requestid, pin.second]));

  async function walk(
    graph: PinsGraph,
    count: number,
    direction: 'forward' | 'backward',
  ): Promise<(string | undefined)[]> {
    const ids: (string | undefined)[] = [];
    let cursor: string | null = null;
    for (let pages = 0; ; pages++) {
      expect(pages).toBeLessThan(30);
      const found: Page['pins'] = await page(
        graph,
        direction === 'forward' ? { first: count, after: cursor } : { last: count, before: cursor },
      );
      const { hasNextPage, hasPreviousPage, startCursor, endCursor } = found.pageInfo;
      expect(startCursor).toBe(found.edges[0]?.cursor);
      expect(endCursor).toBe(found.edges.at(-1)?.cursor);
      expect(direction === 'forward' ? hasPreviousPage : hasNextPage).toBe(cursor !== null);
      if (direction === 'forward') ids.push(...idsOf(found));
      else ids.unshift(...idsOf(found));
      if (!(direction === 'forward' ? hasNextPage : hasPreviousPage)) return ids;
      expect(found.edges).toHaveLength(count);
      cursor = direction === 'forward' ? endCursor : startCursor;
    }
  }

  it.each([1, 3, 5, 23, 100])(
    'is walked forward and backward in pages of %i, without loss or repetition',
    async (count) => {
      const graph = await startPinsGraph();
      graph.acme.answer(secondGranular(pins));
      const forward = await walk(graph, count, 'forward');
      expect(forward.map(String).toSorted()).toEqual(pins.map((pin) => pin.requestid));
      const seconds = forward.map((id) => secondOf.get(id ?? '') ?? 0);
      expect(seconds).toEqual(seconds.toSorted((a, b) => b - a));
      expect(await walk(graph, count, 'backward')).toEqual(forward);
    },
  );

  it('can be entered at any edge', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer(secondGranular(pins));
    const all = await page(graph, { first: 23 });
    for (const index of [0, 1, 4, 10, 21, 22]) {
      const cursor = all.edges[index]?.cursor;
      expect(idsOf(await page(graph, { first: 3, after: cursor })), `after ${index}`).toEqual(
        idsOf(all).slice(index + 1, index + 4),
      );
      expect(idsOf(await page(graph, { last: 3, before: cursor })), `before ${index}`).toEqual(
        idsOf(all).slice(Math.max(0, index - 3), index),
      );
    }
    expect(idsOf(await page(graph, { first: 2, after: all.edges[4]?.cursor, before: all.edges[8]?.cursor }))).toEqual(
      idsOf(all).slice(5, 7),
    );
  });

  it('has a page of none and a page of twenty', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer(secondGranular(pins));
    expect(await page(graph, { first: 0 })).toMatchObject({
      edges: [],
      pageInfo: { startCursor: null, endCursor: null },
    });
    expect(idsOf(await page(graph, {}))).toHaveLength(20);
    expect(idsOf(await page(graph, { first: null, after: null }))).toHaveLength(20);
    graph.acme.answer(secondGranular([]));
    expect(await page(graph, {})).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
    graph.acme.answer(() => ({ body: { count: 0, results: null } }));
    expect(await page(graph, {})).toMatchObject({ edges: [] });
  });

  it('counts only for those who ask', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer(secondGranular(pins));
    const after = (await page(graph, { first: 5 })).pageInfo.endCursor;
    // The first page of all may cost one call more, to learn how the service lists.
    expect(graph.acme.requests.length).toBeLessThanOrEqual(2);
    graph.acme.requests.length = 0;
    await graph.query('query ($after: String) { pins(first: 5, after: $after) { nodes { requestId } } }', { after });
    const withoutCount = graph.acme.requests.length;
    expect(withoutCount).toBe(1);
    const counted = await graph.query<{ pins: { totalCount: number } }>(
      'query ($after: String) { pins(first: 5, after: $after) { totalCount nodes { requestId } } }',
      { after },
    );
    expect(counted.data?.pins.totalCount).toBe(23);
    expect(graph.acme.requests.length - withoutCount).toBeGreaterThan(1);
    expect(
      (await graph.query('{ pins(filter: { status: [REMOVED, UNKNOWN] }) { totalCount nodes { id } } }')).data,
    ).toEqual({ pins: { totalCount: 0, nodes: [] } });
  });

  it('keeps the page when only the count fails', async () => {
    const graph = await startPinsGraph({ UPSTREAM_TIMEOUT_MS: '2000' });
    const good = secondGranular(pins);
    graph.acme.answer(good);
    await page(graph, { first: 5 });
    graph.acme.requests.length = 0;
    graph.acme.answer((request, response) =>
      graph.acme.requests.length === 1 ? good(request, response) : tainted(400, refusalBody('NO')),
    );
    const answer = await graph.query<{ pins: { totalCount: number | null; nodes: object[] } }>(
      '{ pins(first: 2, filter: { createdAfter: "2025-01-01T00:00:00Z" }) { totalCount nodes { requestId } } }',
    );
    expect(answer.data?.pins.nodes).toHaveLength(2);
    expect(answer.data?.pins.totalCount).toBeNull();
    expect(errorAt(answer, 'pins', 'totalCount').extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      provider: 'pinning:acme',
    });
  });

  it('always says which statuses and how many it wants', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer(secondGranular(pins));
    await graph.query(
      '{ pins(first: 7, filter: { name: "a+b & c", match: IPARTIAL, meta: { colour: "grün" }, ' +
        'createdBefore: "2025-03-02T01:00:00+02:00" }) { nodes { id } } }',
    );
    const query = graph.acme.requests[0]?.query;
    expect(query?.get('status')).toBe('queued,pinning,pinned,failed');
    expect(Number(query?.get('limit'))).toBeGreaterThan(6);
    expect(query?.get('name')).toBe('a+b & c');
    expect(query?.get('match')).toBe('ipartial');
    expect(JSON.parse(query?.get('meta') ?? '')).toEqual({ colour: 'grün' });
    expect(query?.get('before')).toMatch(/^2025-03-01T23:00:\d\d\.\d{3}Z$/);
  });
});

describe('calls are shared', () => {
  it('by all fields that show one pin', async () => {
    const graph = await startPinsGraph();
    graph.acme.put({ requestid: 'x', pin: { cid: cids.a } });
    const id = globalId('acme', 'x');
    const answer = await graph.query<Record<string, { id: string }>>(
      '{ a: pin(requestId: "x") { id } b: pin(requestId: "x", service: "acme") { id cid } node(id: ' +
        `"${id}") { id ... on Pin { status } } nodes(ids: ["${id}", "${id}"]) { id } }`,
    );
    expect(answer.data).toMatchObject({
      a: { id },
      b: { id },
      node: { id, status: 'QUEUED' },
      nodes: [{ id }, { id }],
    });
    expect(graph.acme.requests.map((request) => request.url)).toEqual(['/pins/x']);
  });

  it('by ten CIDs of a filter', async () => {
    const graph = await startPinsGraph();
    const contents = Array.from({ length: 25 }, (_, index) => cidOf(`content ${index}`, 'raw'));
    graph.acme.answer(
      secondGranular(contents.map((cid, index) => ({ requestid: `r${index}`, second: 1_740_000_000 + index, cid }))),
    );
    const answer = await graph.query<{ pins: { nodes: { cid: string }[] } }>(
      'query ($cids: [CID!]) { pins(first: 100, filter: { cids: $cids }) { nodes { cid } } }',
      { cids: [...contents, ...contents] },
    );
    expect(answer.data?.pins.nodes.map((pin) => pin.cid)).toEqual(contents.toReversed());
    expect(
      graph.acme.requests.map((request) => request.query.get('cid')?.split(',').length ?? 0).toSorted((a, b) => a - b),
    ).toEqual([5, 10, 10]);
  });

  it('by both spellings of a file tree', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer(
      secondGranular([
        { requestid: 'old', second: 1_740_000_000, cid: cids.v0 },
        { requestid: 'new', second: 1_740_000_001, cid: cids.v1 },
      ]),
    );
    for (const asked of [[cids.v0], [cids.v1], [cids.v0, cids.v1]]) {
      graph.acme.requests.length = 0;
      const answer = await graph.query<{ pins: { nodes: { cid: string }[] } }>(
        'query ($cids: [CID!]) { pins(filter: { cids: $cids }) { nodes { cid } } }',
        { cids: asked },
      );
      expect(answer.data?.pins.nodes.map((pin) => pin.cid)).toEqual([cids.v1, cids.v0]);
      expect(graph.acme.requests.map((request) => request.query.get('cid'))).toEqual([`${cids.v0},${cids.v1}`]);
    }
  });

  it('by nobody but those of one operation', async () => {
    const graph = await startPinsGraph();
    await Promise.all([graph.query('{ pin(requestId: "x") { id } }'), graph.query('{ pin(requestId: "x") { id } }')]);
    await graph.query('{ pin(requestId: "x") { id } }');
    expect(graph.acme.requests.length).toBeGreaterThanOrEqual(2);
  });
});

describe('nodes', () => {
  it('keeps the order, with null for what is not there', async () => {
    const graph = await startPinsGraph();
    for (const requestid of ['x', 'ä/ ?#%', '12', 'cGluOi8vZGVtby8wMDAx'])
      graph.acme.put({ requestid, pin: { cid: cids.a } });
    graph.other.put({ requestid: 'x', pin: { cid: cids.b } });
    const ids = [
      globalId('other', 'x'),
      globalId('acme', 'gone'),
      globalId('acme', 'x'),
      'undecodable',
      globalId('acme', 'ä/ ?#%'),
      globalId('acme', 'cGluOi8vZGVtby8wMDAx'),
      globalId('acme', 'x'),
    ];
    const answer = await graph.query(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Pin { cid requestId service } } }',
      { ids },
    );
    const pin = (index: number, service: string, requestId: string, cid: string = cids.a) => ({
      __typename: 'Pin',
      id: ids[index],
      cid,
      requestId,
      service,
    });
    expect(answer).toEqual({
      data: {
        nodes: [
          pin(0, 'other', 'x', cids.b),
          null,
          pin(2, 'acme', 'x'),
          null,
          pin(4, 'acme', 'ä/ ?#%'),
          pin(5, 'acme', 'cGluOi8vZGVtby8wMDAx'),
          pin(6, 'acme', 'x'),
        ],
      },
    });
    expect(graph.sent()).toBe(5);
  });

  it('keeps what the others have when one service fails', async () => {
    const graph = await startPinsGraph();
    graph.acme.put({ requestid: 'x', pin: { cid: cids.a } });
    graph.other.answer(() => tainted(400, refusalBody('NO')));
    const answer = await graph.query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [globalId('other', 'x'), globalId('acme', 'x'), globalId('acme', 'gone')],
    });
    expect(answer.data).toEqual({ nodes: [null, { id: globalId('acme', 'x') }, null] });
    expect(answer.errors).toHaveLength(1);
    expect(errorAt(answer, 'nodes', 0).extensions).toMatchObject({ provider: 'pinning:other' });
  });

  it('takes a hundred', async () => {
    const graph = await startPinsGraph();
    const ids = Array.from({ length: 100 }, () => globalId('acme', 'gone'));
    expect(
      (await graph.query<{ nodes: null[] }>('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })).data?.nodes,
    ).toEqual(ids.map(() => null));
    expect(graph.acme.requests).toHaveLength(1);
    expect((await graph.query('{ nodes(ids: []) { id } }')).data).toEqual({ nodes: [] });
  });

  it('gives ids that fields give too', async () => {
    const graph = await startPinsGraph();
    graph.acme.put({ requestid: 'x', pin: { cid: cids.a, meta: { gw_idem: 'marker', colour: 'red' } } });
    const answer = await graph.query<{ pin: { id: string; meta: object } }>(
      '{ pin(requestId: "x") { id meta origins delegates info name statusDetails dagSize pinnedUntil createdAt } }',
    );
    expect(answer.data?.pin).toMatchObject({
      id: globalId('acme', 'x'),
      meta: { colour: 'red' },
      origins: [],
      delegates: [],
      info: {},
      name: null,
      statusDetails: null,
      dagSize: null,
      pinnedUntil: null,
    });
    expect(await graph.query('query ($id: ID!) { node(id: $id) { id } }', { id: answer.data?.pin.id })).toEqual({
      data: { node: { id: answer.data?.pin.id } },
    });
  });
});
