import { describe, expect, it } from 'vitest';
import type { Script } from '../support/fake-upstream.js';
import { cut, drip, html, patient, refuse, reset, settingsFor, silence } from '../support/graph-faults.js';
import {
  callers,
  canary,
  cids,
  closeAfterAll,
  errorAt,
  expectClean,
  globalId,
  startPinsGraph,
  tainted,
  wirePin,
} from '../support/graph-pins.js';

closeAfterAll();

interface ReadFailure {
  readonly script: Script;
  readonly code: string;
  readonly retryable: boolean;
  readonly more?: object;
}

/** What each failure of a read is called; `more` is what the extensions say besides. */
const reads: Record<string, ReadFailure> = {
  'a socket that is reset': { script: reset, code: 'UPSTREAM_UNAVAILABLE', retryable: true },
  'no headers in time': { script: silence, code: 'UPSTREAM_TIMEOUT', retryable: true },
  'a body that drips': { script: drip, code: 'UPSTREAM_TIMEOUT', retryable: true },
  'an answer that is cut': {
    script: cut,
    code: 'UPSTREAM_INVALID_RESPONSE',
    retryable: true,
    more: { reason: 'truncated' },
  },
  'HTML with 200': { script: html(200), code: 'UPSTREAM_INVALID_RESPONSE', retryable: true, more: { reason: 'html' } },
  'HTML with 500': { script: html(500), code: 'UPSTREAM_UNAVAILABLE', retryable: true, more: { upstreamStatus: 500 } },
  'half a JSON text': {
    script: () => tainted(200, '{"requestid": "x", "results": ['),
    code: 'UPSTREAM_INVALID_RESPONSE',
    retryable: true,
    more: { reason: 'not_json' },
  },
  'another type of JSON': {
    script: () => tainted(200, [canary]),
    code: 'UPSTREAM_INVALID_RESPONSE',
    retryable: true,
    more: { reason: 'shape' },
  },
  'a number that is text': {
    script: () => tainted(200, { ...wirePin('x', { created: canary }), count: '1', results: [] }),
    code: 'UPSTREAM_INVALID_RESPONSE',
    retryable: true,
    more: { reason: 'shape' },
  },
  'a missing field': {
    script: () => tainted(200, { requestid: 'x', status: 'pinned', note: canary }),
    code: 'UPSTREAM_INVALID_RESPONSE',
    retryable: true,
    more: { reason: 'shape' },
  },
  '204 where a body is due': {
    script: () => ({ status: 204 }),
    code: 'UPSTREAM_INVALID_RESPONSE',
    retryable: true,
    more: { reason: 'empty' },
  },
  'an empty 200': {
    script: () => ({ status: 200 }),
    code: 'UPSTREAM_INVALID_RESPONSE',
    retryable: true,
    more: { reason: 'empty' },
  },
  '400': {
    script: refuse(400, 'BAD_REQUEST'),
    code: 'BAD_USER_INPUT',
    retryable: false,
    more: { upstreamStatus: 400, upstreamCode: 'BAD_REQUEST' },
  },
  '401': {
    script: refuse(401, 'UNAUTHORIZED'),
    code: 'UPSTREAM_AUTH_FAILED',
    retryable: false,
    more: { upstreamStatus: 401 },
  },
  '403': {
    script: refuse(403, 'FORBIDDEN'),
    code: 'UPSTREAM_AUTH_FAILED',
    retryable: false,
    more: { upstreamStatus: 403 },
  },
  '409': {
    script: refuse(409, 'INSUFFICIENT_FUNDS'),
    code: 'INSUFFICIENT_FUNDS',
    retryable: false,
    more: { upstreamStatus: 409 },
  },
  '429 with a long Retry-After': {
    script: refuse(429, 'SLOW', { 'retry-after': '50' }),
    code: 'RATE_LIMITED',
    retryable: true,
    more: { upstreamStatus: 429, retryAfterMs: 50_000 },
  },
  '429 without a word': {
    script: refuse(429, 'SLOW'),
    code: 'RATE_LIMITED',
    retryable: true,
    more: { retryAfterMs: 60_000 },
  },
  '500': {
    script: refuse(500, 'INTERNAL'),
    code: 'UPSTREAM_UNAVAILABLE',
    retryable: true,
    more: { upstreamStatus: 500 },
  },
  '503': {
    script: refuse(503, 'DOWN', { 'retry-after': '30' }),
    code: 'UPSTREAM_UNAVAILABLE',
    retryable: true,
    more: { upstreamStatus: 503, retryAfterMs: 30_000 },
  },
  'a redirect': {
    script: () => tainted(302, '', { location: `https://${canary}.example/` }),
    code: 'UPSTREAM_INVALID_RESPONSE',
    retryable: true,
    more: { reason: 'redirect' },
  },
  'too much': {
    script: () => tainted(200, canary.repeat(2_000)),
    code: 'UPSTREAM_INVALID_RESPONSE',
    retryable: true,
    more: { reason: 'too_large' },
  },
  'an unknown encoding': {
    script: () => tainted(200, wirePin('x'), { 'content-encoding': 'zstd' }),
    code: 'UPSTREAM_INVALID_RESPONSE',
    retryable: true,
    more: { reason: 'encoding' },
  },
};

const readFields = {
  pin: 'found: pin(requestId: "x") { status }',
  pins: 'found: pins(first: 2) { nodes { status } }',
  node: `found: node(id: "${globalId('acme', 'x')}") { id }`,
} as const;

