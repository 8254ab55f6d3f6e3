import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SocketsBehind } from '../../src/server/web-sockets/socket.js';
import { createStandIn, type StandIn } from './stand-in.js';
import { heldBytes } from '../support/held-bytes.js';
import { until } from '../support/until.js';

const apps: StandIn[] = [];
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  for (const app of apps.splice(0)) {
    app.events.release();
    await app.close();
  }
});

async function open(overrides: Parameters<typeof createStandIn>[0] = {}, hello = true) {
  const app = createStandIn({ timings: { drainMs: 500 }, ...overrides });
  apps.push(app);
  const { port } = await app.listen('127.0.0.1', 0);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  sockets.push(socket);
  const heard: { readonly type: string; readonly id?: string; readonly payload?: unknown }[] = [];
  let code: number | undefined;
  socket.on('message', (data: Buffer) => void heard.push(JSON.parse(data.toString())));
  socket.on('close', (closed) => void (code = closed));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('open', resolve));
  const send = (message: object) => socket.send(JSON.stringify(message));
  if (hello) {
    send({ type: 'connection_init' });
    await until(() => heard.length === 1);
  }
  return { app, port, socket, heard, send, code: () => code };
}

describe('all WebSockets together', () => {
  it('hold no more than so many bytes for clients that do not read: the one goes for which most waits', () => {
    const behind = new SocketsBehind(1_000_000);
    const cut: string[] = [];
    const socketOf = (name: string, bufferedAmount: number) => ({
      bufferedAmount,
      terminate: () => void cut.push(name),
    });
    const [reading, slow, greedy] = [socketOf('reading', 10), socketOf('slow', 300_000), socketOf('greedy', 650_000)];
    for (const socket of [reading, slow, greedy]) behind.look(socket);
    expect(cut).toEqual([]);
    slow.bufferedAmount += 60_000;
    behind.look(slow);
    expect(cut).toEqual(['greedy']);
    // Whoever has caught up counts no more.
    slow.bufferedAmount = 0;
    const other = socketOf('other', 900_000);
    behind.look(other);
    expect(cut).toEqual(['greedy']);
  });
});

