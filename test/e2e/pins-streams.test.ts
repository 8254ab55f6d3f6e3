import { describe, expect, it } from 'vitest';
import type { Settings } from '../../src/settings.js';
import {
  callers,
  cids,
  closeAfterEach,
  codesIn,
  expectClean,
  refusalBody,
  startPinsGraph,
  tainted,
  wirePin,
  type PinsGraph,
} from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { overGet, overSse, overWebSocket, type Listening, type Transport } from '../support/graph-streams.js';

closeAfterEach();

interface Listener extends PinsGraph {
  readonly address: string;
}

async function listening(settings: Settings = {}): Promise<Listener> {
  const graph = await startPinsGraph({ PORT: '0', PIN_POLL_INTERVAL_MS: '20', ...settings });
  return { ...graph, address: await graph.app.listen() };
}

const watchX = 'subscription { pin: pinStatus(requestId: "x") { requestId status info } }';
const statuses = (stream: Listening) =>
  stream.events.map(
    (event) => (event.data?.['pin'] as { status: string } | null | undefined)?.status ?? event.data?.['pin'],
  );

/** Sets a pin's state in place, as services do. */
function put(graph: PinsGraph, requestid: string, status: string, info: Record<string, string> = {}): void {
  graph.acme.put({ requestid, status, info, created: '2025-03-01T00:00:00Z', pin: { cid: cids.a } });
}

const transports: [string, Transport][] = [
  ['SSE by POST', overSse],
  ['SSE by GET', overGet],
  ['graphql-ws', overWebSocket],
];

describe.each(transports)('over %s', (_name, subscribe) => {
  it('tells the state, then changes, then the end', async () => {
    const graph = await listening();
    put(graph, 'x', 'queued');
    const stream = subscribe(graph.address, watchX, callers.reader);
    await stream.heard(1);
    const polls = graph.acme.requests.length;
    await until(() => graph.acme.requests.length > polls + 1);
    expect(statuses(stream)).toEqual(['QUEUED']);
    put(graph, 'x', 'pinning', { progress: '1' });
    await stream.heard(2);
    put(graph, 'x', 'pinning', { progress: '2' });
    await stream.heard(3);
    put(graph, 'x', 'pinned');
    await stream.over();
    expect(statuses(stream)).toEqual(['QUEUED', 'PINNING', 'PINNING', 'PINNED']);
    expect(stream.state).toBe('complete');
    const last = graph.acme.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(graph.acme.requests.length).toBe(last);
  });

  it('tells once that there is none, or none any more', async () => {
    const graph = await listening();
    const missing = subscribe(graph.address, watchX.replace('"x"', '"gone"'), callers.reader);
    await missing.over();
    expect([missing.state, missing.events]).toEqual(['complete', [{ data: { pin: null } }]]);
    put(graph, 'x', 'pinning', { progress: '7' });
    const stream = subscribe(graph.address, watchX, callers.reader);
    await stream.heard(1);
    graph.acme.pins.delete('x');
    await stream.over();
    expect(stream.state).toBe('complete');
    expect(stream.events.at(-1)).toEqual({
      data: { pin: { requestId: 'x', status: 'REMOVED', info: { progress: '7' } } },
    });
    expect(statuses(stream)).toEqual(['PINNING', 'REMOVED']);
  });

  it('refuses before anything is asked', async () => {
    const graph = await listening();
    for (const [headers, code] of [
      [callers.anonymous, 'UNAUTHENTICATED'],
      [callers.piOperator, 'FORBIDDEN'],
      [{ ...callers.operator, ...callers.emptyToken }, 'UNAUTHENTICATED'],
    ] as const) {
      const stream = subscribe(graph.address, watchX, headers);
      await stream.over();
      // graphql-ws says it in an error message, SSE in the only event.
      const errors = stream.state === 'failed' ? { errors: stream.failure as [] } : (stream.events[0] ?? {});
      expect(codesIn(errors)).toEqual([code]);
      expectClean(errors);
    }
    expect(graph.sent()).toBe(0);
  });

  it('stops asking when the last one leaves', async () => {
    const graph = await listening();
    put(graph, 'x', 'queued');
    const [first, second] = [
      subscribe(graph.address, watchX, callers.reader),
      subscribe(graph.address, watchX, callers.reader),
    ];
    await Promise.all([first.heard(1), second.heard(1)]);
    first.leave();
    put(graph, 'x', 'pinning');
    await second.heard(2);
    second.leave();
    await new Promise((resolve) => setTimeout(resolve, 150));
    const polls = graph.acme.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(graph.acme.requests.length).toBe(polls);
  });
});

