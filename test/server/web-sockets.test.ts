import { createClient, type Client, type ClientOptions } from 'graphql-ws';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { canary, createStandIn, type StandIn } from './stand-in.js';
import { until } from '../support/until.js';

const open: { app: StandIn; clients: Client[] }[] = [];
afterEach(async () => {
  for (const { app, clients } of open.splice(0)) {
    app.events.release();
    for (const client of clients) void client.dispose();
    await app.close();
  }
});

async function start(overrides: Parameters<typeof createStandIn>[0] = {}) {
  const app = createStandIn({ timings: { drainMs: 1_000 }, ...overrides });
  const clients: Client[] = [];
  open.push({ app, clients });
  const { port } = await app.listen('127.0.0.1', 0);
  const url = `ws://127.0.0.1:${port}/graphql`;
  const client = (options: Partial<ClientOptions> = {}) => {
    const made = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
    clients.push(made);
    return made;
  };
  return { app, url, client };
}

/** All results of one operation; a refusal arrives as its errors. */
async function all(client: Client, query: string, variables?: Record<string, unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const result of client.iterate({ query, ...(variables ? { variables } : {}) })) seen.push(result);
  return seen;
}

const errorsOf = (client: Client, query: string, variables?: Record<string, unknown>) =>
  all(client, query, variables).then(
    (seen) => seen,
    (errors: unknown) => errors,
  );

function closed(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', (code) => resolve(code)));
}

describe('graphql-ws', () => {
  it('runs queries and subscriptions with the credentials of connectionParams', async () => {
    const { client, app } = await start();
    const caller = client({ connectionParams: { 'X-Gateway-Key': 'abc', 'x-pinning-token': 5 } });
    expect(await all(caller, '{ whoAmI }')).toEqual([{ data: { whoAmI: 'abc' } }]);
    expect(await all(caller, 'subscription { count(to: 2) }')).toEqual([
      { data: { count: 1 } },
      { data: { count: 2 } },
    ]);
    const context = app.events.contexts.at(-1);
    expect([context?.kind, context?.header('x-pinning-token'), context?.header('authorization')]).toEqual([
      'subscription',
      '',
      null,
    ]);
  });

  it.each([
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{', 'GRAPHQL_PARSE_FAILED'],
    [`subscription { ${Array.from({ length: 16 }, (_, i) => `a${i}: count`).join(' ')} }`, 'BAD_USER_INPUT'],
    ['subscription { refused }', 'UNAUTHENTICATED'],
    ['subscription { broken }', 'INTERNAL_SERVER_ERROR'],
    ['{ fail(how: "bug") }', 'INTERNAL_SERVER_ERROR'],
    ['query ($c: CID) { pin(requestId: "1", cid: $c) { id } }', 'BAD_USER_INPUT'],
  ])('codes and masks: %s', async (query, code) => {
    const { client } = await start();
    const text = JSON.stringify(await errorsOf(client(), query, query.includes('$c') ? { c: 'nope' } : undefined));
    expect(text).toContain(`"extensions":{"code":"${code}","retryable":false,"requestId":"`);
    expect(text).not.toContain(canary);
    expect(text).not.toContain('"http"');
  });

  it('names the argument that is wrong', async () => {
    const { client } = await start();
    expect(
      JSON.stringify(
        await errorsOf(client(), 'query ($f: PinFilter) { pins(filter: $f) { id } }', { f: { cids: ['nope'] } }),
      ),
    ).toContain('filter.cids[0]: ');
  });

  it('applies the introspection rule', async () => {
    const { client } = await start({ introspection: (header) => header('x-gateway-key') === 'k' });
    expect(JSON.stringify(await errorsOf(client(), '{ __schema { queryType { name } } }'))).toContain(
      'GRAPHQL_VALIDATION_FAILED',
    );
    expect(
      await all(client({ connectionParams: { 'x-gateway-key': 'k' } }), '{ __schema { queryType { name } } }'),
    ).toHaveLength(1);
  });

  it('returns the source and aborts the signal when the caller completes', async () => {
    const { client, app } = await start();
    const caller = client({ lazy: false });
    const stream = caller.iterate({ query: 'subscription { forever }' });
    await stream.next();
    void stream.return?.();
    await until(() => app.events.returned.includes('forever') && app.events.aborted.includes('forever'));
  });

  it('aborts a read when the caller completes it, or is gone', async () => {
    const { client, app } = await start();
    const stop = client({ lazy: false }).subscribe({ query: '{ wait }' }, { next() {}, error() {}, complete() {} });
    await until(() => app.events.waiting === 1);
    stop();
    await until(() => app.events.aborted.length === 1);
    const leaving = client();
    leaving.subscribe({ query: '{ wait }' }, { next() {}, error() {}, complete() {} });
    await until(() => app.events.waiting === 2);
    leaving.terminate();
    await until(() => app.events.aborted.length === 2);
  });

  it('closes with 1012 when the server stops; a running mutation gets its answer first', async () => {
    const { client, app } = await start();
    const codes: unknown[] = [];
    const watch = (event: unknown) =>
      codes.push(typeof event === 'object' && event !== null && 'code' in event ? event.code : event);
    const streaming = client({ on: { closed: watch } });
    const stream = streaming.iterate({ query: 'subscription { forever }' });
    await stream.next();
    const writing = all(client({ on: { closed: watch } }), 'mutation { slow }');
    await until(() => app.events.waiting === 1);
    const closing = app.close();
    await until(() => codes.length === 1);
    app.events.release();
    expect(await writing).toEqual([{ data: { slow: 'done' } }]);
    await closing;
    await until(() => codes.length === 2);
    expect(codes).toEqual([1012, expect.toBeOneOf([1000, 1012])]);
    await stream.next().catch(() => {});
  });
});

describe('a socket that misbehaves', () => {
  const connect = (url: string) => new WebSocket(url, 'graphql-transport-ws');
  const opened = (socket: WebSocket) => new Promise((resolve) => socket.once('open', resolve));

  it('must say hello in time', async () => {
    const { url } = await start({ timings: { connectionInitMs: 50, drainMs: 1_000 } });
    expect(await closed(connect(url))).toBe(4408);
  });

  it.each([
    ['no JSON', '{', 4400],
    ['an unknown message', '{"type":"dance"}', 4400],
    ['an operation before hello', '{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}', 4401],
    ['too large a message', `{"type":"connection_init","payload":{"x":"${'y'.repeat(3_000)}"}}`, 1009],
  ])('is closed after %s', async (_name, message, code) => {
    const { url, client } = await start({ maxBodyBytes: 2_000 });
    const socket = connect(url);
    socket.on('error', () => {});
    await opened(socket);
    socket.send(message);
    expect(await closed(socket)).toBe(code);
    expect(await all(client(), '{ hello }')).toEqual([{ data: { hello: 'hello world' } }]);
  });

  it('is not upgraded elsewhere, or without the sub-protocol', async () => {
    const { url } = await start();
    for (const socket of [connect(url.replace('/graphql', '/other')), new WebSocket(url)]) {
      const failure = await new Promise<Error>((resolve) => socket.once('error', resolve));
      expect(failure.message).toMatch(/Unexpected server response: 40[04]/);
    }
  });

  it('is cut when it no longer answers pings', async () => {
    const { url } = await start({ timings: { webSocketPingMs: 30, connectionInitMs: 5_000, drainMs: 1_000 } });
    const socket = new WebSocket(url, 'graphql-transport-ws', { autoPong: false });
    expect(await closed(socket)).toBe(1006);
  });
});
