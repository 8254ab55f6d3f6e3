import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { bodyOf, receiveBody } from '../../src/server/http/node-bodies.js';
import { UnfinishedBodies } from '../../src/server/http/unfinished-bodies.js';
import { cutUnread } from '../../src/server/http/unread-answers.js';
import { trackConnections } from '../../src/server/http/connections.js';
import { createStandIn, type StandIn } from './stand-in.js';
import { until } from '../support/until.js';

const apps: StandIn[] = [];
const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  for (const app of apps.splice(0)) await app.close();
});

const post = (query: string, more = '', body = JSON.stringify({ query })): string =>
  `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;

async function start(options: Parameters<typeof createStandIn>[0]) {
  const app = createStandIn({ timings: { drainMs: 100 }, ...options });
  apps.push(app);
  const { port, url } = await app.listen('127.0.0.1', 0);
  const status = async (query = '{ hello }') =>
    (
      await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      })
    ).status;
  return { app, port, status };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

function heardBy(socket: Socket): { text: string; ended: boolean } {
  const heard = { text: '', ended: false };
  socket.on('data', (chunk: Buffer) => (heard.text += chunk.toString()));
  socket.on('close', () => (heard.ended = true));
  return heard;
}

describe('a place among the operations in flight', () => {
  it('is not held by an answer that its caller does not read', async () => {
    const { app, port, status } = await start({ maxOperationsInFlight: 100 });
    const long = post(`{ hello(name: "${'x'.repeat(200_000)}") }`);
    for (let count = 0; count < 3; count += 1) (await open(port)).pause().write(long.repeat(32));
    await until(() => app.load().inFlight > 0 || app.load().refused > 0);
    await until(() => app.load().inFlight === 0);
    expect(await status()).toBe(200);
  });

  it('is not taken by an operation whose body has not come whole', async () => {
    const { app, port, status } = await start({ maxOperationsInFlight: 2 });
    const slow = await Promise.all(Array.from({ length: 5 }, () => open(port)));
    for (const socket of slow) socket.write(post('{ hello }').slice(0, -1));
    for (let count = 0; count < 3; count += 1) expect(await status()).toBe(200);
    expect(app.load()).toEqual({ inFlight: 0, waiting: 0, refused: 0 });
    const [first] = slow;
    const heard = heardBy(first as Socket);
    first?.write('}');
    await until(() => heard.text.includes('200 OK'));
    for (const socket of slow) socket.destroy();
    expect(await status()).toBe(200);
    expect(app.load()).toMatchObject({ inFlight: 0, refused: 0 });
  });

  it('is not taken behind a stream: nothing is begun there, and the connection ends with it', async () => {
    const { app, port } = await start({ maxOperationsInFlight: 10 });
    const socket = await open(port);
    const heard = heardBy(socket);
    socket.write(post('subscription { ticks }', 'accept: text/event-stream\r\n'));
    await until(() => heard.text.includes('event: next'));
    socket.write(post('mutation { add(cid: "a") { id } }').repeat(3));
    await until(() => heard.ended);
    expect(app.events.contexts.map(({ kind }) => kind)).toEqual(['subscription']);
    expect(heard.text).toContain('event: complete');
    expect(heard.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('is not taken by what was sent at once with a stream, which is then refused', async () => {
    const { app, port } = await start({ maxOperationsInFlight: 10 });
    const socket = await open(port);
    const heard = heardBy(socket);
    socket.write(post('subscription { forever }', 'accept: text/event-stream\r\n') + post('{ hello }').repeat(3));
    await until(() => heard.ended);
    expect(heard.text).toMatch(/^HTTP\/1\.1 400 /);
    expect(heard.text).toContain('A stream is the last answer on its connection');
    await until(() => app.load().inFlight === 0);
    expect(app.events.endless).toBe(0);
  });
});

async function serve(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('answers that nobody reads', () => {
  /** Answers each request with so many bytes. */
  async function answering(bytes: number, limits: Parameters<typeof cutUnread>[3]) {
    const told = { cut: 0 };
    const connections = trackConnections(
      () => {},
      () => {},
    );
    const server = createServer((request, response) => {
      if (connections.began(request.socket, response)) response.end(Buffer.alloc(bytes));
    });
    server.on('connection', connections.opened);
    cutUnread(server, connections.running, () => (told.cut += 1), limits);
    return { told, port: await serve(server) };
  }
  const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

  it('end with their connection once nothing of them has left for a while; one that is read goes on', async () => {
    const { told, port } = await answering(16_777_216, { unreadMs: 2_000 });
    const [unread, read] = [await open(port), await open(port)];
    unread.pause();
    let bytes = 0;
    read.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      // Slowly, and steadily: for longer than the other one is waited for.
      read.pause();
      setTimeout(() => read.resume(), 15);
    });
    unread.write(get);
    read.write(get);
    await until(() => told.cut === 1);
    await until(() => bytes > 16_777_216);
    expect(told.cut).toBe(1);
  });

  it('are never more than so many bytes, of whoever holds most', async () => {
    const { told, port } = await answering(8_388_608, { mostBytes: 30_000_000 });
    const few = await Promise.all([open(port), open(port)]);
    const many = await open(port);
    for (const socket of [...few, many]) socket.pause();
    for (const socket of few) socket.write(get);
    many.write(get.repeat(4));
    await until(() => told.cut > 0);
    expect(told.cut).toBe(1);
    for (const socket of few) {
      let bytes = 0;
      socket.on('data', (chunk: Buffer) => (bytes += chunk.length)).resume();
      await until(() => bytes > 8_388_608);
    }
  });
});

describe('bodies that have not come whole', () => {
  it('take no more than so many bytes, of the address that holds most', async () => {
    let cut = 0;
    const unfinished = new UnfinishedBodies(
      ({ headers }) => String(headers['x-from']),
      () => (cut += 1),
      50_000,
    );
    const bodies: unknown[] = [];
    const port = await serve(
      createServer((request, response) => {
        const ready = () => {
          bodies.push(bodyOf(request));
          response.end();
        };
        receiveBody(request, { maxBytes: 100_000, unfinished }, { ready, isRefused: () => false });
      }),
    );
    const body = 'x'.repeat(10_000);
    const send = async (from: string) => {
      const socket = await open(port);
      const heard = heardBy(socket);
      socket.write(post('', `x-from: ${from}\r\n`, body).slice(0, -1));
      return { socket, heard };
    };
    const modest = await send('modest');
    const greedy: Awaited<ReturnType<typeof send>>[] = [];
    for (let count = 0; count < 7; count += 1) greedy.push(await send('greedy'));
    await until(() => cut === 3);
    await until(() => greedy.filter(({ heard }) => heard.ended).length === 3);
    expect(greedy.slice(0, 3).every(({ heard }) => heard.ended)).toBe(true);
    modest.socket.write('x');
    await until(() => bodies.length === 1);
    expect(bodies).toEqual([body]);
    expect(cut).toBe(3);
  });
});
