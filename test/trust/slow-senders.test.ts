import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { defaultTimings } from '../../src/server/options.js';
import { closeAfterAll } from '../support/graph-pins.js';
import { createStandIn } from '../server/stand-in.js';
import { startGateway } from './support.js';
import { spentOn } from '../support/spent-on.js';

closeAfterAll();

/** The server that a connection to this port ends at, as Node itself tells it. */
async function serverBehind(port: number): Promise<Server> {
  const servers = new Map<number | undefined, Server>();
  const heard = (message: unknown) => {
    const { socket, server } = message as { socket: Socket; server: Server };
    servers.set(socket.localPort, server);
  };
  subscribe('http.server.request.start', heard);
  try {
    await fetch(`http://127.0.0.1:${port}/health/live`);
  } finally {
    unsubscribe('http.server.request.start', heard);
  }
  const server = servers.get(port);
  if (!server) throw new Error('no server was heard of');
  return server;
}

/** Sends the first bytes, then one more byte each 5 ms for as long as the connection takes them. */
function drip(port: number, bytes: string): Promise<{ readonly text: string; readonly sent: number }> {
  return new Promise((resolve) => {
    let text = '';
    let sent = 0;
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const timer = setInterval(() => {
      sent += 1;
      socket.write('a');
    }, 5);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      resolve({ text, sent });
    });
  });
}

const beginnings: readonly [string, string][] = [
  ['headers', 'POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: '],
  ['a body', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{'],
  [
    'a body in chunks',
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n{',
  ],
  [
    'the second request of a connection',
    'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\nPOST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: ',
  ],
];

describe('a client that sends slower than 60 seconds', () => {
  it('is cut within 62: the times that the gateway really runs with', async () => {
    const { port } = await startGateway({});
    const server = await serverBehind(port);
    // Node looks at what is under way once in an interval: what is too old by then has lived up to one interval more.
    const { requestTimeout, headersTimeout, connectionsCheckingInterval } = server as Server & {
      readonly connectionsCheckingInterval: number;
    };
    for (const limit of [requestTimeout, headersTimeout]) {
      expect(limit).toBeGreaterThanOrEqual(60_000);
      expect(limit + connectionsCheckingInterval).toBeLessThanOrEqual(62_000);
    }
  });

  it.each(beginnings)('is cut however steadily %s drip', async (_name, bytes) => {
    // The same server with the times at 1 to 200: a byte each 5 ms keeps any idle timer from ending it.
    const requestTimeoutMs = defaultTimings.requestTimeoutMs / 200;
    const app = createStandIn({ timings: { requestTimeoutMs } });
    const { port } = await app.listen('127.0.0.1', 0);
    let dripped = await spentOn(() => drip(port, bytes));
    // A busy machine may leave no time for many bytes: then once more.
    for (let tries = 0; tries < 5 && dripped.value.sent <= 10; tries += 1)
      dripped = await spentOn(() => drip(port, bytes));
    const { ms, wholeMs } = dripped;
    const { text, sent } = dripped.value;
    await app.close();
    expect(text).toContain('HTTP/1.1 408 ');
    expect(sent).toBeGreaterThan(10);
    expect(wholeMs).toBeGreaterThanOrEqual(requestTimeoutMs - 50);
    // One interval of looking (here as long as the time itself), and what a busy machine adds.
    expect(ms).toBeLessThan(2 * requestTimeoutMs + 600);
  });
});
