import { describe, expect, it } from 'vitest';
import { flags } from '../providers/pi-support.js';
import { ANN, callers, closeAfterEach, startPaymentsGraph, wireUser } from '../support/graph-payments.js';

closeAfterEach();

interface Watched {
  readonly paymentStatus: { readonly state: string; readonly user: { readonly username: string } | null } | null;
}

describe('an event of a subscription', () => {
  it('has loaders and time of its own, however long the stream has lasted', async () => {
    const graph = await startPaymentsGraph({
      OPERATION_TIMEOUT_MS: '150',
      ME_CACHE_TTL_MS: '0',
      PAYMENT_POLL_INTERVAL_MS: '30',
    });
    graph.pi.put('p1');
    let name = 'first name';
    graph.pi.intercept(({ path }) => (path.endsWith('/me') ? { body: wireUser(ANN, { username: name }) } : undefined));
    const events = graph.subscribe<Watched>(
      'subscription { paymentStatus(paymentId: "p1") { state user { username } } }',
      {},
      { ...callers.operator, ...callers.ann },
    );

    const first = await events.next();
    expect(first.value).toEqual({ data: { paymentStatus: { state: 'CREATED', user: { username: 'first name' } } } });
    name = 'second name';
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    graph.pi.put('p1', { status: flags('developer_approved', 'developer_completed') });
    const second = await events.next();
    expect(second.value).toEqual({
      data: { paymentStatus: { state: 'COMPLETED', user: { username: 'second name' } } },
    });
    expect((await events.next()).done).toBe(true);
  });
});
