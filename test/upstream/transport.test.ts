import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { UpstreamError } from '../../src/errors.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { harness, cleanup, deadUrl, failure, rawServer, read, scope, write } from './support.js';
import { selfSigned } from './self-signed.js';
import { spentOn } from '../support/spent-on.js';

const open = cleanup();
afterEach(() => open.run());

test('sends method, path below the base path, headers and JSON body, and hands over the whole answer', async () => {
  const upstream = open.add(await fakeUpstream(() => ({ status: 201, headers: { 'x-one': '1' }, body: { ä: '€' } })));
  const { client } = open.add(harness(`${upstream.url}/v2`));
  const answer = await client.call(
    { ...write({ path: '/a?b=c', headers: { authorization: 'Key k' } }), accept: (it) => it },
    scope(),
  );
  expect(answer).toMatchObject({ status: 201, text: '{"ä":"€"}', headers: { 'x-one': '1' } });
  expect(upstream.requests).toMatchObject([{ method: 'POST', url: '/v2/a?b=c', body: '{"a":1}' }]);
  expect(upstream.requests[0]?.headers).toMatchObject({
    authorization: 'Key k',
    'content-type': 'application/json',
    'accept-encoding': 'gzip',
  });
});

test('refused connection: unavailable, unsent, sent once more even for a write', async () => {
  const { client, facts } = open.add(harness(await deadUrl()));
  const error = await failure(client.call(write(), scope()));
  expect(error).toMatchObject({
    kind: 'unavailable',
    delivery: 'unsent',
    detail: 'ECONNREFUSED',
    provider: 'acme',
    credential: 'server',
  });
  expect(facts).toMatchObject([{ operation: 'addThing', effect: 'write', kind: 'unavailable', attempts: 2 }]);
});

test('unknown host: unavailable and unsent', async () => {
  const { client } = open.add(harness('http://no-such-host.invalid'));
  expect(await failure(client.call(read(), scope()))).toMatchObject({ kind: 'unavailable', delivery: 'unsent' });
});

test('self-signed certificate: unavailable, unsent and never tried again', async () => {
  let handshakes = 0;
  const server = createTlsServer(selfSigned, (_request, response) => response.end('{}'));
  server.on('connection', () => (handshakes += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.add({ close: () => new Promise((resolve) => server.close(() => resolve())) });
  const { client, facts } = open.add(harness(`https://localhost:${(server.address() as AddressInfo).port}`));
  const error = await failure(client.call(read({ retries: 2 }), scope()));
  expect(error).toMatchObject({ kind: 'unavailable', delivery: 'unsent', detail: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(facts[0]?.attempts).toBe(1);
  expect(handshakes).toBe(1);
});

test('a server that does not speak TLS: unsent and never tried again', async () => {
  const upstream = open.add(await fakeUpstream(() => ({ body: {} })));
  const { client, facts } = open.add(harness(upstream.url.replace('http:', 'https:')));
  expect(await failure(client.call(write(), scope()))).toMatchObject({ kind: 'unavailable', delivery: 'unsent' });
  expect(facts[0]?.attempts).toBe(1);
});

test('no headers: timeout at the attempt deadline, unclear', async () => {
  const server = open.add(await rawServer(() => {}));
  const { client } = open.add(harness(server.url, { upstreamTimeoutMs: 60, writeTimeoutMs: 90 }));
  expect(await failure(client.call(read(), scope()))).toMatchObject({ kind: 'timeout', delivery: 'unclear' });
  expect(await failure(client.call(write(), scope()))).toMatchObject({ kind: 'timeout', delivery: 'unclear' });
  expect(server.requests()).toBe(2);
});

test('a read ends at the deadline of its operation, a write under way does not', async () => {
  const upstream = open.add(
    await fakeUpstream(async (_request, response) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return response.destroyed ? undefined : { body: {} };
    }),
  );
  const { client } = open.add(harness(upstream.url));
  const reading = () => failure(client.call(read(), scope({ deadline: monotonicNow() + 60 })));
  const { value, ms } = await spentOn(reading);
  expect(value).toMatchObject({ kind: 'timeout' });
  expect(ms).toBeLessThan(140);
  expect(await client.call(write(), scope({ deadline: monotonicNow() + 60 }))).toBe('{}');
});

test('nothing starts after the deadline', async () => {
  const upstream = open.add(await fakeUpstream(() => ({ body: {} })));
  const { client } = open.add(harness(upstream.url));
  expect(await failure(client.call(write(), scope({ deadline: monotonicNow() - 1 })))).toMatchObject({
    kind: 'timeout',
    delivery: 'unsent',
  });
  expect(upstream.requests).toHaveLength(0);
});

test('a dripping body stops at the attempt deadline and its socket is destroyed', async () => {
  let gone: (() => void) | undefined;
  const closed = new Promise<void>((resolve) => (gone = resolve));
  const server = open.add(
    await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 10);
      socket.on('close', () => {
        clearInterval(drip);
        gone?.();
      });
    }),
  );
  const { client } = open.add(harness(server.url, { upstreamTimeoutMs: 120 }));
  const { value, ms } = await spentOn(() => failure(client.call(read(), scope())));
  expect(value).toMatchObject({ kind: 'timeout', delivery: 'unclear' });
  expect(ms).toBeLessThan(400);
  await closed;
});

