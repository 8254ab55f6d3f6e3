import { afterAll, describe, expect, it } from 'vitest';
import { flags, wirePayment } from '../providers/pi-support.js';
import type { GraphAnswer } from '../support/create-test-app.js';
import type { FakeAnswer, SeenRequest } from '../support/fake-upstream.js';
import { ANN, closeAll } from '../support/graph-payments.js';
import { wirePin } from '../support/graph-pins.js';
import { startWholeGraph, type UpstreamName, type WholeGraph } from '../support/all-upstreams.js';
import { APP_WALLET, USER_WALLET } from '../support/upstream-stands.js';
import { refusals, unclear, type Fault } from './faults.js';

afterAll(closeAll);

/** What is watched: its subscription, and how its upstream tells of it at first, in the end, and when it is gone. */
interface Watched {
  readonly upstream: UpstreamName;
  readonly query: string;
  readonly answer: (request: SeenRequest, over: boolean) => FakeAnswer;
  readonly states: readonly [first: string, last: string];
  /** The last event when it is there no more. */
  readonly gone: string | undefined;
}

const pin = (id: string, over: boolean) => wirePin(id, { status: over ? 'pinned' : 'queued' });
const watched: Readonly<Record<string, Watched>> = {
  'a pin': {
    upstream: 'pinning:acme',
    query: 'subscription { it: pinStatus(requestId: "r1") { state: status } }',
    states: ['QUEUED', 'PINNED'],
    gone: 'REMOVED',
    answer: ({ path }, over) => ({
      body: path === '/pins' ? { count: 1, results: [pin('r1', over)] } : pin(path.slice('/pins/'.length), over),
    }),
  },
  'a payment': {
    upstream: 'pi',
    query: 'subscription { it: paymentStatus(paymentId: "p1") { state } }',
    states: ['CREATED', 'COMPLETED'],
    gone: undefined,
    answer: (_request, over) => ({
      body: wirePayment({
        identifier: 'p1',
        user_uid: ANN,
        status: over ? flags('developer_approved', 'developer_completed') : flags(),
      }),
    }),
  },
};

interface Story {
  readonly graph: WholeGraph;
  readonly states: readonly (string | null | undefined)[];
  readonly errors: readonly Readonly<Record<string, unknown>>[];
  /** Milliseconds at which each poll came. */
  readonly polls: readonly number[];
}

type Event = GraphAnswer<{ it: { state: string } | null }>;

/** Watches to the end: one good poll, then so many that meet the fault, then the last state. */
async function watch({ upstream, query, answer }: Watched, { script, slow }: Fault, faulty: number): Promise<Story> {
  const graph = await startWholeGraph({
    // Twenty such stories run at once, and the good polls among them must not be late.
    UPSTREAM_TIMEOUT_MS: slow ? '500' : '2000',
    PIN_POLL_INTERVAL_MS: '20',
    PAYMENT_POLL_INTERVAL_MS: '20',
    UPSTREAM_MAX_BYTES: '100000',
    BREAKER_MIN_REQUESTS: '1000',
  });
  const polls: number[] = [];
  graph.answer(upstream, (request, response) => {
    polls.push(performance.now());
    const count = polls.length;
    return count > 1 && count <= 1 + faulty ? script(request, response) : answer(request, count > 1);
  });
  const events: Event[] = [];
  for await (const event of graph.subscribe<{ it: { state: string } | null }>(query)) events.push(event);
  return {
    graph,
    states: events.map(({ data }) => data?.it?.state),
    errors: events.flatMap((event) => (event.errors ?? []).map(({ extensions }) => extensions)),
    polls,
  };
}

