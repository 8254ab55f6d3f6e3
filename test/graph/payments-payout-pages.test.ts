import { describe, expect, it } from 'vitest';
import { closeAfterEach, kindOf, pay, startPaymentsGraph } from '../support/graph-payments.js';

closeAfterEach();

/** A page of somebody in between; these statuses speak for themselves, whatever the body is. */
const page = (status: number) => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: '<html>not from here</html>',
});
const key = { idempotencyKey: 'one' };
const caps = { PAYOUT_MAX_PER_CALL: '1.5', PAYOUT_MAX_PER_DAY: '1.5' };

describe('a payout that is answered by a page', () => {
  it.each([
    [401, 'UPSTREAM_AUTH_FAILED'],
    [403, 'UPSTREAM_AUTH_FAILED'],
    [429, 'RATE_LIMITED'],
  ])('with %i was not made: its key asks anew, and the cap has it back', async (status, code) => {
    const graph = await startPaymentsGraph(caps);
    graph.pi.meet(page(status), 'ok');
    expect(kindOf(await pay(graph, key))).toBe(code);
    expect(graph.pi.payments.size).toBe(0);
    // A 429 is a pause for everybody who asks with this credential.
    await expect
      .poll(async () => kindOf(await pay(graph, key)), { timeout: 15_000, interval: 200 })
      .toBe('CreatePaymentPayload');
    expect(kindOf(await pay(graph, key))).toBe('CreatePaymentPayload');
    expect([graph.pi.payments.size, graph.pi.count('POST')]).toEqual([1, 2]);
  });

  it.each([401, 403, 429])(
    'with %i, and was made all the same, is found by its key and not sent again',
    async (status) => {
      const graph = await startPaymentsGraph(caps);
      let posts = 0;
      graph.pi.intercept(async (request) => {
        if (request.method !== 'POST') return undefined;
        posts += 1;
        const { payment } = JSON.parse(request.body) as {
          payment: { uid: string; metadata: object } & Record<string, unknown>;
        };
        const { uid, ...rest } = payment;
        graph.pi.put('made', { ...rest, user_uid: uid, direction: 'app_to_user' });
        return page(status);
      });
      await pay(graph, key);
      await expect
        .poll(async () => kindOf(await pay(graph, key)), { timeout: 15_000, interval: 200 })
        .toBe('CreatePaymentPayload');
      expect([graph.pi.payments.size, posts]).toEqual([1, 1]);
    },
  );

  it('with 409 is refused for good: its key says so again, and nothing is sent', async () => {
    const graph = await startPaymentsGraph(caps);
    graph.pi.meet(page(409), 'ok');
    for (let time = 0; time < 2; time += 1) expect(kindOf(await pay(graph, key))).toBe('ConflictError');
    expect([graph.pi.payments.size, graph.pi.count('POST')]).toEqual([0, 1]);
    expect(kindOf(await pay(graph, { idempotencyKey: 'another' }))).toBe('CreatePaymentPayload');
  });
});
