import { once } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { operatorHeaders } from '../support/create-test-app.js';
import { cids, closeAfterEach, createGate, wirePin } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { overGet, overSse, overWebSocket } from '../support/graph-streams.js';
import { startWorld, wait, type World } from './support.js';
import { spentOn } from '../support/spent-on.js';

closeAfterEach();

let world: World;
beforeEach(async () => {
  world = await startWorld({ UPSTREAM_TIMEOUT_MS: '8000', OPERATION_TIMEOUT_MS: '15000', WRITE_TIMEOUT_MS: '8000' });
});

/** Has reads hang at the upstream until its socket closes; resolves then. */
function hangReads(): Promise<void> {
  return new Promise((resolve) => {
    world.acme.answer(async (_request, response) => {
      await once(response, 'close');
      resolve();
      return undefined;
    });
  });
}

describe('a caller who leaves', () => {
  it('has their reads aborted at the upstream within 500 ms', async () => {
    const closed = hangReads();
    const abort = new AbortController();
    const asked = world
      .ask('{ pin(requestId: "a") { id } pins { nodes { id } } }', {}, operatorHeaders, abort.signal)
      .catch(() => undefined);
    await until(() => world.acme.requests.length === 2);
    abort.abort();
    expect((await spentOn(() => closed)).ms).toBeLessThan(500);
    await asked;
  });

  it('has their question about themselves aborted too, unless somebody else waits for it', async () => {
    let closed = 0;
    world.pi.intercept(async (_request, response) => {
      response.once('close', () => {
        closed += 1;
      });
      await once(response, 'close');
      return 'handled' as const;
    });
    const [one, two] = [new AbortController(), new AbortController()];
    const ask = (signal: AbortSignal) =>
      world.ask('{ me { uid } }', {}, { authorization: 'Bearer ann-token' }, signal).catch(() => undefined);
    const asked = [ask(one.signal), ask(two.signal)];
    await until(() => world.pi.requests.length === 1);
    await wait(50);
    one.abort();
    await wait(100);
    expect([closed, world.pi.requests.length]).toEqual([0, 1]);
    two.abort();
    expect((await spentOn(() => until(() => closed === 1))).ms).toBeLessThan(500);
    await Promise.all(asked);
  });

  it('does not stop a change that is under way: it is finished, recorded and replayed', async () => {
    const gate = createGate();
    let cut = false;
    world.acme.answer(async (request, response) => {
      if (request.method !== 'POST') return { body: { count: 0, results: [] } };
      response.once('close', () => {
        cut ||= !response.writableFinished;
      });
      await gate.opened;
      return { status: 202, body: wirePin('made', { status: 'queued', pin: JSON.parse(request.body) as object }) };
    });
    const posts = () => world.acme.requests.filter(({ method }) => method === 'POST').length;
    const add = (signal?: AbortSignal) =>
      world.ask<{ addPin: { pin: { requestId: string } } }>(
        `mutation { addPin(input: { cid: "${cids.b}", idempotencyKey: "k" }) { ... on AddPinPayload { pin { requestId } } } }`,
        {},
        operatorHeaders,
        signal,
      );
    const abort = new AbortController();
    const first = add(abort.signal).catch(() => undefined);
    await until(() => posts() === 1);
    abort.abort();
    await first;
    await wait(50);
    gate.open();
    expect((await add()).data?.addPin.pin.requestId).toBe('made');
    expect([posts(), cut]).toEqual([1, false]);
  });

  it.each([
    ['SSE', overSse],
    ['SSE by GET', overGet],
    ['a WebSocket', overWebSocket],
  ] as const)(
    'has the polls made for them stopped within an interval and one call, over %s',
    async (_name, transport) => {
      world.acme.answer((request) => ({
        body: wirePin(request.path.slice('/pins/'.length), {
          status: 'queued',
          info: { poll: String(world.acme.requests.length) },
        }),
      }));
      const stream = transport(
        world.url,
        'subscription { pinStatus(requestId: "watched") { status info } }',
        operatorHeaders,
      );
      await stream.heard(3);
      stream.leave();
      const atLeaving = world.acme.requests.length;
      // The first interval is 40 ms here, and each poll brings a change, so it does not grow.
      let before: number;
      do {
        before = world.acme.requests.length;
        await wait(200);
      } while (world.acme.requests.length > before && before <= atLeaving + 2);
      expect(world.acme.requests.length - atLeaving).toBeLessThanOrEqual(2);
    },
  );

  it('gives their place in the cap on streams back', async () => {
    const capped = await startWorld({ MAX_SUBSCRIPTIONS_PER_CALLER: '1' });
    capped.acme.answer((request) => ({ body: wirePin(request.path.slice('/pins/'.length), { status: 'queued' }) }));
    for (let round = 0; round < 3; round += 1) {
      const stream = overSse(capped.url, 'subscription { pinStatus(requestId: "a") { status } }', operatorHeaders);
      await stream.heard(1);
      expect(stream.events[0]?.errors).toBeUndefined();
      stream.leave();
      await wait(50);
    }
  });
});
