import { describe, expect, it } from 'vitest';
import type { WriteFault } from '../support/fake-pinning.js';
import {
  callers,
  canary,
  cids,
  closeAfterAll,
  codesIn,
  createGate,
  errorAt,
  expectClean,
  refusalBody,
  startPinsGraph,
  tainted,
  writesMeet,
  type PinsGraph,
} from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { spentOn } from '../support/spent-on.js';

closeAfterAll();

const shown = '__typename ... on UserError { code } ... on OutcomeUnknownError { idempotencyKey }';
const addText =
  `mutation ($input: AddPinInput!) { done: addPin(input: $input) { ${shown} ... on AddPinPayload { ` +
  'alreadyPinned pin { requestId cid name meta status } } } }';
const replaceText =
  `mutation ($input: ReplacePinInput!) { done: replacePin(input: $input) { ${shown} ... on ` +
  'ReplacePinPayload { replacedRequestId pin { requestId cid name } } } }';
const removeText =
  `mutation ($input: RemovePinInput!) { done: removePin(input: $input) { ${shown} ... on ` +
  'RemovePinPayload { removedRequestId } } }';

interface Done {
  readonly done: {
    readonly __typename: string;
    readonly idempotencyKey?: string | null;
    readonly alreadyPinned?: boolean;
    readonly pin?: { readonly requestId: string; readonly meta: object };
  } | null;
}

const add = (graph: PinsGraph, input: object, headers?: Record<string, string>) =>
  graph.query<Done>(addText, { input: { cid: cids.a, ...input } }, headers);
const replace = (graph: PinsGraph, input: object) =>
  graph.query<Done>(replaceText, { input: { requestId: 'old', cid: cids.b, ...input } });
const remove = (graph: PinsGraph, requestId = 'old') => graph.query<Done>(removeText, { input: { requestId } });
const posts = (graph: PinsGraph) => graph.acme.count('POST');

