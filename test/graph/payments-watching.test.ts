import { afterAll, describe, expect, it, vi } from 'vitest';
import { flags } from '../providers/pi-support.js';
import {
  ANN,
  BEN,
  callers,
  change,
  closeAll,
  linked,
  startPaymentsGraph,
  TXID,
  wireUser,
  type Wire,
} from '../support/graph-payments.js';
import { codesIn } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { listen, reads, sse, states, ws, type Stream } from './payment-streams.js';

// They run side by side: most of their time they wait for the next poll.
afterAll(closeAll);

const slow = { PAYMENT_POLL_INTERVAL_MS: '60000' };
/** What is missing counts as gone after ten seconds, as outside of tests. */
const patient = { polling: { goneAfterMs: 10_000 } };
/** The same, read as often later on as at first. */
const steady = { polling: { ...patient.polling, growth: 1 } };
const journey: readonly Wire[] = [
  { status: flags('developer_approved') },
  { status: flags('developer_approved'), transaction: linked(TXID, false) },
  { status: flags('developer_approved'), transaction: linked(TXID, true) },
  { status: flags('developer_approved', 'transaction_verified'), transaction: linked(TXID) },
  { status: flags('developer_approved', 'transaction_verified', 'developer_completed'), transaction: linked(TXID) },
];

describe.concurrent.each([
  ['server-sent events', sse],
  ['graphql-ws', ws],
] as const)('watching a payment over %s', (_name, open) => {
  it('tells the state now, each change, the end once, and completes', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1');
    const stream = await open(graph);
    await until(() => stream.events.length === 1);
    for (const [index, step] of journey.entries()) {
      graph.pi.put('p1', step);
      await until(() => stream.events.length === index + 2);
      // The same again is no event, however often it is read.
      const before = reads(graph);
      if (index < 4) await until(() => reads(graph) > before);
    }
    await stream.ended;
    expect(states(stream)).toEqual(['CREATED', 'APPROVED', 'SUBMITTED', 'SUBMITTED', 'VERIFIED', 'COMPLETED']);
    expect(stream.events[3]?.data?.paymentStatus?.transaction).toEqual({ txid: TXID, verified: true });
    const after = reads(graph);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    expect(reads(graph), 'nobody asks any more').toBe(after);
  });

  it('ends at once with what is over already', async () => {
    for (const [status, state] of [
      [flags('cancelled'), 'CANCELLED'],
      [flags('user_cancelled'), 'CANCELLED'],
      [flags('developer_completed'), 'COMPLETED'],
    ] as const) {
      const graph = await startPaymentsGraph(slow);
      graph.pi.put('p1', { status });
      const stream = await open(graph, callers.operator);
      await stream.ended;
      expect(states(stream)).toEqual([state]);
      expect(reads(graph)).toBe(1);
    }
  });

  it("one that is not there, or not the caller's, is a single null", async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('bens', { user_uid: BEN });
    for (const [headers, id] of [
      [callers.ann, 'gone'],
      [callers.operator, 'gone'],
      [callers.ann, 'bens'],
    ] as const) {
      const before = reads(graph);
      const stream = await open(graph, headers, id);
      await stream.ended;
      expect(stream.events).toEqual([{ data: { paymentStatus: null } }]);
      expect(reads(graph) - before).toBe(1);
    }
  });

  it.each([
    ['anonymous', callers.anonymous, 'p1', 'UNAUTHENTICATED'],
    ['an operator without the right', callers.pinOperator, 'p1', 'FORBIDDEN'],
    ['an operator with a word for an id', callers.operator, 'incomplete_server_payments', 'BAD_USER_INPUT'],
  ] as const)('refuses before anything is asked: %s', async (_who, headers, id, code) => {
    const graph = await startPaymentsGraph();
    const stream = await open(graph, headers, id);
    await stream.ended;
    expect(stream.events.flatMap(codesIn)).toEqual([code]);
    expect(graph.pi.seen()).toEqual([]);
  });

  it('two readers cost one poll, and leaving stops it', async () => {
    const graph = await startPaymentsGraph({ PAYMENT_POLL_INTERVAL_MS: '30' });
    graph.pi.put('p1');
    const streams = await Promise.all([open(graph), open(graph), open(graph, callers.operator)]);
    await until(() => streams.every(({ events }) => events.length === 1));
    const start = reads(graph);
    const from = Date.now();
    await until(() => reads(graph) >= start + 4);
    graph.pi.put('p1', journey[0]);
    await until(() => streams.every(({ events }) => events.length === 2));
    // Polls grow from 30 ms by a half each: three readers with a poll of their own would have made more.
    expect(reads(graph) - start).toBeLessThanOrEqual(2 + Math.ceil((Date.now() - from) / 30));
    for (const stream of streams) stream.leave();
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    const after = reads(graph);
    await new Promise((resolve) => {
      setTimeout(resolve, 150);
    });
    expect(reads(graph)).toBe(after);
  });

  it('ends with UNAUTHENTICATED when Pi refuses the reader', async () => {
    const graph = await startPaymentsGraph({ ME_CACHE_TTL_MS: '100' });
    graph.pi.put('p1');
    const stream = await open(graph);
    await until(() => stream.events.length === 1);
    graph.pi.intercept(({ path }) => (path === '/v2/me' ? { status: 401, body: '' } : undefined));
    await stream.ended;
    expect(stream.events.flatMap(codesIn)).toEqual(['UNAUTHENTICATED']);
    expect(stream.events).toHaveLength(2);
  });

  it('shows a refused reader no change', async () => {
    const graph = await startPaymentsGraph({ ME_CACHE_TTL_MS: '1' });
    graph.pi.put('p1');
    const stream = await open(graph);
    await until(() => stream.events.length === 1);
    graph.pi.intercept(({ path }) => (path === '/v2/me' ? { status: 401, body: '' } : undefined));
    graph.pi.put('p1', journey[4]);
    await stream.ended;
    expect(stream.events.map(({ data }) => data?.paymentStatus?.state)).toEqual(['CREATED', undefined]);
    expect(stream.events.flatMap(codesIn)).toEqual(['UNAUTHENTICATED']);
  });
});

