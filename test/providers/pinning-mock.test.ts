import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { parsePinQuery } from '../../src/providers/pinning/validate.js';
import { attemptOf, pinningHarness, pinOf, upstreamFailure, type PinningHarness } from '../support/pinning-harness.js';

/** Its own type declarations cannot be found from its package.json. */
const mock: {
  setup(options: {
    token: string;
  }): Promise<RequestListener & { locals: { state: { pins: Map<string, unknown>; requestid: number } } }>;
} = createRequire(import.meta.url)('mock-ipfs-pinning-service');

const A = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';
const B = 'bafkreier7gxuyhdnsphoyk7x64oqs54fmbj27kqndbprpayzkiw4hoc2nu';
const C = 'bafkreiedacdl4ypps62ham7hcovk2avekaqd3nu3cnu6trbjndqqtol72u';

let server: Server;
let harness: PinningHarness;
let app: Awaited<ReturnType<typeof mock.setup>>;
beforeAll(async () => {
  app = await mock.setup({ token: 'caller-token' });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  harness = pinningHarness(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    upstreamTimeoutMs: 3000,
    writeTimeoutMs: 3000,
  });
});
beforeEach(() => {
  app.locals.state = { ...app.locals.state, pins: new Map(), requestid: 0 };
});
afterAll(async () => {
  await harness.http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('the reference mock of the protocol', () => {
  it('goes through the whole life of a pin', async () => {
    const attempt = attemptOf({ keyed: true });
    const { pin, alreadyPinned } = await harness
      .session()
      .add(pinOf(A, { name: 'pinning-album', meta: { shelf: '3' } }), attempt);
    expect(pin).toMatchObject({
      requestId: 'req-1',
      status: 'PINNING',
      name: 'pinning-album',
      meta: { shelf: '3' },
      marker: attempt.marker,
    });
    expect(alreadyPinned).toBe(false);
    expect(pin.delegates).toHaveLength(4);

    const session = harness.session();
    await expect(session.pin('req-1')).resolves.toMatchObject({ cid: A });
    await expect(session.pinsOfCid(A)).resolves.toMatchObject([{ requestId: 'req-1' }]);
    await expect(session.findAdded(pinOf(A), attempt)).resolves.toMatchObject({ pin: { requestId: 'req-1' } });

    const replaced = await harness.session().replace('req-1', pinOf(B, { name: 'pinned-album' }), attemptOf());
    expect(replaced).toMatchObject({ requestId: 'req-2', status: 'PINNED', cid: B });
    await expect(harness.session().pin('req-1')).resolves.toBeNull();

    await harness.session().remove('req-2');
    await expect(harness.session().pin('req-2')).resolves.toBeNull();
    expect((await upstreamFailure(harness.session().remove('req-2'))).kind).toBe('not_found');
    expect((await upstreamFailure(harness.session().replace('req-2', pinOf(A), attemptOf()))).kind).toBe('not_found');
  });

  it('says that content was there, and leaves its name and meta', async () => {
    await harness.session().add(pinOf(A, { name: 'first' }), attemptOf());
    await expect(harness.session().add(pinOf(A, { name: 'second' }), attemptOf())).resolves.toMatchObject({
      pin: { requestId: 'req-1', name: 'first' },
      alreadyPinned: true,
    });
  });

  it('lists newest first although the mock does not, with the filters that it can read', async () => {
    for (const [cid, name] of [
      [A, 'pinned-a'],
      [B, 'failed-b'],
      [C, 'c'],
    ] as const) {
      await harness.session().add(pinOf(cid, { name, meta: { of: 'test', name } }), attemptOf());
    }
    const ids = async (filter: Parameters<typeof parsePinQuery>[0], first = 10) => {
      const page = await harness.session().page(parsePinQuery(filter), { first, after: null, before: null });
      return page.edges.map(({ node }) => (node instanceof Error ? 'error' : node.requestId));
    };
    const all = await ids({});
    expect([...all].sort()).toEqual(['req-1', 'req-2', 'req-3']);
    await expect(ids({ cids: [A, C], status: ['QUEUED'] })).resolves.toEqual(['req-3']);
    await expect(ids({ name: 'failed-b' })).resolves.toEqual(['req-2']);
    // It ignores `match` and answers every meta filter with 500: both are filtered here.
    await expect(ids({ name: 'C', match: 'IEXACT' })).resolves.toEqual(['req-3']);
    await expect(ids({ name: 'ED-', match: 'IPARTIAL' })).resolves.toEqual(expect.arrayContaining(['req-1', 'req-2']));
    await expect(ids({ meta: { name: 'c' } })).resolves.toEqual(['req-3']);
    await expect(ids({}, 2)).resolves.toEqual(all.slice(0, 2));
  });

  it('spares the call for a pin that a page brought', async () => {
    await harness.session().add(pinOf(A), attemptOf());
    const session = harness.session();
    const page = await session.page(parsePinQuery({}), { first: 1, after: null, before: null });
    expect(await session.pin('req-1')).toBe(page.edges[0]?.node);
  });

  it('refuses a wrong token', async () => {
    const session = harness.provider.open(
      'acme',
      { source: 'caller', fingerprint: 'other', fields: { token: 'wrong' } },
      { deadline: monotonicNow() + 3000 },
    );
    expect(await upstreamFailure(session.pin('req-1'))).toMatchObject({ kind: 'unauthorized', credential: 'caller' });
    await expect(harness.provider.ping('pinning:acme', { deadline: monotonicNow() + 3000 })).rejects.toMatchObject({
      kind: 'unauthorized',
      credential: 'server',
    });
  });

  it('watches pins', async () => {
    await harness.session().add(pinOf(A, { name: 'pinned-a' }), attemptOf());
    const source = harness.session().pollSource();
    const readings = await source.read(['req-1', 'gone'], new Map(), new AbortController().signal);
    expect(readings.get('req-1')).toMatchObject({ status: 'PINNED' });
    expect(readings.get('gone')).toBeNull();
    expect(JSON.stringify(source.key)).not.toContain('caller-token');
  });
});