describe.concurrent('a key', () => {
  it('answers the first result again and sends nothing', async () => {
    const graph = await startPinsGraph();
    const first = await add(graph, { idempotencyKey: 'k 1 ä', name: 'one', meta: { b: '1', a: '2' } });
    expect(first.data?.done).toMatchObject({
      __typename: 'AddPinPayload',
      alreadyPinned: false,
      pin: { name: 'one', meta: { b: '1', a: '2' } },
    });
    expect([...graph.acme.pins.values()][0]?.pin.meta).toMatchObject({ gw_idem: expect.any(String) });
    const sent = graph.sent();
    expect(await add(graph, { idempotencyKey: 'k 1 ä', name: 'one', meta: { a: '2', b: '1' } })).toEqual(first);
    expect(
      await add(graph, {
        idempotencyKey: 'k 1 ä',
        name: 'one',
        meta: { a: '2', b: '1' },
        service: 'acme',
        origins: [],
      }),
    ).toEqual(first);
    expect(graph.sent()).toBe(sent);
    expect(posts(graph)).toBe(1);
  });

  it('does not stand for another input', async () => {
    const graph = await startPinsGraph();
    await add(graph, { idempotencyKey: 'k', name: 'one' });
    for (const input of [
      { name: 'two' },
      {},
      { name: 'one', meta: { a: 'b' } },
      { name: 'one', cid: cids.b },
      { name: 'one', service: 'other' },
    ]) {
      const answer = await add(graph, { idempotencyKey: 'k', ...input });
      expect(answer.data).toEqual({ done: null });
      expect(errorAt(answer, 'done').extensions).toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
        retryable: false,
        requestId: expect.any(String),
      });
      expectClean(answer);
    }
    expect([posts(graph), graph.other.requests]).toEqual([1, []]);
  });

  it("is each caller's own, and each mutation's", async () => {
    const graph = await startPinsGraph();
    graph.acme.put({ requestid: 'old', pin: { cid: cids.c } });
    const mine = await add(graph, { idempotencyKey: 'k' });
    const theirs = await add(graph, { idempotencyKey: 'k' }, callers.token);
    expect(theirs.data?.done?.pin?.requestId).not.toBe(mine.data?.done?.pin?.requestId);
    expect((await replace(graph, { idempotencyKey: 'k' })).data?.done?.__typename).toBe('ReplacePinPayload');
    expect(posts(graph)).toBe(3);
  });

  it('sends once for all who come at the same time', async () => {
    const graph = await startPinsGraph({ WRITE_TIMEOUT_MS: '5000', UPSTREAM_TIMEOUT_MS: '5000' });
    const answers = await Promise.all(Array.from({ length: 6 }, () => add(graph, { idempotencyKey: 'k' })));
    expect(answers[0]?.data?.done?.__typename).toBe('AddPinPayload');
    expect(answers).toEqual(answers.map(() => answers[0]));
    expect(posts(graph)).toBe(1);
    const both = await graph.query(
      `mutation { a: addPin(input: { cid: "${cids.b}", idempotencyKey: "t" }) { ... on AddPinPayload { pin ` +
        `{ requestId } } } b: addPin(input: { cid: "${cids.b}", idempotencyKey: "t" }) { ... on ` +
        'AddPinPayload { pin { requestId } } } }',
    );
    expect(both.data).toHaveProperty('b', both.data && (both.data as Record<string, unknown>)['a']);
    expect(posts(graph)).toBe(2);
  });

  it('is in progress for those who cannot wait for its end', async () => {
    const graph = await startPinsGraph({ WRITE_TIMEOUT_MS: '10000', UPSTREAM_TIMEOUT_MS: '5000' });
    const gate = createGate();
    graph.acme.answer(
      writesMeet(async () => {
        await gate.opened;
        return {
          status: 202,
          body: {
            requestid: 'slow',
            status: 'queued',
            created: new Date().toISOString(),
            delegates: [],
            pin: { cid: cids.a },
          },
        };
      }),
    );
    const first = add(graph, { idempotencyKey: 'k' });
    await until(() => posts(graph) === 1);
    const second = await add(graph, { idempotencyKey: 'k' });
    expect(errorAt(second, 'done').extensions).toMatchObject({
      code: 'IDEMPOTENCY_IN_PROGRESS',
      retryable: true,
      retryAfterMs: expect.any(Number),
    });
    gate.open();
    expect((await first).data?.done?.__typename).toBe('AddPinPayload');
    expect((await add(graph, { idempotencyKey: 'k' })).data).toEqual((await first).data);
    expect(posts(graph)).toBe(1);
  });

  it('keeps what the service refused, but no refusal of rights, pace or transport', async () => {
    const graph = await startPinsGraph();
    const kept: [number, string, string][] = [
      [409, 'INSUFFICIENT_FUNDS', 'InsufficientFundsError'],
      [400, 'BAD_REQUEST', 'InvalidInputError'],
    ];
    for (const [status, reason, member] of kept) {
      graph.acme.answer(writesMeet(() => tainted(status, refusalBody(reason))));
      const before = posts(graph);
      for (let time = 0; time < 2; time++)
        expect((await add(graph, { idempotencyKey: reason })).data?.done).toMatchObject({ __typename: member });
      expect(posts(graph) - before, reason).toBe(1);
    }
    const passing: [number, string][] = [
      [401, 'UPSTREAM_AUTH_FAILED'],
      [403, 'UPSTREAM_AUTH_FAILED'],
      [429, 'RATE_LIMITED'],
    ];
    for (const [status, code] of passing) {
      graph.acme.answer(writesMeet(() => tainted(status, refusalBody('NO'), { 'retry-after': '0' })));
      const before = posts(graph);
      for (let time = 0; time < 2; time++)
        expect(codesIn(await add(graph, { idempotencyKey: `s${status}` }))).toEqual([code]);
      expect(posts(graph) - before, code).toBe(2);
    }
  });
});