describe.concurrent('a reader whose identity runs out', () => {
  const endsIn = (ms: number): Wire =>
    wireUser(ANN, { credentials: { scopes: [], valid_until: { timestamp: Date.now() + ms } } });

  it('is asked about again, and reads on', async () => {
    const graph = await startPaymentsGraph({ ME_CACHE_TTL_MS: '100' });
    graph.pi.put('p1');
    const stream = await sse(graph);
    await until(() => graph.pi.count('GET /me') >= 3);
    graph.pi.put('p1', journey[4]);
    await stream.ended;
    expect(states(stream)).toEqual(['CREATED', 'COMPLETED']);
  });

  it('is cut off 30 seconds before the token ends, though nothing happens', async () => {
    const graph = await startPaymentsGraph(slow);
    graph.pi.put('p1');
    const me = endsIn(31_500);
    graph.pi.intercept(({ path }) => (path === '/v2/me' ? { body: me } : undefined));
    const stream = await sse(graph);
    await stream.ended;
    expect(states(stream)[0]).toBe('CREATED');
    expect(stream.events.flatMap(codesIn)).toEqual(['UNAUTHENTICATED']);
    expect(stream.events.at(-1)?.errors?.[0]?.extensions).toMatchObject({
      retryable: false,
      requestId: expect.any(String),
    });
  });

  it('is cut off when the token stands for somebody else by now', async () => {
    const graph = await startPaymentsGraph({ ME_CACHE_TTL_MS: '50', ...slow });
    graph.pi.put('p1');
    const stream = await sse(graph);
    await until(() => stream.events.length === 1);
    graph.pi.intercept(({ path }) => (path === '/v2/me' ? { body: wireUser('uid-anew') } : undefined));
    await stream.ended;
    expect(stream.events.flatMap(codesIn)).toEqual(['UNAUTHENTICATED']);
  });

  it('waits while Pi cannot be asked, and misses nothing', async () => {
    const graph = await startPaymentsGraph({ ME_CACHE_TTL_MS: '1' });
    graph.pi.put('p1');
    const stream = await sse(graph);
    await until(() => stream.events.length === 1);
    graph.pi.intercept(({ path }) => (path === '/v2/me' ? { status: 400, body: '' } : undefined));
    const before = graph.pi.count('GET /me');
    graph.pi.put('p1', journey[4]);
    await until(() => graph.pi.count('GET /me') >= before + 2);
    expect(stream.events).toHaveLength(1);
    graph.pi.intercept(undefined);
    await stream.ended;
    expect(states(stream)).toEqual(['CREATED', 'COMPLETED']);
  });

  it('who reads as an operator is not', async () => {
    const graph = await startPaymentsGraph({ ME_CACHE_TTL_MS: '50' });
    graph.pi.put('p1');
    const stream = await sse(graph, { ...callers.operator, ...callers.refusedBearer });
    await until(() => stream.events.length === 1);
    graph.pi.put('p1', journey[4]);
    await stream.ended;
    expect(states(stream)).toEqual(['CREATED', 'COMPLETED']);
    expect(graph.pi.count('GET /me')).toBe(0);
  });

  it('is not asked about once they have left', async () => {
    const graph = await startPaymentsGraph({ ME_CACHE_TTL_MS: '50', ...slow });
    graph.pi.put('p1');
    const stream = await sse(graph);
    await until(() => graph.pi.count('GET /me') >= 2);
    stream.leave();
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    const after = graph.pi.count('GET /me');
    await new Promise((resolve) => {
      setTimeout(resolve, 1_300);
    });
    expect(graph.pi.count('GET /me')).toBe(after);
  });
});

