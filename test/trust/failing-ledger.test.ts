import { afterAll, describe, expect, it } from 'vitest';
import { flags } from '../providers/pi-support.js';
import { fakeLedger, type FakeLedger } from '../support/fake-ledger.js';
import { isCall, upstreamCalls } from '../support/upstream-calls.js';
import { APP_WALLET, USER_WALLET } from '../support/upstream-stands.js';
import { callers, closeAll, startPaymentsGraph, union, type PaymentsGraph } from '../support/graph-payments.js';
import { refusals, unclear, type Fault } from './faults.js';

interface World {
  readonly horizon: FakeLedger;
  readonly graph: PaymentsGraph;
}
/** Worlds that no case is in: cases run side by side, as most of their time they wait for a next attempt or for no answer. */
const free: World[] = [];
const ledgers: FakeLedger[] = [];
afterAll(async () => {
  await closeAll();
  for (const horizon of ledgers) await horizon.close();
});

async function openWorld(): Promise<World> {
  const horizon = await fakeLedger('Pi Network');
  ledgers.push(horizon);
  const graph = await startPaymentsGraph({
    PI_LEDGER_URL: horizon.url,
    UPSTREAM_TIMEOUT_MS: '300',
    OPERATION_TIMEOUT_MS: '8000',
    UPSTREAM_MAX_BYTES: '1000000',
    BREAKER_MIN_REQUESTS: '1000000',
    PAYMENT_POLL_INTERVAL_MS: '20',
  });
  return { horizon, graph };
}

/** Runs a case in a world of its own, which a later one takes over. */
async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const world = free.pop() ?? (await openWorld());
  world.horizon.intercept(undefined);
  world.horizon.requests.length = 0;
  world.graph.pi.requests.length = 0;
  try {
    await run(world);
  } finally {
    free.push(world);
  }
}

const TXID = 'cd'.repeat(32);
const right = { from: USER_WALLET, to: APP_WALLET, amount: '4.2500000', memo: 'p1', hash: TXID };
/** The calls of a search. One transaction is read by itself where Pi has linked it and the history does not show it. */
const calls = upstreamCalls.filter(({ provider }) => provider === 'ledger');
/** A pause that one refusal asks for must not answer the next test. */
const paused = '429 (22)';
const faults: readonly (readonly [string, Fault])[] = [...Object.entries(unclear), ...Object.entries(refusals)].filter(
  ([row]) => row !== paused,
);

/** A payment that the ledger has paid: found in its history, or by itself where Pi has linked it unverified. */
function put({ horizon, graph }: World, linked: boolean): void {
  horizon.transactions.length = 0;
  const older = horizon.add({ ...right, hash: 'ef'.repeat(32), memo: 'older', createdAt: '2026-03-01T08:00:00Z' });
  if (!linked) horizon.add(right);
  else horizon.transactions.push({ ...older, ...right, from: 'elsewhere', to: 'elsewhere' });
  graph.pi.put('p1', {
    amount: 4.25,
    direction: 'user_to_app',
    network: 'Pi Network',
    created_at: '2026-03-09T07:41:18.206Z',
    from_address: USER_WALLET,
    to_address: APP_WALLET,
    status: flags('developer_approved'),
    transaction: linked ? { txid: TXID, verified: false, _link: '' } : null,
  });
}

const documents = {
  cancel: `mutation { result: cancelPayment(input: { paymentId: "p1" }) { ${union} ... on CancelPaymentPayload { payment { state } } } }`,
  settle:
    `mutation { result: settlePayment(input: { paymentId: "p1" }) { ${union} ... on SettlePaymentPayload { action why ` +
    'payment { state } } } }',
};
interface Changed {
  readonly result: { readonly __typename: string; readonly action?: string } | null;
}
const posts = ({ graph }: World) => graph.pi.seen().filter((request) => request.startsWith('POST'));

describe.concurrent.each(calls.map((row) => [row.call, row] as const))("the ledger's %s", (_call, row) => {
  const linked = row.call === 'GET /transactions/{hash}';

  it('is asked on the way to the transaction', () =>
    inWorld(async (world) => {
      const { horizon, graph } = world;
      put(world, linked);
      await graph.query('{ ledgerTransaction(paymentId: "p1") { txid } }');
      expect(horizon.requests.filter(({ method, path }) => isCall(row, `${method} ${path}`)).length).toBeGreaterThan(0);
    }));

  it.each(faults)('costs a read two calls at the most, and moves no money: %s', (what, { script, slow }) =>
    inWorld(async (world) => {
      const { horizon, graph } = world;
      put(world, linked);
      const isIt = ({ method, path }: { method: string; path: string }) => isCall(row, `${method} ${path}`);
      horizon.intercept(async (request, response) => {
        if (!isIt(request)) return undefined;
        const answer = await script(request, response);
        // Neither an answer nor a socket taken over is silence.
        return answer ?? (response.headersSent || response.destroyed ? undefined : new Promise(() => {}));
      });
      const read = await graph.query<{ it: unknown; payment: object }>(
        '{ it: ledgerTransaction(paymentId: "p1") { txid } payment(paymentId: "p1") { paymentId } }',
      );
      expect([read.data?.it, read.data?.payment]).toEqual([null, { paymentId: 'p1' }]);
      expect(read.errors?.map(({ path, extensions }) => [path?.join(), extensions['provider']])).toEqual([
        ['it', 'ledger'],
      ]);
      // What is asked of the ledger is nobody's input, and what it lacks is not the payment.
      const code = String(read.errors?.[0]?.extensions['code']);
      expect(code).toMatch(/^UPSTREAM_(?:UNAVAILABLE|TIMEOUT|INVALID_RESPONSE)$/);
      expect(horizon.requests.filter(isIt).length).toBeLessThanOrEqual(2);
      if (slow) expect(code).toBe('UPSTREAM_TIMEOUT');

      const settled = await graph.query<Changed>(documents.settle, {}, callers.operator);
      expect([what, settled.data?.result]).toMatchObject([
        what,
        { __typename: 'SettlePaymentPayload', action: 'NONE' },
      ]);
      if (!linked) {
        const cancelled = await graph.query<Changed>(documents.cancel, {}, callers.operator);
        expect([what, cancelled.data?.result, cancelled.errors?.[0]?.extensions]).toMatchObject([
          what,
          null,
          { code, provider: 'ledger', outcome: 'not_applied' },
        ]);
      }
      expect(posts(world)).toEqual([]);
    }),
  );
});

describe('a pause that the ledger asks for', () => {
  it('moves no money, and is told with its time', () =>
    inWorld(async (world) => {
      const { horizon, graph } = world;
      put(world, false);
      horizon.intercept(() => ({ status: 429, headers: { 'retry-after': '1' } }));
      const settled = await graph.query<Changed>(documents.settle);
      expect(settled.data?.result).toMatchObject({ action: 'NONE' });
      const cancelled = await graph.query<Changed>(documents.cancel);
      expect(cancelled.errors?.[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', provider: 'ledger' });
      expect(posts(world)).toEqual([]);
    }));
});