describe('watching', () => {
  it('asks once for everybody with one credential, and apart for another', async () => {
    const graph = await listening({ PIN_POLL_INTERVAL_MS: '3000' });
    put(graph, 'x', 'queued');
    const same = [overSse, overGet, overWebSocket, overSse].map((subscribe) =>
      subscribe(graph.address, watchX, callers.reader),
    );
    await Promise.all(same.map((stream) => stream.heard(1)));
    expect(graph.acme.requests).toHaveLength(1);
    const late = overSse(graph.address, watchX, callers.operator);
    await late.heard(1);
    expect(graph.acme.requests).toHaveLength(1);
    const other = overSse(graph.address, watchX, callers.token);
    await other.heard(1);
    expect(graph.acme.requests.map((request) => request.headers.authorization)).toEqual([
      'Bearer acme-token-CANARY',
      'Bearer callers-own-token',
    ]);
  });

  it('slows down when the service asks for it, and goes on', async () => {
    const graph = await listening();
    put(graph, 'x', 'queued');
    const pin = (status: string) => ({ body: wirePin('x', { status }) });
    const times: number[] = [];
    graph.acme.answer(() => {
      times.push(Date.now());
      if (times.length === 1) return pin('queued');
      return times.length === 2 ? tainted(429, refusalBody('SLOW'), { 'retry-after': '1' }) : pin('pinned');
    });
    const stream = overSse(graph.address, watchX, callers.reader);
    await stream.over();
    expect(statuses(stream)).toEqual(['QUEUED', 'PINNED']);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(950);
  });

  it('outlives an outage without a word', async () => {
    const graph = await listening();
    let round = 0;
    graph.acme.answer((_request, response) => {
      round += 1;
      if (round === 1) return { body: wirePin('x', { status: 'queued' }) };
      if (round === 2) return tainted(500, refusalBody('OOPS'));
      if (round === 3) return void response.destroy();
      if (round === 4) return tainted(200, '<html>', { 'content-type': 'text/html' });
      return { body: wirePin('x', { status: 'pinned' }) };
    });
    const stream = overSse(graph.address, watchX, callers.reader);
    await stream.over();
    expect([stream.state, statuses(stream)]).toEqual(['complete', ['QUEUED', 'PINNED']]);
    expect(stream.events.flatMap(codesIn)).toEqual([]);
  });

  it.each([
    [callers.reader, 'UPSTREAM_AUTH_FAILED'],
    [callers.token, 'UNAUTHENTICATED'],
  ] as const)('ends with the reason when the credential is refused', async (headers, code) => {
    for (const subscribe of [overSse, overWebSocket]) {
      const graph = await listening();
      let refused = false;
      graph.acme.answer(() =>
        refused ? tainted(401, refusalBody('NO')) : { body: wirePin('x', { status: 'queued' }) },
      );
      const stream = subscribe(graph.address, watchX, headers);
      await stream.heard(1);
      refused = true;
      await stream.over();
      expect(stream.state).toBe('complete');
      expect(stream.events.map(codesIn)).toEqual([[], [code]]);
      expect(stream.events[1]?.errors?.[0]).toMatchObject({
        path: ['pin'],
        extensions: { provider: 'pinning:acme', retryable: false },
      });
      expectClean(stream.events);
      const polls = graph.acme.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 80));
      expect(graph.acme.requests.length).toBe(polls);
    }
  });

  it.each([
    [400, 'BAD_USER_INPUT'],
    [403, 'UPSTREAM_AUTH_FAILED'],
    [409, 'INSUFFICIENT_FUNDS'],
  ])('ends when the service answers %i', async (status, code) => {
    const graph = await listening();
    graph.acme.answer(() =>
      graph.acme.requests.length === 1
        ? { body: wirePin('x', { status: 'queued' }) }
        : tainted(status, refusalBody('NO')),
    );
    const stream = overSse(graph.address, watchX, callers.reader);
    await stream.over();
    expect([stream.state, stream.events.map(codesIn)]).toEqual(['complete', [[], [code]]]);
  });

  it('ends when ten answers in a row cannot be used, and no sooner', async () => {
    const graph = await listening({ PIN_POLL_INTERVAL_MS: '5' });
    graph.acme.answer(() => {
      const asked = graph.acme.requests.length;
      return { body: asked === 1 || asked === 6 ? wirePin('x', { status: 'queued' }) : { requestid: 'x' } };
    });
    const stream = overSse(graph.address, watchX, callers.reader);
    await stream.over();
    expect([stream.state, stream.events.map(codesIn)]).toEqual(['complete', [[], ['UPSTREAM_INVALID_RESPONSE']]]);
    expect(graph.acme.requests).toHaveLength(16);
  });

  it('is bounded for the whole instance, too', async () => {
    const graph = await listening({ MAX_SUBSCRIPTIONS: '1', PIN_POLL_INTERVAL_MS: '3000' });
    put(graph, 'x', 'queued');
    await overSse(graph.address, watchX, callers.reader).heard(1);
    const refused = overSse(graph.address, watchX, callers.token);
    await refused.over();
    expect(refused.events.map(codesIn)).toEqual([['SUBSCRIPTION_LIMIT']]);
  });

  it('gives each caller a number of streams, and the place back', async () => {
    const graph = await listening({ MAX_SUBSCRIPTIONS_PER_CALLER: '2', PIN_POLL_INTERVAL_MS: '3000' });
    put(graph, 'x', 'queued');
    const streams = [
      overSse(graph.address, watchX, callers.reader),
      overWebSocket(graph.address, watchX, callers.reader),
    ];
    await Promise.all(streams.map((stream) => stream.heard(1)));
    const refused = overSse(graph.address, watchX, callers.reader);
    await refused.over();
    expect(refused.events.map(codesIn)).toEqual([['SUBSCRIPTION_LIMIT']]);
    expect(refused.events[0]?.errors?.[0]?.extensions).toMatchObject({ retryable: true });
    const other = overSse(graph.address, watchX, callers.token);
    await other.heard(1);
    for (const stream of streams) {
      stream.leave();
      let again = overSse(graph.address, watchX, callers.reader);
      await until(() => {
        if (again.state === 'complete') again = overSse(graph.address, watchX, callers.reader);
        return again.events.some((event) => event.data?.['pin']);
      });
    }
  });

  it('follows many pins in few calls, each to its own end', async () => {
    const graph = await listening({ PIN_POLL_INTERVAL_MS: '200' });
    const ids = Array.from({ length: 200 }, (_, index) => `r${index}`);
    for (const id of ids) put(graph, id, 'pinning');
    const stream = overSse(
      graph.address,
      `subscription { pin: pinStatuses(requestIds: ${JSON.stringify([...ids, 'gone', 'r1'])}) { requestId status } }`,
      callers.reader,
    );
    await stream.heard(201);
    // One listing of what is in progress, and one look for the pin that is not in it.
    expect(graph.acme.requests.length).toBeLessThanOrEqual(4);
    expect(new Set(statuses(stream))).toEqual(new Set(['PINNING', null]));
    for (const id of ids) put(graph, id, id === 'r7' ? 'failed' : 'pinned');
    await stream.over();
    expect(stream.state).toBe('complete');
    expect(stream.events).toHaveLength(401);
    const ends = stream.events.slice(201).map((event) => event.data?.['pin'] as { requestId: string; status: string });
    expect(ends.map((pin) => pin.requestId).toSorted()).toEqual(ids.toSorted());
    expect(ends.filter((pin) => pin.status !== 'PINNED')).toEqual([{ requestId: 'r7', status: 'FAILED' }]);
  });

  it('of nothing completes at once', async () => {
    const graph = await listening();
    const stream = overSse(
      graph.address,
      'subscription { pin: pinStatuses(requestIds: []) { requestId } }',
      callers.reader,
    );
    await stream.over();
    expect([stream.state, stream.events]).toEqual(['complete', []]);
    expect(graph.sent()).toBe(0);
  });
});