describe.concurrent('a watch', () => {
  it('counts against the caps, before anything is asked, and gives its place back', async () => {
    const graph = await startPaymentsGraph({ MAX_SUBSCRIPTIONS_PER_CALLER: '2', ...slow });
    graph.pi.put('p1');
    const streams = await Promise.all([sse(graph), sse(graph)]);
    await until(() => streams.every(({ events }) => events.length === 1));
    const before = reads(graph);
    const third = await sse(graph);
    await third.ended;
    expect(third.events.flatMap(codesIn)).toEqual(['SUBSCRIPTION_LIMIT']);
    expect(third.events[0]?.errors?.[0]?.extensions).toMatchObject({ retryable: true });
    expect(reads(graph)).toBe(before);
    const others = await sse(graph, callers.operator);
    await until(() => others.events.length === 1);
    streams[0].leave();
    const freed = Date.now() + 2_000;
    let again: Stream;
    do {
      again = await sse(graph);
      await until(() => again.events.length > 0);
    } while (again.events.flatMap(codesIn).length > 0 && Date.now() < freed);
    expect(states(again)).toEqual(['CREATED']);
  });

  it('gives the place back when the payment is not there, or the look for it fails', async () => {
    const graph = await startPaymentsGraph({ MAX_SUBSCRIPTIONS_PER_CALLER: '1' });
    for (let round = 0; round < 3; round += 1) {
      const gone = await sse(graph, callers.ann, 'gone');
      await gone.ended;
      expect(gone.events).toEqual([{ data: { paymentStatus: null } }]);
    }
    graph.pi.intercept(({ path }) => (path.includes('/payments/') ? { status: 400, body: {} } : undefined));
    for (let round = 0; round < 3; round += 1) {
      const failed = await sse(graph, callers.ann, 'gone');
      await failed.ended;
      expect(failed.events.flatMap(codesIn)).toEqual(['BAD_USER_INPUT']);
    }
  });

  it("goes on through an outage, and ends when the server's key is refused", async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1');
    const stream = await sse(graph, callers.operator);
    await until(() => stream.events.length === 1);
    graph.pi.intercept(() => ({ status: 503, body: '' }));
    const before = reads(graph);
    await until(() => reads(graph) >= before + 3);
    graph.pi.intercept(undefined);
    graph.pi.put('p1', journey[0]);
    await until(() => stream.events.length === 2);
    graph.pi.intercept(() => ({ status: 401, body: { error: 'unauthorized' } }));
    await stream.ended;
    expect(states(stream)).toEqual(['CREATED', 'APPROVED', null]);
    expect(stream.events.flatMap(codesIn)).toEqual(['UPSTREAM_AUTH_FAILED']);
  });

  it.each([401, 403, 404, 409, 400])('lives on when one look meets a %i of somebody in between', async (status) => {
    const graph = await startPaymentsGraph({}, patient);
    const payment = graph.pi.put('p1', journey[0]);
    const stream = await sse(graph);
    await until(() => stream.events.length === 1);
    let refused = 0;
    graph.pi.intercept(({ path }) => {
      if (!path.endsWith('/payments/p1') || refused > 0) return undefined;
      refused += 1;
      return { status, body: { message: 'not now' } };
    });
    await until(() => refused === 1);
    graph.pi.put('p1', { ...payment, ...journey[4] });
    await stream.ended;
    expect(states(stream)).toEqual(['APPROVED', 'COMPLETED']);
  });

  it('lives on when the payment blinks', async () => {
    const graph = await startPaymentsGraph({}, patient);
    const payment = graph.pi.put('p1', journey[0]);
    const stream = await sse(graph);
    await until(() => stream.events.length === 1);
    graph.pi.payments.delete('p1');
    const before = reads(graph);
    await until(() => reads(graph) >= before + 2);
    graph.pi.put('p1', { ...payment, ...journey[4] });
    await stream.ended;
    expect(states(stream)).toEqual(['APPROVED', 'COMPLETED']);
  });

  it('waits for a payout that was begun here a moment ago', async () => {
    const graph = await startPaymentsGraph({}, patient);
    const made = await graph.query<{ createPayment: { payment: { paymentId: string } } }>(
      `mutation { createPayment(input: { userUid: "${ANN}", amount: 1, memo: "m", idempotencyKey: "fresh" }) {
        ... on CreatePaymentPayload { payment { paymentId } } } }`,
      {},
      callers.operator,
    );
    const id = made.data?.createPayment.payment.paymentId ?? '';
    const payment = graph.pi.payments.get(id) ?? {};
    graph.pi.payments.delete(id);
    const before = reads(graph);
    const stream = await sse(graph, callers.operator, id);
    await until(() => reads(graph) >= before + 1);
    graph.pi.put(id, { ...payment, ...journey[4] });
    await stream.ended;
    expect(states(stream)).toEqual(['COMPLETED']);
  });

  it('sees what a mutation did', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1');
    const stream = await sse(graph);
    await until(() => stream.events.length === 1);
    await change(graph, 'cancelPayment', { paymentId: 'p1' }, callers.ann);
    await stream.ended;
    expect(states(stream)).toEqual(['CREATED', 'CANCELLED']);
  });

  it('works by GET, as EventSource asks', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1', { status: flags('cancelled') });
    const query = new URLSearchParams({ query: 'subscription { paymentStatus(paymentId: "p1") { state } }' });
    const response = await fetch(`${await listen(graph)}/graphql?${query}`, {
      headers: { accept: 'text/event-stream', ...callers.ann },
    });
    expect(await response.text()).toContain(
      'event: next\ndata: {"data":{"paymentStatus":{"state":"CANCELLED"}}}\n\nevent: complete',
    );
  });
});

