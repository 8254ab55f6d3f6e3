import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, gatewayKey, type TestApp } from '../support/create-test-app.js';
import { cids, closeAfterEach, closeLater, codesIn, globalId } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { overSse, overWebSocket } from '../support/graph-streams.js';

/** Its own type declarations cannot be found from its package.json. */
const mock: { setup(options: { token: string }): Promise<RequestListener & { locals: { state: object } }> } =
  createRequire(import.meta.url)('mock-ipfs-pinning-service');

closeAfterEach();

let service: Awaited<ReturnType<typeof mock.setup>>;
let app: TestApp;
let address = '';
let sent: string[] = [];

// Each instance listens to the process for as long as it lives, so there is one.
beforeAll(async () => {
  service = await mock.setup({ token: 'mock-token' });
});

beforeEach(async () => {
  service.locals.state = { ...service.locals.state, pins: new Map(), requestid: 0 };
  sent = [];
  const server = createServer((request, response) => {
    sent.push(`${request.method} ${request.url}`);
    service(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeLater(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  app = await createTestApp({
    PORT: '0',
    PINNING_SERVICES: 'mock',
    PINNING_MOCK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    PINNING_MOCK_TOKEN: 'mock-token',
    GATEWAY_KEYS: gatewayKey('pin:read+pin:write'),
    UPSTREAM_TIMEOUT_MS: '4000',
    WRITE_TIMEOUT_MS: '4000',
    OPERATION_TIMEOUT_MS: '10000',
  });
  closeLater(() => app.close());
  address = await app.app.listen();
});

interface Added {
  readonly done: {
    readonly __typename: string;
    readonly alreadyPinned: boolean;
    readonly pin: {
      readonly requestId: string;
      readonly status: string;
      readonly name: string | null;
      readonly meta: object;
    };
  };
}

const addText =
  'mutation ($input: AddPinInput!) { done: addPin(input: $input) { __typename ... on UserError { code ' +
  '} ... on AddPinPayload { alreadyPinned pin { requestId status name meta delegates } } } }';

async function add(input: { cid: string; name?: string; meta?: object; idempotencyKey?: string }) {
  const answer = await app.query<Added>(addText, { input });
  expect(answer.errors).toBeUndefined();
  if (!answer.data) throw new Error('nothing added');
  return answer.data.done;
}

describe('the reference mock of the protocol, behind the whole gateway', () => {
  it('adds, shows, replaces and removes', async () => {
    const added = await add({ cid: cids.a, name: 'queued-album', meta: { shelf: '3' }, idempotencyKey: 'k' });
    expect(added).toMatchObject({
      __typename: 'AddPinPayload',
      alreadyPinned: false,
      pin: { requestId: 'req-1', status: 'QUEUED', name: 'queued-album', meta: { shelf: '3' } },
    });
    expect(await add({ cid: cids.a, name: 'queued-album', meta: { shelf: '3' }, idempotencyKey: 'k' })).toEqual(added);

    const found = await app.query(
      '{ pin(requestId: "req-1") { status cid service delegates info origins } node(id: ' +
        `"${globalId('mock', 'req-1')}") { id } none: pin(requestId: "req-99") { id } }`,
    );
    expect(found.data).toMatchObject({
      pin: { status: 'QUEUED', cid: cids.a, service: 'mock', info: {}, origins: [] },
      node: { id: globalId('mock', 'req-1') },
      none: null,
    });

    const replaced = await app.query(
      `mutation { replacePin(input: { requestId: "req-1", cid: "${cids.b}", name: "pinned-album" }) { ` +
        '__typename ... on ReplacePinPayload { replacedRequestId pin { requestId status } } } }',
    );
    expect(replaced.data).toEqual({
      replacePin: {
        __typename: 'ReplacePinPayload',
        replacedRequestId: 'req-1',
        pin: { requestId: 'req-2', status: 'PINNED' },
      },
    });
    const gone = 'mutation ($id: ID!) { removePin(input: { requestId: $id }) { __typename } }';
    expect((await app.query(gone, { id: 'req-2' })).data).toEqual({ removePin: { __typename: 'RemovePinPayload' } });
    expect((await app.query(gone, { id: 'req-2' })).data).toEqual({ removePin: { __typename: 'NotFoundError' } });
    expect(
      (await app.query(`mutation { replacePin(input: { requestId: "req-2", cid: "${cids.a}" }) { __typename } }`)).data,
    ).toEqual({ replacePin: { __typename: 'NotFoundError' } });
  });

  it('keeps the first pin of a content, and its name', async () => {
    await add({ cid: cids.a, name: 'first' });
    expect(await add({ cid: cids.a, name: 'second' })).toMatchObject({
      alreadyPinned: true,
      pin: { requestId: 'req-1', name: 'first' },
    });
  });

  it('lists every status, newest first, page by page, whatever its own order', async () => {
    const names = ['queued-1', 'pinning-2', 'pinned-3', 'failed-4', 'other-5'];
    for (const [index, name] of names.entries()) {
      await add({
        cid:
          [cids.a, cids.b, cids.c, cids.v0, 'bafkreiaueu2o3qyerfn2gp4jz4yuvti6rnbywgvh3shkskfyyqn5iokyvq'][index] ?? '',
        name,
      });
    }
    type Page = {
      pins: {
        totalCount: number | null;
        nodes: { requestId: string; status: string; createdAt: string }[];
        pageInfo: { hasNextPage: boolean; endCursor: string | null };
      };
    };
    const text =
      'query ($after: String, $filter: PinFilter) { pins(first: 2, after: $after, filter: $filter) { ' +
      'totalCount nodes { requestId status createdAt } pageInfo { hasNextPage endCursor } } }';
    const rows: Page['pins']['nodes'][number][] = [];
    for (let after: string | null = null, more = true; more;) {
      const answer: { data?: Page | null; errors?: unknown } = await app.query<Page>(text, { after });
      expect(answer.errors).toBeUndefined();
      rows.push(...(answer.data?.pins.nodes ?? []));
      more = answer.data?.pins.pageInfo.hasNextPage ?? false;
      after = answer.data?.pins.pageInfo.endCursor ?? null;
    }
    expect(rows.map((row) => row.requestId).toSorted()).toEqual(['req-1', 'req-2', 'req-3', 'req-4', 'req-5']);
    expect(rows.map((row) => row.createdAt)).toEqual(
      rows
        .map((row) => row.createdAt)
        .toSorted()
        .toReversed(),
    );
    const filtered = async (filter: object) =>
      (await app.query<Page>(text, { filter })).data?.pins.nodes.map((row) => row.requestId);
    expect(await filtered({ status: ['FAILED'] })).toEqual(['req-4']);
    expect(await filtered({ cids: [cids.b] })).toEqual(['req-2']);
    expect(await filtered({ name: 'pinned-3' })).toEqual(['req-3']);
  });

  it('is watched until the pin is kept', async () => {
    await add({ cid: cids.a, name: 'queued-album' });
    const text = 'subscription { pin: pinStatus(requestId: "req-1") { status } }';
    const streams = [overSse, overWebSocket].map((subscribe) =>
      subscribe(address, text, { 'x-gateway-key': 'test-operator-key' }),
    );
    await Promise.all(streams.map((stream) => stream.heard(1)));
    await until(() => sent.filter((line) => line === 'GET /pins/req-1').length > 1);
    // It moves on when the same content is added under another name.
    await add({ cid: cids.a, name: 'pinning-album' });
    await Promise.all(streams.map((stream) => stream.heard(2)));
    await add({ cid: cids.a, name: 'pinned-album' });
    await Promise.all(streams.map((stream) => stream.over()));
    for (const stream of streams) {
      expect(stream.state).toBe('complete');
      expect(stream.events.map((event) => event.data)).toEqual(
        ['QUEUED', 'PINNING', 'PINNED'].map((status) => ({ pin: { status } })),
      );
    }
  });

  it('tells nothing of its insides', async () => {
    // It answers an unknown id with a stack trace, and leaves out what a pin does not have.
    const gone = await app.query(
      'mutation { removePin(input: { requestId: "req-99" }) { __typename ... on UserError { code message upstreamCode } } }',
    );
    expect(gone.data).toMatchObject({ removePin: { __typename: 'NotFoundError', code: 'NOT_FOUND' } });
    expect(JSON.stringify(gone)).not.toMatch(/node_modules|\.js|at /);
    await add({ cid: cids.v0 });
    const shown = await app.query<{ pin: { delegates: string[] } }>(
      '{ pin(requestId: "req-1") { cid name meta origins delegates info dagSize pinnedUntil statusDetails } pins { totalCount } }',
    );
    expect(shown.data?.pin.delegates).toHaveLength(4);
    expect(shown.data).toMatchObject({
      pin: {
        cid: cids.v0,
        name: null,
        meta: {},
        origins: [],
        info: {},
        dagSize: null,
        pinnedUntil: null,
        statusDetails: null,
      },
    });
  });

  it('finds a file tree under both spellings', async () => {
    await add({ cid: cids.v0 });
    for (const cid of [cids.v0, cids.v1]) {
      const answer = await app.query(
        'query ($cids: [CID!]) { pins(filter: { cids: $cids }) { nodes { requestId cid } } }',
        { cids: [cid] },
      );
      expect(answer).toMatchObject({ data: { pins: { nodes: [{ requestId: 'req-1', cid: cids.v0 }] } } });
    }
  });

  it('is asked once for one key', async () => {
    const first = await add({ cid: cids.c, name: 'failed-one', idempotencyKey: 'again' });
    expect(first.pin.status).toBe('FAILED');
    const posts = () => sent.filter((line) => line === 'POST /pins').length;
    expect(posts()).toBe(1);
    expect(await add({ cid: cids.c, name: 'failed-one', idempotencyKey: 'again' })).toEqual(first);
    expect(posts()).toBe(1);
  });

  it('refuses a token that is not its own', async () => {
    const answer = await app.query('{ pin(requestId: "req-1") { id } }', {}, { 'x-pinning-token': 'wrong' });
    expect(codesIn(answer)).toEqual(['UNAUTHENTICATED']);
  });
});
