import { describe, expect, it } from 'vitest';
import type { GraphAnswer } from '../support/create-test-app.js';
import {
  ANN,
  callers,
  closeAfterEach,
  startPaymentsGraph,
  wireUser,
  type PaymentsGraph,
} from '../support/graph-payments.js';
import { codesIn } from '../support/graph-pins.js';
import { asked, holdClock, me, meAnswers, ok } from './identity-support.js';
import { until } from '../support/until.js';
import { spentOn } from '../support/spent-on.js';

closeAfterEach();
holdClock();

describe('many operations with one token', () => {
  /** Holds the answers of /me until released. */
  function hold(graph: PaymentsGraph): () => void {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    meAnswers(graph, async () => {
      await held;
      return { body: wireUser(ANN) };
    });
    return release;
  }

  it('ask once, 100 at a time', async () => {
    const graph = await startPaymentsGraph();
    const release = hold(graph);
    const answers = Promise.all(Array.from({ length: 100 }, () => me(graph)));
    await until(() => asked(graph) > 0);
    release();
    for (const answer of await answers) expect(answer).toEqual(ok);
    expect(asked(graph)).toBe(1);
  });

  it('share a failure without keeping it', async () => {
    const graph = await startPaymentsGraph();
    meAnswers(graph, { status: 400, body: '' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => me(graph)));
    expect(new Set(answers.flatMap(codesIn))).toEqual(new Set(['AUTH_PROVIDER_UNAVAILABLE']));
    meAnswers(graph, { body: wireUser(ANN) });
    expect(await me(graph)).toEqual(ok);
  });

  it('do not suffer from one that leaves, be it the first', async () => {
    const graph = await startPaymentsGraph();
    const release = hold(graph);
    const url = `${await graph.app.listen()}/graphql`;
    const post = (query: string, signal?: AbortSignal) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...callers.ann, ...callers.operator },
        body: JSON.stringify({ query }),
        ...(signal ? { signal } : {}),
      });
    const leaver = new AbortController();
    const left = post('{ me { uid } }', leaver.signal).catch((error: unknown) => error);
    await until(() => asked(graph) === 1);
    // What it asks for besides shows that it has come to the question too.
    const stayed = post('{ me { uid } payment(paymentId: "p1") { state } }');
    await until(() => graph.pi.count('GET /payments/p1') === 1);
    leaver.abort();
    expect(await left).toBeInstanceOf(Error);
    release();
    expect((await (await stayed).json()) as GraphAnswer<unknown>).toEqual({
      data: { me: { uid: ANN }, payment: null },
    });
    expect(asked(graph)).toBe(1);
  });

  it('give a question up when all have left', async () => {
    const graph = await startPaymentsGraph({ UPSTREAM_TIMEOUT_MS: '20000', OPERATION_TIMEOUT_MS: '20000' });
    let cutOff = false;
    meAnswers(graph, (_request, response) => {
      response.on('close', () => {
        cutOff = true;
      });
      return undefined;
    });
    const url = `${await graph.app.listen()}/graphql`;
    const leaver = new AbortController();
    const left = fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...callers.ann },
      body: '{"query":"{ me { uid } }"}',
      signal: leaver.signal,
    }).catch(() => undefined);
    await until(() => asked(graph) === 1);
    leaver.abort();
    await left;
    expect((await spentOn(() => until(() => cutOff))).ms).toBeLessThan(500);
  });

  it('wait no longer than an operation may take', async () => {
    const graph = await startPaymentsGraph({ UPSTREAM_TIMEOUT_MS: '20000', OPERATION_TIMEOUT_MS: '100' });
    meAnswers(graph, () => undefined);
    const { value, ms } = await spentOn(() => me(graph));
    expect(codesIn(value)).toEqual(['AUTH_PROVIDER_UNAVAILABLE']);
    expect(ms).toBeLessThan(2_000);
  });

  it('are told apart by token, though the answers cross', async () => {
    const graph = await startPaymentsGraph();
    const seen = await Promise.all(
      Array.from({ length: 20 }, (_, index) => me(graph, index % 2 ? callers.ann : callers.ben)),
    );
    expect(seen.map((answer) => answer.data?.me?.uid)).toEqual(
      seen.map((_, index) => (index % 2 ? ANN : 'uid-of-ben')),
    );
    expect(asked(graph)).toBe(2);
  });
});

describe('the question itself', () => {
  it("goes over a socket of its own, with the user's token and nothing of the server's", async () => {
    const graph = await startPaymentsGraph({ ME_CACHE_TTL_MS: '0' });
    for (let round = 0; round < 3; round += 1) await me(graph, { ...callers.ann, ...callers.operator });
    for (const { headers } of graph.pi.requests) {
      expect(headers.connection).toBe('close');
      expect(headers.authorization).toBe('Bearer ann-token');
      expect(JSON.stringify(headers)).not.toMatch(/server-key|test-operator-key/);
    }
    expect(graph.pi.requests).toHaveLength(3);
  });

  it('is asked once in an operation, however many fields need it, also without a cache', async () => {
    const graph = await startPaymentsGraph({ ME_CACHE_TTL_MS: '0' });
    graph.pi.put('p1');
    graph.pi.put('p2');
    const answer = await graph.query(
      '{ me { uid } a: payment(paymentId: "p1") { user { uid } } b: payment(paymentId: "p2") { user { uid } } }',
      {},
      callers.ann,
    );
    expect(answer).toEqual({ data: { me: { uid: ANN }, a: { user: { uid: ANN } }, b: { user: { uid: ANN } } } });
    expect(asked(graph)).toBe(1);
  });

  it.each(['Bearer', 'Bearer ', 'Bearer two words', 'Basic YTpi', 'ann-token', 'Bearer \u00e9'])(
    'is not asked for %j',
    async (authorization) => {
      const graph = await startPaymentsGraph();
      expect(codesIn(await me(graph, { authorization }))).toEqual(['UNAUTHENTICATED']);
      expect(graph.pi.seen()).toEqual([]);
    },
  );
});