// Each of these moves the clock of all.
describe('a watch over time', () => {
  it('ends with null when one is gone, which three looks over ten seconds say', async () => {
    const graph = await startPaymentsGraph({}, steady);
    graph.pi.put('p1', journey[0]);
    const stream = await sse(graph);
    await until(() => stream.events.length === 1);
    graph.pi.payments.delete('p1');
    const before = reads(graph);
    await until(() => reads(graph) >= before + 4);
    expect(states(stream)).toEqual(['APPROVED']);
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 10_000);
    try {
      await stream.ended;
    } finally {
      clock.mockRestore();
    }
    expect(states(stream)).toEqual(['APPROVED', null]);
  });

  it('does not follow two replicas back and forth, and tells what stays back for five seconds', async () => {
    const graph = await startPaymentsGraph({}, steady);
    const at = (step: number) => graph.pi.put('p1', journey[step]);
    at(1);
    const stream = await sse(graph);
    await until(() => stream.events.length === 1);
    for (const step of [0, 1, 0, 1, 2, 1, 2, 0, 2]) {
      at(step);
      const before = reads(graph);
      await until(() => reads(graph) >= before + 2);
    }
    expect(states(stream)).toEqual(['SUBMITTED', 'SUBMITTED']);
    at(0);
    const before = reads(graph);
    await until(() => reads(graph) >= before + 2);
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 5_000);
    try {
      await until(() => stream.events.length === 3);
      expect(states(stream)).toEqual(['SUBMITTED', 'SUBMITTED', 'APPROVED']);
      at(4);
      // Back at its own time the clock would be five seconds before the next poll.
      await stream.ended;
    } finally {
      clock.mockRestore();
    }
    expect(states(stream).at(-1)).toBe('COMPLETED');
  });
});
