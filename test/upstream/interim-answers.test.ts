import type { Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { skipInterimAnswers } from '../../src/upstream/interim-answers.js';
import { harness, cleanup, failure, otherRead, rawServer, scope, write } from './support.js';

const open = cleanup();
afterEach(() => open.run());

const final = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}';
const interim = {
  'an unasked 100': 'HTTP/1.1 100 Continue\r\n\r\n',
  'a 100 of HTTP/1.0 without a reason': 'HTTP/1.0 100 \r\n\r\n',
  'a 102': 'HTTP/1.1 102 Processing\r\n\r\n',
  'a 103 with links': 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\nlink: </b.js>; rel=preload\r\n\r\n',
  'a 199 that nobody knows': 'HTTP/1.1 199 Odd\r\nx-odd: 1\r\n\r\n',
  'an unasked 101': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n',
};
const all = Object.values(interim).join('');

describe.each([...Object.entries(interim), ['all of them', all] as const])('%s before the answer', (_name, before) => {
  test.each(['whole', 'byte by byte', 'apart from the answer'] as const)('%s', async (way) => {
    const server = open.add(
      await rawServer((socket) => {
        if (way === 'whole') socket.write(before + final);
        else if (way === 'byte by byte') void drip(socket, before + final);
        else {
          socket.write(before);
          setTimeout(() => socket.write(final), 5);
        }
      }),
    );
    const { client, facts } = open.add(harness(server.url, { upstreamTimeoutMs: 5_000, writeTimeoutMs: 5_000 }));
    expect(await client.call(otherRead(), scope())).toBe('{"a":1}');
    // The library sees a socket as free only in the turn after.
    await new Promise((resolve) => setImmediate(resolve));
    expect(await client.call(otherRead(), scope())).toBe('{"a":1}');
    expect(await client.call(write(), scope())).toBe('{"a":1}');
    expect(server.requests()).toBe(3);
    // Both reads went over one socket: what was skipped broke nothing.
    expect(server.connections).toHaveLength(2);
    expect(facts.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  });
});

test('interim answers without an end are ended by the deadline', async () => {
  const server = open.add(
    await rawServer((socket) => {
      const timer = setInterval(() => socket.write(interim['an unasked 100']), 5);
      socket.on('close', () => clearInterval(timer));
    }),
  );
  const { client } = open.add(harness(server.url, { writeTimeoutMs: 100 }));
  expect(await failure(client.call(write(), scope()))).toMatchObject({ kind: 'timeout', delivery: 'unclear' });
});

test('a connection that ends inside or after an interim answer has not answered', async () => {
  for (const cut of ['HTTP/1.1 1', 'HTTP/1.1 100 Cont', interim['an unasked 100']]) {
    const server = open.add(await rawServer((socket) => socket.end(cut)));
    const { client } = open.add(harness(server.url));
    expect(await failure(client.call(write(), scope()))).toMatchObject({ delivery: 'unclear' });
  }
});

test('an interim head without an end is refused', async () => {
  const server = open.add(
    await rawServer((socket) => socket.write(`HTTP/1.1 100 Continue\r\nx: ${'y'.repeat(40_000)}`)),
  );
  const { client } = open.add(harness(server.url));
  expect(await failure(client.call(write(), scope()))).toMatchObject({ delivery: 'unclear' });
});

test('whatever the pieces, what comes through is the answer without the interim ones, byte for byte', () => {
  const heads = fc.array(fc.constantFrom(...Object.values(interim)), { maxLength: 4 });
  const answers = fc.array(fc.tuple(heads, fc.uint8Array({ maxLength: 40 })), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(answers, fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (exchanges, sizes) => {
      const pieces: Buffer[] = [];
      const socket = skipInterimAnswers({
        read: () => pieces.shift() ?? null,
        write: (_bytes: string) => true,
      });
      for (const [before, body] of exchanges) {
        const answer = Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), body]);
        socket.write('GET / HTTP/1.1\r\n\r\n');
        const whole = Buffer.concat([Buffer.from(before.join('')), answer]);
        for (let at = 0; at < whole.length;) {
          const { value } = sizes.next();
          pieces.push(whole.subarray(at, (at += value ?? 1)));
        }
        const read: Buffer[] = [];
        for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null)
          read.push(chunk);
        expect(Buffer.concat(read).equals(answer)).toBe(true);
      }
    }),
  );
});

async function drip(socket: Socket, text: string): Promise<void> {
  for (const character of text) {
    socket.write(character);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
