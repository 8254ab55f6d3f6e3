import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { bodyOf, receiveBody } from '../../src/server/http/node-bodies.js';
import { UnfinishedBodies } from '../../src/server/http/unfinished-bodies.js';
import { createStandIn, type StandIn } from './stand-in.js';
import { heldBytes } from '../support/held-bytes.js';

const apps: StandIn[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const app of apps.splice(0)) await app.close();
});

const BYTES = 20_000;
const CONNECTIONS = 4;
/** Room for what differs between connections; kept as they came, the pieces of all would take forty megabytes. */
const MOST_MORE = 2_000_000;

const post = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\naccept: application/json';
const stream = 'GET /graphql?query=subscription%7Bforever%7D HTTP/1.1\r\nhost: x\r\naccept: text/event-stream';

/** A server, and the bytes that it holds while bodies in pieces of a size come in on some connections and do not end. */
async function start() {
  const app = createStandIn({ timings: { drainMs: 100 } });
  apps.push(app);
  const { port, url } = await app.listen('127.0.0.1', 0);
  // Many turns, in each of which the server reads what has come.
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await (await fetch(`${url}/health/live`)).text();
  };
  await settle();
  return async (head: string, pieceBytes: number): Promise<number> => {
    const before = heldBytes();
    const piece = `${pieceBytes.toString(16)}\r\n${' '.repeat(pieceBytes)}\r\n`;
    for (let count = 0; count < CONNECTIONS; count += 1) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      sockets.push(socket);
      const bytes = `${head}\r\ntransfer-encoding: chunked\r\n\r\n${piece.repeat(BYTES / pieceBytes)}`;
      await new Promise<void>((sent) => socket.write(bytes, () => sent()));
    }
    await settle();
    return heldBytes() - before;
  };
}

describe('a body in pieces of one byte', () => {
  it.each([
    ['of an operation', post],
    ['that nobody asked for, under a stream that is open', stream],
  ])('takes no more memory than one in a single piece: %s', async (_name, head) => {
    const held = await start();
    const inOne = await held(head, BYTES);
    expect((await held(head, 1)) - inOne).toBeLessThan(MOST_MORE);
  });
});

const nobody = (): UnfinishedBodies =>
  new UnfinishedBodies(
    () => 'somewhere',
    () => {},
  );

/**
 * What a server has of a body, sent in one piece with its head, when it is told that the body has come; and whether that is in a
 * later turn: then the gate would let more be parsed than have room in the line.
 */
async function receive(body: string, unfinished = nobody()): Promise<string> {
  const server = createServer((request, response) => {
    let isLater = false;
    setImmediate(() => (isLater = true));
    const ready = () => response.end(JSON.stringify({ text: bodyOf(request), isLater }));
    receiveBody(request, { maxBytes: 100, unfinished }, { ready, isRefused: () => false });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay(true);
  try {
    socket.write(`${post}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    let heard = '';
    for await (const bytes of socket) {
      heard += String(bytes);
      if (heard.includes('}')) break;
    }
    return heard.slice(heard.indexOf('{'));
  } finally {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  }
}

describe('the body of an operation', () => {
  it.each([
    ['is there once its turn may come', '["a"]', '{"text":"[\\"a\\"]","isLater":false}'],
    ['is too large then, too', 'x'.repeat(101), '{"text":null,"isLater":false}'],
  ])('%s', async (_name, body, read) => {
    expect(await receive(body)).toBe(read);
  });

  it('is not waited for when it came in one piece with its head', async () => {
    let waited = 0;
    const unfinished = new UnfinishedBodies(
      () => String((waited += 1)),
      () => {},
    );
    expect(await receive('["a"]', unfinished)).toBe('{"text":"[\\"a\\"]","isLater":false}');
    expect(waited).toBe(0);
  });
});
