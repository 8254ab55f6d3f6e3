import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { pieceOf } from '../../src/upstream/piece.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { harness, cleanup, failure, rawServer, read, scope, write } from './support.js';
import { spentOn } from '../support/spent-on.js';

const open = cleanup();
afterEach(() => open.run());

test('decodes UTF-8 that is cut between two packets, and drops a byte order mark', async () => {
  const body = Buffer.from('\ufeff"€€"');
  const server = open.add(
    await rawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
      socket.write(body.subarray(0, 6), () => setTimeout(() => socket.write(body.subarray(6)), 10));
    }),
  );
  const { client } = open.add(harness(server.url));
  expect(await client.call(read(), scope())).toBe('"€€"');
});

test('a body over the cap is cut off, announced or not', async () => {
  const upstream = open.add(
    await fakeUpstream((request, response) => {
      if (request.path === '/announced') return { body: 'x'.repeat(2000) };
      response.writeHead(200);
      const flood = setInterval(() => response.write('y'.repeat(400)), 1);
      response.on('close', () => clearInterval(flood));
      return undefined;
    }),
  );
  const { client } = open.add(harness(upstream.url, { upstreamMaxBytes: 1000 }));
  for (const path of ['/announced', '/streamed']) {
    expect(await failure(client.call(read({ path, retries: 2 }), scope()))).toMatchObject({
      kind: 'bad_response',
      reason: 'too_large',
    });
  }
  expect(upstream.requests).toHaveLength(2);
});

test('a body of exactly the cap passes', async () => {
  const upstream = open.add(await fakeUpstream(() => ({ body: 'x'.repeat(1000) })));
  const { client } = open.add(harness(upstream.url, { upstreamMaxBytes: 1000 }));
  expect(await client.call(read(), scope())).toHaveLength(1000);
});

/** Answers with these bytes under this encoding. */
function encoded(body: Buffer, encoding: string) {
  return fakeUpstream((_request, response) => {
    response.writeHead(200, { 'content-encoding': encoding });
    response.end(body);
    return undefined;
  });
}

test('gzip is decoded in one piece, whatever its size, but for what cannot be so large', () => {
  const packed = gzipSync('x'.repeat(100_000));
  expect(pieceOf(packed, 1_000_000)).toBe(100_001);
  expect(pieceOf(packed, 50_000)).toBe(50_001);
  expect(pieceOf(gzipSync('{"a":1}'), 1_000_000)).toBe(16_384);
  expect(pieceOf(Buffer.from([1]), 1_000_000)).toBe(16_384);
  expect(pieceOf(Buffer.alloc(100, 0xff), 10_000_000)).toBe(103_201);
});

test('gzip of several parts is decoded, whatever the last says', async () => {
  const text = 'x'.repeat(100_000);
  const upstream = open.add(await encoded(Buffer.concat([gzipSync(text), gzipSync('y'), gzipSync('')]), 'gzip'));
  const { client } = open.add(harness(upstream.url));
  expect(await client.call(read(), scope())).toBe(`${text}y`);
});

test('gzip is decoded', async () => {
  const upstream = open.add(await encoded(gzipSync('{"a":1}'), 'gzip'));
  const { client } = open.add(harness(upstream.url));
  expect(await client.call(read(), scope())).toBe('{"a":1}');
});

test('a gzip bomb is cut at the cap: its memory and time stay small', async () => {
  const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
  const upstream = open.add(await encoded(bomb, 'gzip'));
  const { client } = open.add(harness(upstream.url));
  const before = process.memoryUsage();
  const { value, ms } = await spentOn(() => failure(client.call(read(), scope())));
  const after = process.memoryUsage();
  expect(value).toMatchObject({ kind: 'bad_response', reason: 'too_large' });
  expect(ms).toBeLessThan(400);
  expect(after.arrayBuffers + after.external - before.arrayBuffers - before.external).toBeLessThan(16 * 1024 * 1024);
});

test.each([
  ['br', brotliCompressSync('{}'), 'encoding'],
  ['gzip, gzip', gzipSync(gzipSync('{}')), 'encoding'],
  ['zstd', Buffer.from('{}'), 'encoding'],
  ['gzip', Buffer.from('not gzip at all'), 'encoding'],
  ['gzip', gzipSync('{"a":1}').subarray(0, 15), 'truncated'],
])('encoding %s is refused when it cannot be decoded once', async (encoding, body, reason) => {
  const upstream = open.add(await encoded(body, encoding));
  const { client } = open.add(harness(upstream.url));
  expect(await failure(client.call(write(), scope()))).toMatchObject({
    kind: 'bad_response',
    reason,
    delivery: 'unclear',
  });
});

test.each(['identity', 'none', 'None', 'utf-8', 'UTF8', 'identity, none', ''])(
  'an encoding of "%s" is no encoding',
  async (encoding) => {
    const upstream = open.add(await encoded(Buffer.from('{"a":"é"}'), encoding));
    const { client } = open.add(harness(upstream.url));
    expect(await client.call(read(), scope())).toBe('{"a":"é"}');
  },
);

test('gzip beside a name for no encoding is gzip, two real encodings are refused', async () => {
  const one = open.add(await encoded(gzipSync('{"a":1}'), 'identity, gzip'));
  expect(await open.add(harness(one.url)).client.call(read(), scope())).toBe('{"a":1}');
  const two = open.add(await encoded(gzipSync(gzipSync('{"a":1}')), 'gzip, gzip'));
  expect(await failure(open.add(harness(two.url)).client.call(read(), scope()))).toMatchObject({ reason: 'encoding' });
});

test.each([
  ['Latin-1', Buffer.from('{"name":"Jos\u00e9"}', 'latin1')],
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le').fill(0xff, 0, 1)],
  ['a half character at the end', Buffer.from('"€"').subarray(0, 3)],
  ['a surrogate in CESU-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
])('a body in %s is not read, plain or packed; a write stays unclear', async (_name, body) => {
  for (const upstream of [await encoded(body, 'identity'), await encoded(gzipSync(body), 'gzip')]) {
    open.add(upstream);
    const { client } = open.add(harness(upstream.url));
    const fault = { kind: 'bad_response', reason: 'encoding' };
    expect(await failure(client.call(read(), scope()))).toMatchObject(fault);
    expect(await failure(client.call(write(), scope()))).toMatchObject({ ...fault, delivery: 'unclear' });
  }
});
