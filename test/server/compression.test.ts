import { request, type IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodingFor } from '../../src/server/http/encoding.js';
import { createStandIn } from './stand-in.js';

const app = createStandIn({ metrics: async () => ({ type: 'text/plain', body: 'up 1\n'.repeat(1_000) }) });
let url = '';
beforeAll(async () => void ({ url } = await app.listen('127.0.0.1', 0)));
afterAll(() => app.close());

interface Answer {
  readonly head: IncomingMessage;
  readonly bytes: Buffer;
}
function send(path: string, headers: Record<string, string>, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method: body ? 'POST' : 'GET', headers }, (head) => {
      const chunks: Buffer[] = [];
      head.on('data', (chunk: Buffer) => chunks.push(chunk));
      head.on('end', () => resolve({ head, bytes: Buffer.concat(chunks) }));
    });
    sent.on('error', reject);
    sent.end(body ? JSON.stringify(body) : undefined);
  });
}

const long = { query: 'query Q($n: String) { hello(name: $n) }', variables: { n: 'ä'.repeat(5_000) } };
const expected = { data: { hello: `hello ${'ä'.repeat(5_000)}` } };
const json = { 'content-type': 'application/json', accept: 'application/json' };
const unpack: Readonly<Record<string, (bytes: Buffer) => Buffer>> = { br: brotliDecompressSync, gzip: gunzipSync };

describe('a long answer', () => {
  it.each([
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
  ])('to a POST is compressed for who accepts %s', async (accepted, encoding) => {
    const { head, bytes } = await send('/graphql', { ...json, 'accept-encoding': accepted }, long);
    expect(head.headers['content-encoding']).toBe(encoding);
    expect(head.headers['vary']).toContain('accept-encoding');
    expect(Number(head.headers['content-length'])).toBe(bytes.length);
    expect(bytes.length).toBeLessThan(500);
    expect(JSON.parse(unpack[encoding]?.(bytes).toString() ?? '')).toEqual(expected);
  });

  it('to a GET, and metrics, are compressed too', async () => {
    const search = new URLSearchParams({ query: long.query, variables: JSON.stringify({ n: 'x'.repeat(2_000) }) });
    const { head, bytes } = await send(`/graphql?${search.toString()}`, {
      accept: 'application/json',
      'accept-encoding': 'gzip',
    });
    expect(head.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(bytes).toString())).toEqual({ data: { hello: `hello ${'x'.repeat(2_000)}` } });
    const metrics = await send('/metrics', { 'accept-encoding': 'gzip' });
    expect(gunzipSync(metrics.bytes).toString()).toBe('up 1\n'.repeat(1_000));
  });

  it.each([[''], ['identity'], ['deflate'], ['gzip;q=0']])('is plain for who accepts "%s"', async (accepted) => {
    const { head, bytes } = await send('/graphql', { ...json, 'accept-encoding': accepted }, long);
    expect([head.headers['content-encoding'], JSON.parse(bytes.toString())]).toEqual([undefined, expected]);
  });

  it('is right for each of many at once, compressed or not', async () => {
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, count) =>
        send(
          '/graphql',
          { ...json, 'accept-encoding': 'gzip' },
          { ...long, variables: { n: `${count} `.repeat(2_000) } },
        ),
      ),
    );
    for (const [count, { head, bytes }] of all.entries()) {
      const text = head.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes).toString() : bytes.toString();
      expect(JSON.parse(text)).toEqual({ data: { hello: `hello ${`${count} `.repeat(2_000)}` } });
    }
    expect(all.some(({ head }) => head.headers['content-encoding'] === 'gzip')).toBe(true);
  });
});

it('a short answer and a stream go as they are', async () => {
  const short = await send('/graphql', { ...json, 'accept-encoding': 'gzip' }, { query: '{ hello }' });
  expect(short.head.headers['content-encoding']).toBeUndefined();
  const stream = await send('/graphql', { ...json, accept: 'text/event-stream', 'accept-encoding': 'gzip, br' }, long);
  expect([stream.head.headers['content-encoding'], stream.bytes.toString()]).toEqual([
    undefined,
    expect.stringContaining('event: next'),
  ]);
});

it('reads what a client accepts', () => {
  expect([null, '', '*', 'GZIP', 'br ; q=0.000, gzip', 'x-gzip'].map(encodingFor)).toEqual([
    null,
    null,
    null,
    'gzip',
    'gzip',
    null,
  ]);
});
