import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fieldsOf } from '../support/fields-of.js';
import {
  callers,
  cids,
  closeAfterEach,
  codesIn,
  errorAt,
  expectClean,
  startPinsGraph,
  tainted,
  wirePin,
  type PinsGraph,
} from '../support/graph-pins.js';
import { spentOn } from '../support/spent-on.js';

closeAfterEach();

const everything = fieldsOf('Pin');

async function shown(source: string | object): Promise<Record<string, unknown> | null | undefined> {
  const graph = await startPinsGraph();
  graph.acme.answer(() => ({ body: source }));
  const answer = await graph.query<{ pin: Record<string, unknown> | null }>(
    `{ pin(requestId: "x") { ${everything} } }`,
  );
  expect(answer.errors).toBeUndefined();
  return answer.data?.pin;
}

describe('a pin as services tell it', () => {
  it.each([
    ['2025-03-01T12:00:00Z', '2025-03-01T12:00:00Z'],
    ['2025-03-01T07:00:00.000-05:00', '2025-03-01T12:00:00.000Z'],
    ['2025-03-01T12:00:00.123456789Z', '2025-03-01T12:00:00.123456789Z'],
    ['2025-03-01T13:30:00.76+01:30', '2025-03-01T12:00:00.76Z'],
  ])('of %s', async (created, createdAt) => {
    expect(await shown(wirePin('x', { created }))).toMatchObject({ createdAt });
  });

  it('with nothing but what is required, or null for the rest', async () => {
    const bare = {
      name: null,
      origins: [],
      meta: {},
      delegates: [],
      info: {},
      statusDetails: null,
      dagSize: null,
      rawSize: null,
      pinnedUntil: null,
    };
    expect(
      await shown({
        requestid: 'x',
        status: 'queued',
        created: '2025-03-01T12:00:00Z',
        pin: { cid: cids.a },
        delegates: null,
        info: null,
      }),
    ).toMatchObject(bare);
    expect(
      await shown({
        requestid: 'x',
        status: 'queued',
        created: '2025-03-01T12:00:00Z',
        pin: { cid: cids.a, name: '', origins: null, meta: null },
      }),
    ).toMatchObject(bare);
    expect(await shown(wirePin('x', { pin: { cid: cids.v0, name: cids.v0 } }))).toMatchObject({
      name: null,
      cid: cids.v0,
    });
  });

  it('with more than is known', async () => {
    const info = {
      status_details: 'position 4',
      dag_size: '9007199254740993',
      pinned_until: '2026-01-01T00:00:00+01:00',
      nested: { deep: [1, 'a', null] },
    };
    expect(await shown({ ...wirePin('x', { info }), more: { of: 'it' } })).toMatchObject({
      statusDetails: 'position 4',
      dagSize: '9007199254740993',
      pinnedUntil: '2025-12-31T23:00:00Z',
      info,
    });
    expect(await shown(wirePin('x', { info: { dag_size: '9007199254740991' } }))).toMatchObject({
      dagSize: 9_007_199_254_740_991,
    });
    expect(await shown(wirePin('x', { info: { dag_size: 'big', pinned_until: 'never' } }))).toMatchObject({
      dagSize: null,
      rawSize: null,
      pinnedUntil: null,
      info: { dag_size: 'big' },
    });
    expect(await shown(wirePin('x', { status: 'thawing' }))).toMatchObject({ status: 'UNKNOWN' });
  });

  it('with keys that poison careless copies', async () => {
    const text = JSON.stringify(wirePin('x', { info: { a: 1 } })).replace(
      '"a":1',
      '"__proto__":{"status":"poisoned"},"constructor":"x","a":1',
    );
    const pin = await shown(text);
    expect(pin).toMatchObject({ status: 'PINNED' });
    expect(pin?.['info']).toMatchObject({ a: 1, constructor: 'x' });
    expect(({} as Record<string, unknown>)['status']).toBeUndefined();
  });
});