describe.concurrent('a lost answer to an addition', () => {
  const withEffect: WriteFault[] = ['cut after', 'half answer', '500 after'];
  it.each(
    withEffect.flatMap(
      (fault) =>
        [
          [fault, true, 'k'],
          [fault, false, 'k'],
          [fault, true, undefined],
        ] as const,
    ),
  )('%s, marker kept: %s, key %s: is found', async (fault, keepsMeta, idempotencyKey) => {
    const graph = await startPinsGraph({ UPSTREAM_TIMEOUT_MS: '5000' }, { keepsMeta });
    graph.acme.faults.push(fault);
    const answer = await add(graph, { name: 'one', ...(idempotencyKey && { idempotencyKey }) });
    expect(answer.data?.done).toMatchObject({
      __typename: 'AddPinPayload',
      alreadyPinned: false,
      pin: { cid: cids.a, name: 'one' },
    });
    expect([posts(graph), graph.acme.pins.size]).toEqual([1, 1]);
  });

  it.each<WriteFault>(['cut before', '500 before'])(
    '%s: is told, and may be sent again under its key only',
    async (fault) => {
      const graph = await startPinsGraph({ RESEND_QUARANTINE_MS: '60000' });
      graph.acme.faults.push(fault);
      for (let time = 0; time < 2; time++) {
        expect((await add(graph, { idempotencyKey: 'k' })).data?.done).toEqual({
          __typename: 'OutcomeUnknownError',
          code: 'OUTCOME_UNKNOWN',
          idempotencyKey: 'k',
        });
        expect([posts(graph), graph.acme.pins.size]).toEqual([1, 0]);
      }
    },
  );

  it.each(['k', undefined])(
    'is sent again after the quarantine, under the key given or made up (%s)',
    async (idempotencyKey) => {
      const graph = await startPinsGraph({ RESEND_QUARANTINE_MS: '1' });
      graph.acme.faults.push('cut before');
      const lost = await add(graph, { ...(idempotencyKey && { idempotencyKey }) });
      expect(lost.data?.done?.__typename).toBe('OutcomeUnknownError');
      const key = lost.data?.done?.idempotencyKey;
      expect(key).toEqual(idempotencyKey ?? expect.any(String));
      const again = await add(graph, { idempotencyKey: key });
      expect(again.data?.done?.__typename).toBe('AddPinPayload');
      expect([posts(graph), graph.acme.pins.size]).toEqual([2, 1]);
      expect(await add(graph, { idempotencyKey: key })).toEqual(again);
      expect(posts(graph)).toBe(2);
    },
  );

  it('that shows only later is found under the key', async () => {
    const graph = await startPinsGraph({ RESEND_QUARANTINE_MS: '60000' });
    graph.acme.faults.push('cut before');
    await add(graph, { idempotencyKey: 'k' });
    const marker = JSON.parse(graph.acme.requests.find((request) => request.method === 'POST')?.body ?? '{}') as {
      meta: { gw_idem: string };
    };
    graph.acme.put({ requestid: 'late', pin: { cid: cids.a, meta: { gw_idem: marker.meta.gw_idem } } });
    expect((await add(graph, { idempotencyKey: 'k' })).data?.done).toMatchObject({
      __typename: 'AddPinPayload',
      pin: { requestId: 'late', meta: {} },
    });
    expect(posts(graph)).toBe(1);
  });
});

describe.concurrent('content that is there already', () => {
  it('is said to be, when the service answers with it', async () => {
    const graph = await startPinsGraph({}, { again: 'same pin' });
    await add(graph, { name: 'one' });
    expect((await add(graph, { name: 'one' })).data?.done).toMatchObject({
      __typename: 'AddPinPayload',
      alreadyPinned: true,
    });
    expect(graph.acme.pins.size).toBe(1);
  });

  it('is a conflict when the service refuses it and it is not what was asked for', async () => {
    const graph = await startPinsGraph({}, { again: 'refused' });
    await add(graph, { name: 'one' });
    expect((await add(graph, { name: 'one' })).data?.done).toMatchObject({
      __typename: 'AddPinPayload',
      alreadyPinned: true,
    });
    const answer = await add(graph, { name: 'two' });
    expect(answer.data?.done).toMatchObject({ __typename: 'ConflictError', code: 'CONFLICT' });
    expectClean(answer);
  });
});