describe('one WebSocket', () => {
  it('gets pongs without what its pings held, also before it has said hello', async () => {
    const { heard, send } = await open({}, false);
    send({ type: 'ping', payload: { big: 'x'.repeat(10_000) } });
    await until(() => heard.length === 1);
    expect(heard).toEqual([{ type: 'pong' }]);
  });

  it('is closed when it sends more messages than it may, from its first byte on', async () => {
    const { send, heard, code } = await open(
      { webSocketLimits: { messagesPerSecond: 5, operationsPerSocket: 5 } },
      false,
    );
    for (let count = 0; count < 100; count += 1) send({ type: 'ping' });
    await until(() => code() !== undefined);
    expect(code()).toBe(1008);
    expect(heard.length).toBeLessThan(20);
  });

  it('is closed when the id of an operation is longer than any that a library makes, and gets nothing of it back', async () => {
    const { send, heard, code } = await open();
    send({ type: 'subscribe', id: 'x'.repeat(250_000), payload: { query: '{ __typename }' } });
    await until(() => code() !== undefined);
    expect(code()).toBe(4400);
    expect(JSON.stringify(heard).length).toBeLessThan(100);
  });

  it.each([
    ['in number', Object.fromEntries(Array.from({ length: 24_000 }, (_, at) => [`n${at}`, 1]))],
    ['in length', { authorization: 'x'.repeat(100_000) }],
    ['in depth', { more: { and: ['x'.repeat(70_000)] } }],
  ])('is closed when its hello holds more than credentials, %s', async (_name, payload) => {
    const { send, code } = await open({}, false);
    send({ type: 'connection_init', payload });
    await until(() => code() !== undefined);
    expect(code()).toBe(4403);
  });

  it('is closed for pings of the protocol below, too', async () => {
    const { socket, code } = await open({ webSocketLimits: { messagesPerSecond: 5, operationsPerSocket: 5 } });
    for (let count = 0; count < 100; count += 1) socket.ping('x'.repeat(100));
    await until(() => code() !== undefined);
    expect(code()).toBe(1008);
  });

  it('may begin all of its operations at once, as after a reconnect, and no more than so many', async () => {
    const { app, heard, send, code } = await open();
    for (let id = 0; id < 201; id += 1)
      send({ type: 'subscribe', id: `${id}`, payload: { query: '{ wait }', variables: { id } } });
    await until(() => heard.length === 2);
    expect(heard[1]).toMatchObject({
      type: 'error',
      id: '200',
      payload: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }],
    });
    await until(() => app.events.waiting === 200);
    app.events.release();
    await until(() => heard.length === 2 + 400);
    expect(code()).toBeUndefined();
  });

  it('may send its longest message, and a few more, but not as many of them as of short ones', async () => {
    const { send, heard, code } = await open();
    const query = `{ __typename } # ${'x'.repeat(250_000)}`;
    const done = () => heard.filter(({ type }) => type === 'complete').length;
    for (let id = 0; id < 10; id += 1) send({ type: 'subscribe', id: `${id}`, payload: { query } });
    await until(() => done() === 10);
    expect(code()).toBeUndefined();
    for (let id = 10; id < 60; id += 1) send({ type: 'subscribe', id: `${id}`, payload: { query } });
    await until(() => code() !== undefined);
    expect(code()).toBe(1008);
    expect(done()).toBeLessThan(30);
  });

  it('may begin all of its operations anew at once with long documents', async () => {
    const { app, send, heard, code } = await open();
    const query = `{ wait } # ${'x'.repeat(15_000)}`;
    for (let id = 0; id < 200; id += 1) send({ type: 'subscribe', id: `${id}`, payload: { query, variables: { id } } });
    await until(() => app.events.waiting === 200);
    app.events.release();
    await until(() => heard.length === 1 + 400);
    expect(code()).toBeUndefined();
  });

  it('may send its longest message however few messages it may', async () => {
    const { send, heard } = await open({ webSocketLimits: { messagesPerSecond: 1, operationsPerSocket: 1 } }, false);
    send({ type: 'ping', payload: { big: 'x'.repeat(250_000) } });
    await until(() => heard.length === 1);
  });

  it('may send a message in as many fragments as any library makes, and is cut when there are more', async () => {
    const { socket, heard, code } = await open();
    const fragments = (id: string, count: number): void => {
      const text = JSON.stringify({
        type: 'subscribe',
        id,
        payload: { query: `{ __typename } # ${'x'.repeat(20_000)}` },
      });
      const bytes = Math.ceil(text.length / count);
      for (let at = 0; at < text.length; at += bytes)
        socket.send(text.slice(at, at + bytes), { fin: at + bytes >= text.length });
    };
    fragments('few', 200);
    await until(() => heard.some(({ type, id }) => type === 'complete' && id === 'few'));
    fragments('many', 2_000);
    await until(() => code() !== undefined);
    expect(heard.some(({ id }) => id === 'many')).toBe(false);
  });

  it('is cut when more than a mebibyte waits for it', async () => {
    const long = 'x'.repeat(200_000);
    const { app, socket, send, heard } = await open({
      webSocketLimits: { messagesPerSecond: 1_000, bytesPerMessage: 250_000 },
    });
    // Nothing more is read here: what the gateway answers stays with it.
    socket.pause();
    const query = 'query ($name: String) { hello(name: $name) }';
    const before = process.memoryUsage().rss;
    for (let id = 0; id < 150; id += 1)
      send({ type: 'subscribe', id: `${id}`, payload: { query, variables: { name: `${id}${long}` } } });
    await until(() => app.load().inFlight === 0 && socket.bufferedAmount === 0 && heard.length >= 1);
    socket.resume();
    await until(() => socket.readyState === WebSocket.CLOSED);
    expect(heard.length).toBeLessThan(140);
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  });
});

const HANDSHAKE =
  'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: ' +
  'websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ' +
  `${Buffer.alloc(16).toString('base64')}\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n`;

it('a client that sends large pings and never reads costs no memory', async () => {
  const { port } = await open({}, false);
  const client = connect(port, '127.0.0.1');
  let ended = false;
  const end = new Promise<void>((resolve) => client.on('error', () => {}).on('close', () => resolve()));
  void end.then(() => (ended = true));
  client.write(HANDSHAKE);
  await new Promise((resolve) => client.once('data', resolve));
  client.pause();
  const message = Buffer.from(JSON.stringify({ type: 'ping', payload: { big: 'x'.repeat(200_000) } }));
  const head = Buffer.alloc(14);
  head.writeUInt8(0x81, 0);
  head.writeUInt8(0x80 | 127, 1);
  head.writeBigUInt64BE(BigInt(message.length), 2);
  const frame = Buffer.concat([head, message]); // The mask is four zeroes, which change nothing.
  const before = process.memoryUsage().rss;
  for (let count = 0; count < 400 && !ended; count += 1) {
    if (!client.write(frame)) await Promise.race([end, new Promise((resolve) => client.once('drain', resolve))]);
  }
  client.resume();
  await until(() => ended);
  expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
});

it('unfinished messages in fragments of one byte take no memory', async () => {
  const { port } = await open({}, false);
  const before = heldBytes();
  let closed = 0;
  const fragments = Buffer.concat([
    Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x20]),
    ...Array.from({ length: 16_000 }, () => Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x20])),
  ]);
  const clients = Array.from({ length: 5 }, () => {
    const client = connect(port, '127.0.0.1');
    client.on('error', () => {}).on('close', () => void (closed += 1));
    client.write(HANDSHAKE);
    client.once('data', () => client.write(fragments));
    return client;
  });
  await until(() => closed === clients.length);
  expect(heldBytes() - before).toBeLessThan(3_000_000);
});