describe('a listing as services tell it', () => {
  const idsOf = async (graph: PinsGraph, text: string) => {
    const answer = await graph.query<{ pins: { nodes: ({ requestId: string } | null)[] } | null }>(text);
    return { ids: answer.data?.pins?.nodes.map((pin) => pin?.requestId ?? null), answer };
  };
  const row = (id: number) =>
    wirePin(`r${id}`, { created: `2025-03-01T00:00:${String(59 - id).padStart(2, '0')}.000Z` });

  it('with rows that are nothing', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer(() => ({ body: { count: 5, results: [row(1), 'garbage', null, { requestid: 7 }, row(2)] } }));
    const { ids, answer } = await idsOf(graph, '{ pins { nodes { requestId } } }');
    expect(ids?.filter((id) => id !== null)).toEqual(['r1', 'r2']);
    expect(ids?.filter((id) => id === null)).toHaveLength(3);
    expect(new Set(codesIn(answer))).toEqual(new Set(['UPSTREAM_INVALID_RESPONSE']));
  });

  it('with more rows than asked for, and rows that come twice', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer(() => ({ body: { count: 6, results: [row(1), row(1), row(2), row(3), row(4), row(5)] } }));
    expect((await idsOf(graph, '{ pins(first: 2) { nodes { requestId } } }')).ids).toEqual(['r1', 'r2']);
  });

  it('of those who do not filter', async () => {
    const graph = await startPinsGraph();
    const rows = [
      wirePin('a', { pin: { cid: cids.b, name: 'Two', meta: { k: 'v' } } }),
      wirePin('b', { status: 'failed', created: '2025-01-01T00:00:00Z' }),
      wirePin('c', { pin: { cid: cids.v0, name: 'one more' } }),
    ];
    graph.acme.answer(() => ({ body: { count: rows.length, results: rows } }));
    for (const [filter, ids] of [
      [`cids: ["${cids.v1}"]`, ['c']],
      ['name: "one"', ['b']],
      ['name: "ONE", match: IPARTIAL', ['c', 'b']],
      ['name: "two", match: IEXACT', ['a']],
      ['status: [FAILED]', ['b']],
      ['meta: { k: "v" }', ['a']],
      ['createdBefore: "2025-02-01T00:00:00Z"', ['b']],
      ['createdAfter: "2025-03-02T10:00:00Z"', []],
      ['status: [], match: null, cids: null, name: null, meta: null', ['a', 'c', 'b']],
    ] as const) {
      const found = await idsOf(graph, `{ pins(filter: { ${filter} }) { nodes { requestId } } }`);
      expect(found.ids?.toSorted(), `${filter} ${JSON.stringify(found.answer)}`).toEqual([...ids].toSorted());
    }
  });

  it('whose field in question cannot be read: the row stays, as one of which nobody knows', async () => {
    const graph = await startPinsGraph();
    const rows = [
      wirePin('plain', { pin: { cid: cids.b, name: 'one', meta: { k: 'v' } } }),
      wirePin('status', { status: { code: 3 }, pin: { cid: cids.b, name: 'one', meta: { k: 'v' } } }),
      wirePin('no-status', { status: undefined, pin: { cid: cids.b, name: 'one', meta: { k: 'v' } } }),
      wirePin('name', { pin: { cid: cids.b, name: ['one'], meta: { k: 'v' } } }),
      wirePin('meta', { pin: { cid: cids.b, name: 'one', meta: ['k', 'v'] } }),
      wirePin('other', { status: 'failed', pin: { cid: cids.b, name: 'other', meta: { k: 'w' } } }),
      wirePin('bare', { status: 'thawing', pin: { cid: cids.b, name: null, meta: null } }),
    ];
    graph.acme.answer(() => ({ body: { count: rows.length, results: rows } }));
    const asked = async (filter: string) => {
      const { ids } = await idsOf(graph, `{ pins(filter: { ${filter} }) { nodes { requestId status } } }`);
      return ids?.toSorted();
    };
    expect(await asked('status: [PINNED]')).toEqual(['meta', 'name', 'no-status', 'plain', 'status']);
    expect(await asked('status: [FAILED]')).toEqual(['no-status', 'other', 'status']);
    expect(await asked('name: "one"')).toEqual(['meta', 'name', 'no-status', 'plain', 'status']);
    expect(await asked('meta: { k: "v" }')).toEqual(['meta', 'name', 'no-status', 'plain', 'status']);
  });

  it.each([
    ['no frame', []],
    ['no count', { results: [] }],
    ['a count in words', { count: 'one', results: [] }],
    ['a negative count', { count: -1, results: [] }],
    ['results that are none', { count: 1, results: { a: 1 } }],
    ['null', 'null'],
    ['a number', '7'],
  ])('with %s is none', async (_name, body) => {
    const graph = await startPinsGraph();
    graph.acme.answer(() => tainted(200, body));
    const answer = await graph.query('{ pins { nodes { requestId } } }');
    expect(errorAt(answer, 'pins').extensions).toMatchObject({ code: 'UPSTREAM_INVALID_RESPONSE', reason: 'shape' });
    expectClean(answer);
  });

  it('packed, and packed too well', async () => {
    const graph = await startPinsGraph({ UPSTREAM_MAX_BYTES: '100000' });
    const send = (body: Buffer) =>
      graph.acme.answer((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(body);
        return undefined;
      });
    send(gzipSync(JSON.stringify({ count: 1, results: [row(1)] })));
    expect((await idsOf(graph, '{ pins { nodes { requestId } } }')).ids).toEqual(['r1']);
    send(gzipSync(`{"count": 0, "results": [], "more": "${'0'.repeat(50_000_000)}"}`));
    expect(errorAt(await graph.query('{ pins { nodes { requestId } } }'), 'pins').extensions).toMatchObject({
      code: 'UPSTREAM_INVALID_RESPONSE',
      reason: 'too_large',
    });
  });

  it('nested without end', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer(() => ({ body: `{"count":1,"results":[${'['.repeat(50_000)}${']'.repeat(50_000)}]}` }));
    expect(codesIn(await graph.query('{ pins { nodes { requestId } } }'))).toEqual(['UPSTREAM_INVALID_RESPONSE']);
    graph.acme.answer(() => ({
      body: JSON.stringify(wirePin('x', { info: { a: 1 } })).replace(
        '"a":1',
        `"a":${'['.repeat(5_000)}${']'.repeat(5_000)}`,
      ),
    }));
    // What is too deep is left out, and the pin is shown.
    expect(await graph.query('{ pin(requestId: "x") { info } }')).toEqual({ data: { pin: { info: {} } } });
  });
});