test('reset before any header: unavailable, unclear', async () => {
  const server = open.add(await rawServer((socket) => socket.resetAndDestroy()));
  const { client } = open.add(harness(server.url));
  expect(await failure(client.call(write(), scope()))).toMatchObject({ kind: 'unavailable', delivery: 'unclear' });
  expect(server.requests()).toBe(1);
});

const half = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"a"';
test.each([
  ['closed mid-body', (socket: import('node:net').Socket) => socket.end(half)],
  [
    'reset mid-body',
    (socket: import('node:net').Socket) => socket.write(half, () => setTimeout(() => socket.resetAndDestroy(), 20)),
  ],
  [
    'a chunked body cut off',
    (socket: import('node:net').Socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'),
  ],
  [
    'a broken chunk',
    (socket: import('node:net').Socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n'),
  ],
])('%s: truncated, unclear, tried again for reads alone', async (_name, script) => {
  const server = open.add(await rawServer(script));
  const { client } = open.add(harness(server.url));
  expect(await failure(client.call(read({ retries: 2 }), scope()))).toMatchObject({
    kind: 'bad_response',
    reason: 'truncated',
    delivery: 'unclear',
  });
  expect(server.requests()).toBe(3);
  expect(await failure(client.call(write(), scope()))).toMatchObject({
    kind: 'bad_response',
    reason: 'truncated',
    delivery: 'unclear',
  });
  expect(server.requests()).toBe(4);
});

test.each([301, 302, 303, 304, 307, 308])('%i is never followed', async (status) => {
  const other = open.add(await fakeUpstream(() => ({ body: {} })));
  const upstream = open.add(await fakeUpstream(() => ({ status, headers: { location: other.url } })));
  const { client } = open.add(harness(upstream.url));
  const error = await failure(client.call(write(), scope()));
  expect(error).toMatchObject({ kind: 'bad_response', reason: 'redirect', delivery: 'unclear', status });
  expect(upstream.requests).toHaveLength(1);
  expect(other.requests).toHaveLength(0);
});

test.each([
  ['headers too large', `HTTP/1.1 200 OK\r\nx: ${'h'.repeat(20_000)}\r\n\r\n`],
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
])('%s: bad_response, unclear, not tried again', async (_name, text) => {
  const server = open.add(await rawServer((socket) => socket.end(text)));
  const { client } = open.add(harness(server.url));
  expect(await failure(client.call(read({ retries: 2 }), scope()))).toMatchObject({
    kind: 'bad_response',
    delivery: 'unclear',
  });
  expect(server.requests()).toBe(1);
});

test('a header that cannot be written: rejected, unsent, and no trace of its value', async () => {
  const upstream = open.add(await fakeUpstream(() => ({ body: {} })));
  const { client } = open.add(harness(upstream.url));
  const error = await failure(client.call(read({ headers: { authorization: 'se\ncret' } }), scope()));
  expect(error).toMatchObject({ kind: 'rejected', delivery: 'unsent' });
  expect(JSON.stringify(error) + error.stack).not.toContain('cret');
  expect(upstream.requests).toHaveLength(0);
});

test('a read stops within 500 ms of its client leaving, and its socket with it; a write goes on', async () => {
  const upstream = open.add(
    await fakeUpstream(async (request, response) => {
      if (request.method === 'GET') await new Promise((resolve) => response.on('close', resolve));
      else await new Promise((resolve) => setTimeout(resolve, 100));
      return response.destroyed ? undefined : { body: 'done' };
    }),
  );
  const { client, facts } = open.add(harness(upstream.url));
  const leaving = new AbortController();
  const reason = new Error('client left');
  const reading = client.call(read({ retries: 2 }), scope({ signal: leaving.signal }));
  const writing = client.call(write(), scope({ signal: leaving.signal }));
  await expect.poll(() => upstream.requests.length).toBe(2);
  leaving.abort(reason);
  expect((await spentOn(() => expect(reading).rejects.toBe(reason))).ms).toBeLessThan(500);
  expect(await writing).toBe('done');
  expect(facts).toMatchObject([
    { kind: 'aborted', effect: 'read', attempts: 1 },
    { status: 200, effect: 'write' },
  ]);
});

test('a client that left before is not served at all', async () => {
  const upstream = open.add(await fakeUpstream(() => ({ body: {} })));
  const { client } = open.add(harness(upstream.url));
  const reason = new Error('client left');
  await expect(client.call(read(), scope({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  expect(upstream.requests).toHaveLength(0);
});

test('closing ends what is under way with an UpstreamError', async () => {
  const server = open.add(await rawServer(() => {}));
  const { client, http } = harness(server.url);
  const calling = failure(client.call(write(), scope()));
  await expect.poll(() => server.requests()).toBe(1);
  await http.close();
  expect(await calling).toMatchObject({ kind: 'unavailable', delivery: 'unclear' });
  expect(await failure(client.call(read(), scope()))).toMatchObject({ kind: 'unavailable', delivery: 'unsent' });
});

test('what accept throws by mistake is passed on as it is', async () => {
  const upstream = open.add(await fakeUpstream(() => ({ body: {} })));
  const { client, facts } = open.add(harness(upstream.url));
  const mistake = new TypeError('ours');
  await expect(
    client.call(
      read({
        retries: 2,
        accept: () => {
          throw mistake;
        },
      }),
      scope(),
    ),
  ).rejects.toBe(mistake);
  expect(facts).toMatchObject([{ kind: 'defect', attempts: 1, status: 200 }]);
  expect(mistake).not.toBeInstanceOf(UpstreamError);
});