describe.concurrent('a replacement', () => {
  it.each<[WriteFault, number]>([
    ['cut after', 1],
    ['half answer', 1],
    ['500 after', 1],
    ['empty', 1],
    ['cut before', 2],
    ['500 before', 2],
  ])('whose answer is lost (%s) is done in %i', async (fault, sendings) => {
    const graph = await startPinsGraph({ UPSTREAM_TIMEOUT_MS: '5000' });
    graph.acme.put({ requestid: 'old', pin: { cid: cids.a } });
    graph.acme.faults.push(fault);
    const answer = await replace(graph, { idempotencyKey: 'k', name: 'new' });
    expect(answer.data?.done).toMatchObject({
      __typename: 'ReplacePinPayload',
      replacedRequestId: 'old',
      pin: { cid: cids.b, name: 'new' },
    });
    expect([posts(graph), graph.acme.pins.size]).toEqual([sendings, 1]);
    expect(await replace(graph, { idempotencyKey: 'k', name: 'new' })).toEqual(answer);
    expect(posts(graph)).toBe(sendings);
  });

  it('that keeps failing is unknown, and of nothing not found', async () => {
    const graph = await startPinsGraph();
    graph.acme.put({ requestid: 'old', pin: { cid: cids.a } });
    graph.acme.faults.push('cut before', 'cut before');
    expect((await replace(graph, { idempotencyKey: 'k' })).data?.done).toEqual({
      __typename: 'OutcomeUnknownError',
      code: 'OUTCOME_UNKNOWN',
      idempotencyKey: 'k',
    });
    graph.acme.pins.clear();
    expect((await replace(graph, {})).data?.done).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND' });
  });
});

describe.concurrent('a removal', () => {
  it.each<WriteFault>(['cut after', 'cut before', '500 after', '500 before'])(
    'whose answer is lost (%s) is done',
    async (fault) => {
      const graph = await startPinsGraph();
      graph.acme.put({ requestid: 'old', pin: { cid: cids.a } });
      graph.acme.faults.push(fault);
      expect((await remove(graph)).data?.done).toEqual({ __typename: 'RemovePinPayload', removedRequestId: 'old' });
      expect(graph.acme.pins.size).toBe(0);
      expect((await remove(graph)).data?.done).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND' });
    },
  );

  it('shows in the next read', async () => {
    const graph = await startPinsGraph();
    graph.acme.put({ requestid: 'old', pin: { cid: cids.a } });
    await graph.query('{ pin(requestId: "old") { id } }');
    await remove(graph);
    expect((await graph.query('{ pin(requestId: "old") { id } pins { nodes { id } } }')).data).toEqual({
      pin: null,
      pins: { nodes: [] },
    });
  });
});

describe.concurrent('a client that leaves', () => {
  it('does not end a change that is under way', async () => {
    const graph = await startPinsGraph({ PORT: '0', WRITE_TIMEOUT_MS: '5000', UPSTREAM_TIMEOUT_MS: '5000' });
    const address = await graph.app.listen();
    const gate = createGate();
    let broken = false;
    const body = {
      requestid: 'kept',
      status: 'queued',
      created: new Date().toISOString(),
      delegates: [],
      pin: { cid: cids.a },
    };
    graph.acme.answer(
      writesMeet(async (_request, response) => {
        response.on('close', () => {
          broken ||= !response.writableFinished;
        });
        await gate.opened;
        return { status: 202, body };
      }),
    );
    const abort = new AbortController();
    const leaving = fetch(`${address}/graphql`, {
      method: 'POST',
      signal: abort.signal,
      headers: { 'content-type': 'application/json', ...callers.operator },
      body: JSON.stringify({ query: addText, variables: { input: { cid: cids.a, idempotencyKey: 'k' } } }),
    });
    const left = expect(leaving).rejects.toThrow();
    await until(() => posts(graph) === 1);
    abort.abort();
    await left;
    const again = add(graph, { idempotencyKey: 'k' });
    gate.open();
    expect((await again).data?.done).toMatchObject({ __typename: 'AddPinPayload', pin: { requestId: 'kept' } });
    expect([posts(graph), broken]).toEqual([1, false]);
  });

  it('ends a read', async () => {
    const graph = await startPinsGraph({ PORT: '0', UPSTREAM_TIMEOUT_MS: '5000', OPERATION_TIMEOUT_MS: '9000' });
    const address = await graph.app.listen();
    let closed = false;
    graph.acme.answer((_request, response) => {
      response.on('close', () => {
        closed = true;
      });
      return undefined;
    });
    const abort = new AbortController();
    const leaving = fetch(`${address}/graphql`, {
      method: 'POST',
      signal: abort.signal,
      headers: { 'content-type': 'application/json', ...callers.operator },
      body: JSON.stringify({ query: `{ pin(requestId: "${canary}") { id } }` }),
    });
    const left = expect(leaving).rejects.toThrow();
    await until(() => graph.acme.requests.length === 1);
    abort.abort();
    await left;
    expect((await spentOn(() => until(() => closed))).ms).toBeLessThan(1_000);
    expect(graph.acme.requests).toHaveLength(1);
  });
});