describe.concurrent('a read that fails', () => {
  it.each(Object.entries(reads))('%s', async (_name, { script, code, retryable, more }) => {
    await Promise.all(
      Object.values(readFields).map(async (field) => {
        const graph = await startPinsGraph(settingsFor(script));
        graph.acme.answer(script);
        graph.other.put({ requestid: 'fine', status: 'pinned', pin: { cid: cids.a } });
        const answer = await graph.query(`{ ${field} beside: pin(requestId: "fine", service: "other") { status } }`);
        const { extensions, message } = errorAt(answer, 'found');
        expect(extensions).toMatchObject({
          code,
          provider: 'pinning:acme',
          retryable,
          requestId: expect.stringMatching(/^[\w-]{8,}$/),
          ...more,
        });
        expect(message).not.toBe('');
        expect(answer.data).toEqual({ found: null, beside: { status: 'PINNED' } });
        expectClean(answer);
      }),
    );
  });

  it('a refused connection', async () => {
    // Nobody listens there; a port that was just let go may be another test's by now.
    const graph = await startPinsGraph({ ...patient, PINNING_ACME_URL: 'http://127.0.0.1:1' });
    const answer = await graph.query(`{ ${readFields.pin} }`);
    expect(errorAt(answer, 'found').extensions).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      retryable: true,
      provider: 'pinning:acme',
    });
    expectClean(answer);
  });

  it('404 is no error', async () => {
    const graph = await startPinsGraph(patient);
    graph.acme.answer(refuse(404, 'NOT_FOUND'));
    const answer = await graph.query(
      `{ pin(requestId: "x") { id } node(id: "${globalId('acme', 'y')}") { id } nodes(ids: ["${globalId('acme', 'z')}"]) { id } }`,
    );
    expect(answer).toEqual({ data: { pin: null, node: null, nodes: [null] } });
  });

  it('another pin than the one asked for', async () => {
    const graph = await startPinsGraph(patient);
    graph.acme.answer(() => tainted(200, wirePin('somebody-elses', { pin: { cid: cids.a, name: canary } })));
    const answer = await graph.query(`{ pin(requestId: "x") { id name } node(id: "${globalId('acme', 'x')}") { id } }`);
    for (const field of ['pin', 'node']) {
      expect(errorAt(answer, field).extensions).toMatchObject({
        code: 'UPSTREAM_INVALID_RESPONSE',
        reason: 'identity_mismatch',
      });
    }
    expectClean(answer);
  });

  it("a refused credential is the caller's own fault when it is the caller's own", async () => {
    for (const [status, code] of [
      [401, 'UNAUTHENTICATED'],
      [403, 'FORBIDDEN'],
    ] as const) {
      const graph = await startPinsGraph(patient);
      graph.acme.answer(refuse(status, 'NO'));
      for (const field of Object.values(readFields)) {
        const answer = await graph.query(`{ ${field} }`, {}, callers.token);
        expect(errorAt(answer, 'found').extensions).toMatchObject({
          code,
          retryable: false,
          provider: 'pinning:acme',
          upstreamStatus: status,
        });
        expectClean(answer);
      }
    }
  });

  it('waits for a Retry-After that fits', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer(() =>
      graph.acme.requests.length === 1 ? { status: 429, headers: { 'retry-after': '0' } } : { body: wirePin('x') },
    );
    expect(await graph.query('{ pin(requestId: "x") { status } }')).toEqual({ data: { pin: { status: 'PINNED' } } });
  });

  it('one bad row nulls only its own node', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer(() => ({
      body: {
        count: 3,
        results: [
          wirePin('one'),
          { ...wirePin('two'), pin: {} },
          wirePin('three', { created: '2025-03-01T10:00:00Z', status: 'thawing' }),
        ],
      },
    }));
    const answer = await graph.query<{
      pins: { edges: { node: object | null; cursor: string }[]; nodes: (object | null)[] };
    }>('{ pins { edges { cursor node { requestId } } nodes { requestId status } } }');
    expect(answer.data?.pins.nodes).toEqual([
      { requestId: 'one', status: 'PINNED' },
      null,
      { requestId: 'three', status: 'UNKNOWN' },
    ]);
    expect(answer.data?.pins.edges.map((edge) => edge.node)).toEqual([
      { requestId: 'one' },
      null,
      { requestId: 'three' },
    ]);
    expect(answer.data?.pins.edges[1]?.cursor).toEqual(expect.any(String));
    expect(answer.errors).toHaveLength(2);
    for (const path of [
      ['pins', 'nodes', 1],
      ['pins', 'edges', 1, 'node'],
    ] as const) {
      expect(errorAt(answer, ...path).extensions).toMatchObject({
        code: 'UPSTREAM_INVALID_RESPONSE',
        reason: 'shape',
        provider: 'pinning:acme',
      });
    }
  });

  it('opens the circuit of the failing service alone', async () => {
    const graph = await startPinsGraph({ ...patient, BREAKER_MIN_REQUESTS: '4' });
    graph.acme.answer(refuse(503, 'DOWN'));
    graph.other.put({ requestid: 'fine', pin: { cid: cids.a } });
    for (let round = 0; round < 4; round++) await graph.query('{ pin(requestId: "x") { id } }');
    const before = graph.acme.requests.length;
    const answer = await graph.query(
      '{ pin(requestId: "x") { id } beside: pin(requestId: "fine", service: "other") { status } providers { name circuit } }',
    );
    expect(errorAt(answer, 'pin').extensions).toMatchObject({
      code: 'CIRCUIT_OPEN',
      retryable: true,
      provider: 'pinning:acme',
    });
    expect(answer.data).toMatchObject({
      beside: { status: 'QUEUED' },
      providers: expect.arrayContaining([
        { name: 'pinning:acme', circuit: 'OPEN' },
        { name: 'pinning:other', circuit: 'CLOSED' },
      ]),
    });
    expect(graph.acme.requests.length).toBe(before);
  });
});
