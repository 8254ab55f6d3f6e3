import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { LONGEST_REFUSAL } from '../../src/values/answer-bounds.js';
import type { Answer } from '../../src/upstream/http.js';
import { pieceOf } from '../../src/upstream/piece.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { heldBytes } from '../support/held-bytes.js';
import { until } from '../support/until.js';
import { harness, cleanup, failure, otherRead, rawServer, read, refusal, scope, write } from './support.js';
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

/** Answers with a body of so many spaces in chunks of a size, which never ends. */
function inChunks(bytes: number, chunkBytes: number) {
  const chunk = `${chunkBytes.toString(16)}\r\n${' '.repeat(chunkBytes)}\r\n`;
  return rawServer((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(bytes / chunkBytes)}`);
  });
}

test('an answer in pieces of one byte takes no more memory than one in a single piece', async () => {
  const bytes = 100_000;
  const heldWith = async (chunkBytes: number): Promise<number> => {
    const server = open.add(await inChunks(bytes, chunkBytes));
    const { client } = open.add(harness(server.url, { upstreamTimeoutMs: 60_000 }));
    const stop = new AbortController();
    const before = heldBytes();
    const calls = [1, 2].map(() => client.call(otherRead(), scope({ signal: stop.signal })));
    const ended = Promise.allSettled(calls);
    await until(() => server.requests() === 2 && server.connections.every((one) => one.writableLength === 0));
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const held = heldBytes() - before;
    stop.abort(new Error('enough'));
    await ended;
    return held;
  };
  const inOne = await heldWith(bytes);
  expect((await heldWith(1)) - inOne).toBeLessThan(4_000_000);
});

/** What an upstream was taken of a refusal that goes on for ever, and what the call came to. */
async function endlessRefusal(status: number, effect: 'read' | 'write', announced = false) {
  const upstream = open.add(
    await rawServer((socket) => {
      const head = announced ? 'content-length: 8000000' : 'transfer-encoding: chunked';
      socket.write(`HTTP/1.1 ${status} Refused\r\n${head}\r\n\r\n`);
      const piece = Buffer.from(`1000\r\n${' '.repeat(0x1000)}\r\n`);
      const go = (): void => void (socket.destroyed || (socket.write(piece) ? setImmediate(go) : undefined));
      socket.on('drain', go);
      if (!announced) go();
    }),
  );
  const { client } = open.add(harness(upstream.url, { upstreamMaxBytes: 8 * 1024 * 1024 }));
  const error = await failure(client.call(effect === 'read' ? otherRead() : write(), scope()));
  const [socket] = upstream.connections;
  await until(() => socket?.destroyed === true);
  return { error, sent: socket?.bytesWritten ?? Infinity };
}

/** What lies between two sockets on its way, besides. */
const ON_THE_WAY = 4_000_000;

test.each([
  [404, 'read', 'bad_response', 'too_large', 'answered'],
  [404, 'write', 'bad_response', 'too_large', 'unclear'],
  [503, 'read', 'unavailable', undefined, 'answered'],
  [409, 'write', 'rejected', undefined, 'answered'],
] as const)('of a %s to a %s no more is read than a refusal has', async (status, effect, kind, reason, delivery) => {
  for (const announced of [false, true]) {
    const { error, sent } = await endlessRefusal(status, effect, announced);
    expect(error).toMatchObject({ kind, status, delivery });
    expect(error.reason).toBe(reason);
    expect(sent).toBeLessThan(LONGEST_REFUSAL + ON_THE_WAY);
  }
});

test('a refusal of the greatest length is read, packed or not, and one of a byte more is not', async () => {
  const explained: string[] = [];
  const refuse = (answer: Answer) => (explained.push(answer.text), refusal('rejected', answer.status));
  const told = (length: number) => `"${'x'.repeat(length - 2)}"`;
  for (const encoding of ['identity', 'gzip']) {
    for (const [length, kind] of [
      [LONGEST_REFUSAL, 'rejected'],
      [LONGEST_REFUSAL + 1, 'bad_response'],
    ] as const) {
      const body = Buffer.from(told(length));
      const upstream = open.add(
        await fakeUpstream((_request, response) => {
          response.writeHead(404, { 'content-encoding': encoding });
          response.end(encoding === 'gzip' ? gzipSync(body) : body);
          return undefined;
        }),
      );
      const { client } = open.add(harness(upstream.url));
      expect((await failure(client.call(otherRead({ refuse }), scope()))).kind).toBe(kind);
    }
  }
  expect(explained.map(({ length }) => length)).toEqual([LONGEST_REFUSAL, LONGEST_REFUSAL]);
});
