import { afterEach, expect, test } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { Call } from '../../src/upstream/http.js';
import { harness, cleanup, failure, rawServer, read, scope, write } from './support.js';

const open = cleanup();
afterEach(() => open.run());

/** Answers each request with the number of its connection. */
async function numbering() {
  const server = open.add(
    await rawServer((socket) => {
      const text = String(server.connections.indexOf(socket) + 1);
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
    }),
  );
  return server;
}

test('reads reuse their sockets; fresh reads and writes never share one', async () => {
  const server = await numbering();
  const { client } = open.add(harness(server.url));
  const used = async (call: Call<string>) => {
    const numbers: string[] = [];
    for (let i = 0; i < 20; i++) numbers.push(await client.call(call, scope()));
    return new Set(numbers).size;
  };
  // Two at most: the pool learns a moment after the answer that a socket is free again.
  expect(await used(read())).toBeLessThanOrEqual(2);
  expect(await used(read({ freshSocket: true }))).toBe(20);
  expect(await used(write())).toBe(20);
});

test('a fresh socket is closed after its answer', async () => {
  const server = await numbering();
  const { client } = open.add(harness(server.url));
  await client.call(read({ freshSocket: true }), scope());
  await expect.poll(() => server.connections.every((socket) => socket.closed || socket.readableEnded)).toBe(true);
});

test('an upstream that sends a second answer unasked cannot give it to a fresh call', async () => {
  const server = open.add(
    await rawServer((socket, request) => {
      const answer = (text: string) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
      answer(`own ${request}`);
      setTimeout(() => {
        if (socket.writable) answer('POISON');
      }, 1);
    }),
  );
  const { client } = open.add(harness(server.url));
  for (let i = 1; i <= 150; i++) expect(await client.call(read({ freshSocket: true }), scope())).toBe(`own ${i}`);
});

test('after an answer about another object, no open socket is used again', async () => {
  const server = await numbering();
  const { client } = open.add(harness(server.url));
  for (let i = 0; i < 5; i++) await client.call(read(), scope());
  const accept = () => {
    throw new UpstreamError('bad_response', {
      provider: 'acme',
      operation: 'getThing',
      delivery: 'unclear',
      reason: 'identity_mismatch',
    });
  };
  await failure(client.call(read({ accept }), scope()));
  const before = [...server.connections];
  expect(Number(await client.call(read(), scope()))).toBeGreaterThan(before.length);
  await expect.poll(() => before.every((socket) => socket.closed || socket.readableEnded)).toBe(true);
});

test('many reads at once share one signal without a warning, and leave no listener or timer behind', async () => {
  const server = await numbering();
  const { client } = open.add(harness(server.url));
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 60 }, () => client.call(read(), scope({ signal }))));
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  for (let i = 0; i < 50; i++) await client.call(read(), scope({ signal }));
  expect(timers()).toBeLessThan(before + 10);
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});
