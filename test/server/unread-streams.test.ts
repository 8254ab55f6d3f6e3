import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { writeFrames } from '../../src/server/events/event-writer.js';
import { Frames, type StreamFormat } from '../../src/server/events/frames.js';
import type { ResultReader } from '../../src/server/operation/outcome.js';

/** What becomes of streams whose readers do not read, over real sockets. */

const PING_MS = 100;
const MIB = 1_048_576;
const CLIENTS = 100;
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Events of so many bytes, without an end. */
function formatOf(bytes: number): StreamFormat {
  const frame = Buffer.alloc(bytes, 'x');
  const nothing = Buffer.from(':\n\n');
  return { headers: {}, toFrame: () => frame, first: nothing, ping: nothing, last: nothing };
}

interface Streams {
  readonly port: number;
  readonly responses: ServerResponse[];
  /** Streams that were left, by whoever. */
  left: number;
}

async function serve(bytes: number, pingMs = PING_MS): Promise<Streams> {
  const served: Streams & { port: number } = { port: 0, responses: [], left: 0 };
  const streams = { add: () => () => {}, size: 0, cutAll: async () => {} };
  const server: Server = createServer((_request, response) => {
    served.responses.push(response);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const results = {
      take: (reader: ResultReader) => void setImmediate(() => reader.next({ result: {} })),
      leave: async () => void (served.left += 1),
    };
    writeFrames(new Frames(results, formatOf(bytes), pingMs, streams), response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(
    () => void server.close(),
    () => server.closeAllConnections(),
  );
  served.port = (server.address() as AddressInfo).port;
  return served;
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  open.push(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  return socket;
}

it('are cut when more than a mebibyte waits and nobody takes any of it', async () => {
  const streams = await serve(16 * MIB);
  for (let count = 0; count < CLIENTS / 10; count += 1) (await client(streams.port)).pause();
  await expect.poll(() => streams.left, { timeout: 15_000 }).toBe(CLIENTS / 10);
  expect(streams.responses.every(({ destroyed }) => destroyed)).toBe(true);
});

it('hold no more than one event each while they are not read, and live on', async () => {
  const streams = await serve(64 * 1_024);
  for (let count = 0; count < CLIENTS; count += 1) (await client(streams.port)).pause();
  await expect
    .poll(() => streams.responses.filter((response) => response.writableNeedDrain).length, { timeout: 15_000 })
    .toBe(CLIENTS);
  await new Promise((resolve) => setTimeout(resolve, 5 * PING_MS));
  for (const response of streams.responses) expect(response.writableLength).toBeLessThan(MIB);
  expect(streams.left).toBe(0);
});

it('are not cut while somebody reads, however slowly', async () => {
  const streams = await serve(4 * MIB, 500);
  const socket = await client(streams.port);
  socket.pause();
  const reading = setInterval(() => void socket.read(), PING_MS / 5);
  open.push(() => clearInterval(reading));
  await expect.poll(() => socket.bytesRead, { timeout: 15_000 }).toBeGreaterThan(5 * MIB);
  expect(streams.left).toBe(0);
});

it('give a reader two pings to take something', () => {
  const results = { take: () => {}, leave: async () => {} };
  const streams = { add: () => () => {}, size: 0, cutAll: async () => {} };
  expect(new Frames(results, formatOf(1), PING_MS, streams).stuckMs).toBe(2 * PING_MS);
});
