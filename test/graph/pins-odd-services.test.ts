import { describe, expect, it } from 'vitest';
import { callers, cids, closeAfterEach, codesIn, globalId, startPinsGraph, wirePin } from '../support/graph-pins.js';
import { until } from '../support/until.js';

closeAfterEach();

const add = `mutation ($key: String) { done: addPin(input: { cid: "${cids.a}", name: "one", idempotencyKey: $key }) {
  __typename ... on UserError { code } ... on AddPinPayload { alreadyPinned pin { requestId } } } }`;

describe('a service whose rows are odd', () => {
  it.each<[string, { info?: unknown; delegates?: unknown; pinMeta?: object }]>([
    ['a list for info', { info: [] }],
    ['a number in meta', { pinMeta: { app: 'x', version: 3 } }],
    ['text for delegates', { delegates: 'all' }],
  ])('keeps one pin for one key: %s', async (_name, change) => {
    const graph = await startPinsGraph({ RESEND_QUARANTINE_MS: '1' });
    const stored: object[] = [];
    graph.acme.answer((request) => {
      if (request.method !== 'POST') return { body: { count: stored.length, results: stored } };
      const body = JSON.parse(request.body) as { meta: object };
      const row = wirePin('r1', { ...change, pin: { ...body, meta: { ...body.meta, ...change.pinMeta } } });
      stored.push(row);
      return { status: 202, body: row };
    });
    for (let time = 0; time < 3; time += 1)
      expect(await graph.query(add, { key: 'k' })).toMatchObject({
        data: { done: { __typename: 'AddPinPayload', pin: { requestId: 'r1' } } },
      });
    expect(stored).toHaveLength(1);
  });

  it('is shown without what is far too long or too many, and its marker is read all the same', async () => {
    const graph = await startPinsGraph({ RESEND_QUARANTINE_MS: '1' });
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`k${index}`, 'v']));
    const stored: object[] = [];
    graph.acme.answer((request) => {
      if (request.method !== 'POST') return { body: { count: stored.length, results: stored } };
      const { meta, ...pin } = JSON.parse(request.body) as { meta: object };
      const grown = {
        ...pin,
        name: 'n'.repeat(5_000),
        origins: ['o'.repeat(2_000), '/dns/a'],
        meta: { ...many, ...meta },
      };
      const row = wirePin('r1', {
        pin: grown,
        info: { short: 'yes', long: 'x'.repeat(70_000) },
        delegates: Array.from({ length: 10_001 }, () => '/dns/b'),
      });
      stored.push(row);
      return { status: 202, body: row };
    });
    const grownAdd = add.replace('requestId', 'requestId name origins meta info delegates');
    for (let time = 0; time < 2; time += 1)
      expect(await graph.query(grownAdd, { key: 'k' })).toMatchObject({
        data: {
          done: {
            pin: { requestId: 'r1', name: null, origins: ['/dns/a'], meta: {}, info: { short: 'yes' }, delegates: [] },
          },
        },
      });
    expect(stored).toHaveLength(1);
    stored.splice(0, 1, wirePin('r2', { pin: { cid: 'z'.repeat(600) } }));
    const answer = await graph.query('{ pins { nodes { requestId } } }');
    expect(answer).toMatchObject({ data: { pins: { nodes: [null] } } });
    expect(codesIn(answer)).toEqual(['UPSTREAM_INVALID_RESPONSE']);
  });

  it('is never sent a key again while a row that may be its pin cannot be read', async () => {
    const graph = await startPinsGraph({ RESEND_QUARANTINE_MS: '1' });
    let stored = 0;
    graph.acme.answer((request) => {
      if (request.method === 'POST') stored += 1;
      const row = wirePin('r1', { created: 'yesterday', pin: { cid: cids.a, meta: 'lost' } });
      return request.method === 'POST'
        ? { status: 202, body: row }
        : { body: { count: stored, results: stored > 0 ? [row] : [] } };
    });
    for (let time = 0; time < 3; time += 1)
      expect(await graph.query(add, { key: 'k' })).toMatchObject({ data: { done: { code: 'OUTCOME_UNKNOWN' } } });
    expect(stored).toBe(1);
  });

  it('that says 409 of a duplicate says what it has, and 409 of money that it is missing', async () => {
    const graph = await startPinsGraph();
    let reason = 'DUPLICATE_OBJECT';
    graph.acme.answer((request) =>
      request.method === 'POST'
        ? { status: 409, body: { error: { reason } } }
        : { body: { count: 1, results: [wirePin('r1', { pin: { cid: cids.a, name: 'one' } })] } },
    );
    expect(await graph.query(add)).toMatchObject({
      data: { done: { alreadyPinned: true, pin: { requestId: 'r1' } } },
    });
    const other = add.replace('"one"', '"other"');
    expect(await graph.query(other)).toMatchObject({ data: { done: { __typename: 'ConflictError' } } });
    reason = 'INSUFFICIENT_FUNDS';
    expect(await graph.query(add)).toMatchObject({ data: { done: { __typename: 'InsufficientFundsError' } } });
  });
});