describe.concurrent.each(Object.entries(watched))('a watch of %s', (_what, subject) => {
  it.concurrent.each(Object.entries(unclear))('goes on through %s', async (_row, fault) => {
    const { states, errors, polls } = await watch(subject, fault, 4);
    expect([states, errors]).toEqual([subject.states, []]);
    expect(polls.length).toBe(6);
  });

  it.concurrent.each(['wrong types (12)', 'nothing that is required (13)'])(
    'ends with an error after ten polls of %s',
    async (row) => {
      const { states, errors, polls } = await watch(subject, unclear[row] as Fault, 1_000);
      expect(states).toEqual([subject.states[0], undefined]);
      expect(errors).toEqual([expect.objectContaining({ code: 'UPSTREAM_INVALID_RESPONSE', reason: 'shape' })]);
      expect(polls.length).toBe(11);
    },
  );

  it.concurrent.each([
    ['400 (17)', ['BAD_USER_INPUT']],
    ['401 (18)', ['UPSTREAM_AUTH_FAILED']],
    ['403 (19)', ['UPSTREAM_AUTH_FAILED']],
    ['409 (21)', ['CONFLICT', 'INSUFFICIENT_FUNDS']],
  ] as const)('ends with an error at the first %s of a service, at the second in a row of Pi', async (row, codes) => {
    const { states, errors, polls } = await watch(subject, refusals[row], 1_000);
    expect(states).toEqual([subject.states[0], undefined]);
    expect(codes).toContain(errors[0]?.['code']);
    expect([errors.length, polls.length]).toEqual([1, subject.upstream === 'pi' ? 3 : 2]);
  });

  it.concurrent('tells of what is gone (20), and ends', async () => {
    const { states, errors, polls } = await watch(subject, refusals['404 (20)'], 1_000);
    expect([states, errors]).toEqual([[subject.states[0], subject.gone], []]);
    // Not by one look, nor by two.
    expect(polls.length).toBeGreaterThanOrEqual(4);
  });

  it.concurrent('waits as long as it is told (22)', async () => {
    const { states, errors, polls } = await watch(
      subject,
      { script: () => ({ status: 429, headers: { 'retry-after': '1' } }), yes: false, slow: false },
      1,
    );
    expect([states, errors]).toEqual([subject.states, []]);
    expect((polls[2] ?? 0) - (polls[1] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it.concurrent('discards what is about another (28)', async () => {
    const other: Fault = {
      script: () => ({
        body:
          subject.upstream === 'pi'
            ? wirePayment({ identifier: 'p2', user_uid: ANN, status: flags('cancelled') })
            : { count: 1, results: [pin('r2', true)], ...pin('r2', true) },
      }),
      yes: true,
      slow: false,
    };
    const { states, errors } = await watch(subject, other, 3);
    expect([states, errors]).toEqual([subject.states, []]);
  });
});

describe.concurrent('a watch of a payment that shows its transaction', () => {
  it.concurrent.each(Object.entries(unclear))('goes on while the ledger meets %s', async (_row, { script, slow }) => {
    const graph = await startWholeGraph({
      UPSTREAM_TIMEOUT_MS: slow ? '500' : '2000',
      PAYMENT_POLL_INTERVAL_MS: '20',
      UPSTREAM_MAX_BYTES: '100000',
      BREAKER_MIN_REQUESTS: '1000',
    });
    const wallets = { from_address: USER_WALLET, to_address: APP_WALLET, network: 'Pi Testnet' };
    let polls = 0;
    graph.answer('pi', () => {
      polls += 1;
      const status = polls > 3 ? flags('developer_approved', 'developer_completed') : flags();
      return { body: wirePayment({ identifier: 'p1', user_uid: ANN, status, ...wallets }) };
    });
    graph.answer('ledger', script);
    const told: unknown[] = [];
    for await (const { data, errors = [] } of graph.subscribe<{ it: object }>(
      'subscription { it: paymentStatus(paymentId: "p1") { state ledgerTransaction { txid } } }',
    ))
      told.push([data?.it, errors.map(({ path, extensions }) => [path?.join('.'), extensions['provider']])]);
    const lost = [['it.ledgerTransaction', 'ledger']];
    expect(told).toEqual(['CREATED', 'COMPLETED'].map((state) => [{ state, ledgerTransaction: null }, lost]));
    // Each event is looked for by itself, in two calls at the most.
    expect(graph.calls().ledger).toBeLessThanOrEqual(4);
  });
});

describe('a watch of the pool', () => {
  const figures = { hash_rate: 1, active_workers: 2, active_users: 3 };

  it.each(Object.entries(refusals).filter(([row]) => !/^(?:404|429)/.test(row)))(
    'ends with an error at the first %s',
    async (_row, { script }) => {
      const graph = await startWholeGraph({ POOL_POLL_INTERVAL_MS: '20' });
      const before = graph.upstreams.bitminter.requests;
      graph.answer('bitminter', (request, response) =>
        before.filter(({ path }) => path === request.path).length > 1
          ? script(request, response)
          : { body: request.path.endsWith('/stats') ? figures : 1 },
      );
      const events: GraphAnswer<{ poolStats: object | null }>[] = [];
      for await (const event of graph.subscribe<{ poolStats: object | null }>(
        'subscription { poolStats { activeUsers } }',
      ))
        events.push(event);
      expect(events.map(({ data }) => data?.poolStats ?? null)).toEqual([{ activeUsers: 3 }, null]);
      expect(events[1]?.errors?.map(({ extensions }) => extensions['provider'])).toEqual(['bitminter']);
    },
  );

  it('goes on through an outage, and is told nothing of it', async () => {
    const graph = await startWholeGraph({ POOL_POLL_INTERVAL_MS: '20', BREAKER_MIN_REQUESTS: '1000' });
    let polls = 0;
    graph.answer('bitminter', () => {
      polls += 1;
      return polls > 1 && polls < 7 ? { status: 503 } : { body: { ...figures, active_users: polls } };
    });
    const users: (number | undefined)[] = [];
    for await (const event of graph.subscribe<{ poolStats: { activeUsers: number; stale: boolean } }>(
      'subscription { poolStats { activeUsers } }',
    )) {
      if (users.push(event.data?.poolStats.activeUsers) === 2) break;
    }
    expect(users).toEqual([1, expect.any(Number)]);
    expect(users[1]).toBeGreaterThanOrEqual(7);
  });
});

describe('a pin whose state goes backwards (29)', () => {
  it('is told as it is, and an unknown word is UNKNOWN', async () => {
    const graph = await startWholeGraph({ PIN_POLL_INTERVAL_MS: '20' });
    const words = ['pinning', 'queued', 'resting', 'pinning', 'pinned'];
    let polls = 0;
    graph.answer('pinning:acme', ({ path }) => {
      const status = words[Math.min(polls, words.length - 1)];
      polls += 1;
      return {
        body: path === '/pins' ? { count: 1, results: [wirePin('r1', { status })] } : wirePin('r1', { status }),
      };
    });
    const states: unknown[] = [];
    for await (const event of graph.subscribe<{ it: { state: string } }>(
      'subscription { it: pinStatus(requestId: "r1") { state: status } }',
    ))
      states.push(event.data?.it.state);
    expect(states).toEqual(['PINNING', 'QUEUED', 'UNKNOWN', 'PINNING', 'PINNED']);
  });
});
