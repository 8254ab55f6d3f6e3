import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStandIn } from './stand-in.js';
import { until } from '../support/until.js';

/** What common clients send by default, byte by byte, over real sockets. */
const app = createStandIn({
  corsOrigins: ['https://app.example'],
  corsHeaders: ['x-app-version'],
  metrics: async () => ({ type: 'text/plain; version=0.0.4', body: 'up 1\n' }),
  timings: { ssePingMs: 40, drainMs: 1_000 },
});
let port = 0;
let url = '';
beforeAll(async () => {
  ({ port, url } = await app.listen('127.0.0.1', 0));
});
afterAll(() => app.close());

async function open(): Promise<{ readonly socket: Socket; text(): string }> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, text: () => Buffer.concat(chunks).toString() };
}

/** As Java's HttpClient and `curl --http2` write it. */
const h2c = 'Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\nUpgrade: h2c\r\n';
const post = (query: string, more = '') => {
  const body = JSON.stringify({ query });
  return `POST /graphql HTTP/1.1\r\nHost: x\r\n${more}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const answersIn = (text: string) => text.match(/HTTP\/1\.1 \d{3}/g)?.length ?? 0;

describe('an offer to upgrade to anything but WebSockets', () => {
  it.each([
    ['a POST', post('{ hello }', h2c), '{"data":{"hello":"hello world"}}'],
    ['liveness', get('/health/live', h2c), '{"status":"ok"}'],
    ['readiness', get('/health/ready', h2c), '{"status":"ready"}'],
    ['metrics', get('/metrics', h2c), 'up 1'],
    ['a forwarded one', get('/health/live', 'Connection: upgrade\r\nUpgrade: TLS/1.0\r\n'), '{"status":"ok"}'],
  ])('is ignored: %s', async (_name, bytes, body) => {
    const { socket, text } = await open();
    socket.write(bytes);
    await until(() => text().includes(body));
    expect(text()).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it('is ignored when the body comes later, in pieces, or in chunks', async () => {
    const { socket, text } = await open();
    const bytes = post('{ hello }', h2c);
    for (const piece of [bytes.slice(0, 40), bytes.slice(40, -12), bytes.slice(-12, -3), bytes.slice(-3)]) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await until(() => text().includes('hello world'));
    const body = '{"query":"{ chunked: hello }"}';
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: x\r\n${h2c}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    socket.write(`5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`);
    await until(() => text().includes('"chunked":"hello world"'));
    socket.destroy();
  });

  it('is ignored on one connection as often as it comes, and leaves nothing behind', async () => {
    const warnings: string[] = [];
    const warn = ({ message }: Error) => void warnings.push(message);
    process.on('warning', warn);
    const { socket, text } = await open();
    for (let count = 1; count <= 30; count += 1) {
      socket.write(count % 3 === 0 ? post('{ hello }') : post('{ hello }', h2c));
      await until(() => answersIn(text()) === count);
    }
    socket.write(get('/health/live', `${h2c}`.replace('Upgrade, ', 'Upgrade, close, ')));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text().match(/HTTP\/1\.1 200/g)).toHaveLength(31);
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it('waits for the answers before it, and what follows it is answered in order', async () => {
    const { socket, text } = await open();
    socket.write(post('{ first: wait }') + post('{ second: hello }', h2c) + post('{ third: hello }'));
    await until(() => app.events.waiting === 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(answersIn(text())).toBe(0);
    app.events.release();
    await until(() => answersIn(text()) === 3);
    expect([...text().matchAll(/"(first|second|third)"/g)].map(([, name]) => name)).toEqual([
      'first',
      'second',
      'third',
    ]);
    socket.destroy();
  });

  it('is ignored when its caller leaves while it waits', async () => {
    const { socket } = await open();
    socket.write(post('{ wait }') + post('{ hello }', h2c));
    await until(() => app.events.waiting === 1);
    socket.resetAndDestroy();
    await until(() => app.load().inFlight === 0);
    app.events.release();
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it('is refused with more headers than can be put back', async () => {
    const { socket, text } = await open();
    socket.write(get('/health/live', `${'a:b\r\n'.repeat(1_500)}${h2c}`));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text()).toMatch(/^HTTP\/1\.1 431 /);
  });
});

/** The parts of a multipart answer as they come; each is whole once the delimiter after it is there. */
async function parts(
  query: string,
  most: number,
): Promise<{ readonly head: IncomingMessage; readonly seen: string[] }> {
  const seen: string[] = [];
  const head = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = httpRequest(`${url}/graphql`, { method: 'POST', headers: multipart }, resolve);
    sent.on('error', reject);
    sent.end(JSON.stringify({ query }));
  });
  let buffer = '';
  for await (const chunk of head) {
    buffer += String(chunk);
    for (let end = buffer.indexOf('\r\n--graphql'); end >= 0; end = buffer.indexOf('\r\n--graphql')) {
      seen.push(buffer.slice(0, end).split('\r\n\r\n')[1] ?? '');
      buffer = buffer.slice(end + '\r\n--graphql'.length);
    }
    if (seen.length >= most) break;
  }
  if (seen.length < most) expect(buffer).toBe('--\r\n');
  return { head, seen };
}

/** Apollo Client's header for subscriptions over HTTP. */
const multipart = {
  'content-type': 'application/json',
  accept: 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json',
};

describe('subscriptions in parts', () => {
  it('come each with the delimiter after it, and end', async () => {
    const { head, seen } = await parts('subscription { count(to: 2) }', 99);
    expect(head.headers['content-type']).toBe('multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"');
    expect(head.headers['cache-control']).toBe('no-store, no-transform');
    expect(seen.filter((part) => part !== '{}')).toEqual([
      '{"payload":{"data":{"count":1}}}',
      '{"payload":{"data":{"count":2}}}',
    ]);
    expect(seen[0]).toBe('{}');
  });

  it('have a heartbeat while nothing happens, and tell a lone event at once', async () => {
    const { seen } = await parts('subscription { forever }', 4);
    expect(seen).toContain('{"payload":{"data":{"forever":"hello"}}}');
    expect(seen.filter((part) => part === '{}').length).toBeGreaterThanOrEqual(2);
  });

  it('end by an error beside the payload, when the stream breaks off', async () => {
    const { seen } = await parts('subscription { broken }', 99);
    const last = JSON.parse(seen.at(-1) ?? '') as { payload: unknown; errors: { extensions: { code: string } }[] };
    expect([last.payload, last.errors[0]?.extensions.code]).toEqual([null, 'INTERNAL_SERVER_ERROR']);
  });

  it('are plain JSON when there is no stream, or inside one payload for who takes nothing else', async () => {
    const send = (accept: string) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { ...multipart, accept },
        body: '{"query":"subscription { refused }"}',
      });
    const plain = await send(multipart.accept);
    expect([plain.headers.get('content-type'), await plain.json()]).toMatchObject([
      'application/json; charset=utf-8',
      { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    ]);
    const one = await (await send('multipart/mixed;subscriptionSpec="1.0"')).text();
    expect(one).toContain('{"payload":{"errors":[{"message":"Say who you are."');
  });
});

describe('GET with accept: */*', () => {
  const address = `/graphql?query=${encodeURIComponent('{ hello }')}`;
  it.each([['apollo-require-preflight'], ['x-gateway-key'], ['x-pinning-token']])('is JSON with %s', async (name) => {
    const answer = await fetch(`${url}${address}`, { headers: { accept: '*/*', [name]: 'x' } });
    expect([answer.status, await answer.json()]).toEqual([200, { data: { hello: 'hello world' } }]);
  });

  it('is refused without, in words that name what works', async () => {
    const answer = await fetch(`${url}${address}`, { headers: { accept: '*/*' } });
    expect(answer.status).toBe(406);
    const text = await answer.text();
    for (const way of ['application/json', 'text/event-stream', 'multipart/mixed', 'apollo-require-preflight'])
      expect(text).toContain(way);
  });

  it('cannot be a mutation all the same', async () => {
    const answer = await fetch(`${url}/graphql?query=${encodeURIComponent('mutation { slow }')}`, {
      headers: { accept: '*/*', 'x-gateway-key': 'k' },
    });
    expect(answer.status).toBe(405);
  });
});

it('a subscription for who takes JSON alone is told which ways there are', async () => {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: '{"query":"subscription { count }"}',
  });
  expect(answer.status).toBe(406);
  expect(await answer.text()).toMatch(/text\/event-stream or multipart\/mixed;subscriptionSpec=1\.0.*graphql-ws/);
});

describe('a preflight', () => {
  const ask = (gateway: typeof app, origin: string) =>
    gateway.fetch(
      new Request('http://headgate/graphql', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-app-version' },
      }),
    );

  it("allows the common clients' headers and those of the deployment", async () => {
    const allowed = (await ask(app, 'https://app.example')).headers.get('access-control-allow-headers')?.split(/, ?/);
    expect(allowed).toEqual(
      expect.arrayContaining([
        'apollo-require-preflight',
        'apollographql-client-name',
        'apollographql-client-version',
        'x-graphql-client-name',
        'x-graphql-client-version',
        'x-houdini-request',
        'baggage',
        'sentry-trace',
        'x-app-version',
      ]),
    );
  });

  it.each([
    [createStandIn(), 'list their origins in CORS_ORIGINS'],
    [app, 'it is not one of CORS_ORIGINS'],
  ])('that is refused says what to do', async (gateway, words) => {
    const answer = await ask(gateway, 'https://evil.example');
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining(words)]);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(answer.headers.get('x-request-id')).not.toBeNull();
  });
});

it('a WebSocket whose upgrade a proxy left out is told so', async () => {
  const answer = await fetch(`${url}/graphql`, {
    headers: { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-protocol': 'graphql-transport-ws' },
  });
  expect([answer.status, answer.headers.get('upgrade'), await answer.json()]).toMatchObject([
    426,
    'websocket',
    { errors: [{ message: expect.stringMatching(/proxy.*Upgrade.*text\/event-stream/) }] },
  ]);
});

describe('for those who look around', () => {
  it('the bare address says where things are', async () => {
    const answer = await fetch(url);
    const said: unknown = await answer.json();
    expect([answer.status, said]).toMatchObject([200, { graph: '/graphql', graphiql: '/graphql' }]);
    const closed = createStandIn({ graphiql: false });
    const there: unknown = await (await closed.fetch(new Request('http://headgate/'))).json();
    expect(there).toMatchObject({ graph: '/graphql' });
    expect(there, 'no page that is not there').not.toHaveProperty('graphiql');
    expect(there).not.toHaveProperty('desk');
  });

  it('readiness names what is waited for', async () => {
    const waiting = createStandIn({ ready: () => 'the shared state (REDIS_URL)' });
    const answer = await waiting.fetch(new Request('http://headgate/health/ready'));
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: 'unavailable', waitsFor: 'the shared state (REDIS_URL)' },
    ]);
  });
});