describe('a service that wants its listings slower', () => {
  it('is written to and read by id meanwhile; a write with a key waits, or says when', async () => {
    const graph = await startPinsGraph({ OPERATION_TIMEOUT_MS: '3000', UPSTREAM_TIMEOUT_MS: '1000' });
    let posts = 0;
    graph.acme.answer((request) => {
      if (request.method === 'POST') posts += 1;
      if (request.method === 'POST')
        return { status: 202, body: wirePin('r1', { pin: JSON.parse(request.body) as object }) };
      if (request.path === '/pins') return { status: 429, headers: { 'retry-after': '20' } };
      return request.method === 'DELETE' ? { status: 202 } : { body: wirePin('r1') };
    });
    expect(codesIn(await graph.query('{ pins { nodes { id } } }'))).toEqual(['RATE_LIMITED']);
    expect(await graph.query('{ pin(requestId: "r1") { status } }')).toEqual({ data: { pin: { status: 'PINNED' } } });
    expect(await graph.query(add)).toMatchObject({ data: { done: { __typename: 'AddPinPayload' } } });
    const keyed = await graph.query(add, { key: 'k' });
    expect(keyed.errors?.[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
    expect(posts).toBe(1);
    expect(await graph.query('mutation { removePin(input: { requestId: "r1" }) { __typename } }')).toEqual({
      data: { removePin: { __typename: 'RemovePinPayload' } },
    });
  });
});

describe('what is gone has a name', () => {
  const updates =
    'subscription { update: pinUpdates(requestIds: ["r1", "r2", "r3"]) { requestId pinId status pin { requestId } } }';
  interface Update {
    readonly requestId: string;
    readonly pinId: string;
    readonly status: string;
    readonly pin: object | null;
  }

  it('in the updates of many pins: a blink ends nothing, a removal here is told at once', async () => {
    const graph = await startPinsGraph();
    let looks = 0;
    graph.acme.answer((request) => {
      const id = request.path.slice('/pins/'.length);
      if (request.path === '/pins') return { status: 400, body: { error: { reason: 'NO_LISTINGS' } } };
      if (id === 'r3') return { status: 404 };
      if (id === 'r2')
        return request.method === 'DELETE'
          ? { status: 202 }
          : removed
            ? { status: 404 }
            : { body: wirePin(id, { status: 'queued' }) };
      looks += 1;
      return looks === 2 ? { status: 404 } : { body: wirePin(id, { status: looks < 4 ? 'queued' : 'pinned' }) };
    });
    let removed = false;
    const seen: string[] = [];
    for await (const event of graph.subscribe<{ update: Update }>(updates, {}, callers.operator)) {
      const update = event.data?.update;
      // What caches know it by, also once it is gone.
      expect(update?.pinId).toBe(globalId('acme', update?.requestId ?? ''));
      seen.push(`${update?.requestId} ${update?.status} ${update?.pin === null ? 'none' : 'pin'}`);
      if (update?.requestId !== 'r2' || removed) continue;
      removed = true;
      expect(
        await graph.query(
          'mutation { removePin(input: { requestId: "r2" }) { ... on RemovePinPayload { deletedId } } }',
        ),
      ).toEqual({ data: { removePin: { deletedId: globalId('acme', 'r2') } } });
    }
    expect(seen.toSorted()).toEqual([
      'r1 PINNED pin',
      'r1 QUEUED pin',
      'r2 QUEUED pin',
      'r2 REMOVED none',
      'r3 REMOVED none',
    ]);
  });

  it('a pin that was added here is waited for', async () => {
    const graph = await startPinsGraph();
    let looks = 0;
    graph.acme.answer((request) => {
      if (request.method === 'POST')
        return { status: 202, body: wirePin('r1', { pin: JSON.parse(request.body) as object }) };
      if (request.path === '/pins') return { body: { count: 0, results: [] } };
      looks += 1;
      return looks < 3 ? { status: 404 } : { body: wirePin('r1') };
    });
    await graph.query(add);
    const seen: unknown[] = [];
    for await (const event of graph.subscribe<{ pin: { status: string } | null }>(
      'subscription { pin: pinStatus(requestId: "r1") { status } }',
    ))
      seen.push(event.data?.pin?.status ?? null);
    expect(seen).toEqual(['PINNED']);
    await until(() => looks === 3);
  });
});