describe('the answer of the gateway', () => {
  it('is 200 when something was executed, refused or failed', async () => {
    const graph = await startPinsGraph();
    for (const [query, headers] of [
      ['{ pin(requestId: "x") { id } }', callers.anonymous],
      ['{ pin(requestId: "..") { id } }', callers.operator],
      [`mutation { removePin(input: { requestId: "x" }) { __typename } }`, callers.stranger],
    ] as const) {
      for (const accept of ['application/json', 'application/graphql-response+json']) {
        const response = await graph.app.fetch(
          new Request('http://gateway.test/graphql', {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept, 'x-request-id': 'my-own-id', ...headers },
            body: JSON.stringify({ query }),
          }),
        );
        expect([response.status, response.headers.get('cache-control'), response.headers.get('x-request-id')]).toEqual([
          200,
          'no-store',
          'my-own-id',
        ]);
        expect(await response.json()).toMatchObject({
          data: expect.anything(),
          errors: [{ extensions: { requestId: 'my-own-id' } }],
        });
      }
    }
  });

  it("does not outlast the operation's time", async () => {
    const graph = await startPinsGraph({ OPERATION_TIMEOUT_MS: '300', UPSTREAM_TIMEOUT_MS: '5000' });
    graph.acme.answer(() => undefined);
    const { value, ms } = await spentOn(() => graph.query('{ pin(requestId: "x") { id } pins { totalCount } }'));
    expect(codesIn(value)).toEqual(['UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT']);
    expect(ms).toBeLessThan(2_000);
  });
});
