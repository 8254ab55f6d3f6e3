import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { GraphAnswer } from '../support/create-test-app.js';
import { closeAfterAll } from '../support/graph-pins.js';
import { startWorld, uncoded, wait, type World } from './support.js';
import { spentOn } from '../support/spent-on.js';

closeAfterAll();

let world: World;
beforeAll(async () => {
  world = await startWorld();
});

interface Talk {
  readonly messages: readonly string[];
  readonly code: number;
}
type Frame = string | Buffer;

const INIT = '{"type":"connection_init"}';
const subscribe = (id: unknown, query: unknown, more: object = {}): string =>
  JSON.stringify({ id, type: 'subscribe', payload: { query, ...more } });

/** Opens a socket, sends the frames, and listens until it is closed or nothing is left to come. */
function talk(frames: readonly Frame[], { protocol = 'graphql-transport-ws', patienceMs = 300 } = {}): Promise<Talk> {
  return new Promise((resolve) => {
    const messages: string[] = [];
    const socket = new WebSocket(`${world.url.replace('http', 'ws')}/graphql`, protocol, { perMessageDeflate: false });
    const end = (code: number) => {
      clearTimeout(timer);
      socket.terminate();
      resolve({ messages, code });
    };
    let timer = setTimeout(() => end(0), patienceMs);
    socket.on('open', () => frames.forEach((frame) => socket.send(frame, () => {})));
    socket.on('message', (data: Buffer) => {
      messages.push(data.toString());
      clearTimeout(timer);
      timer = setTimeout(() => end(0), patienceMs);
    });
    socket.on('close', (code) => end(code));
    socket.on('error', () => {});
    socket.on('unexpected-response', (_request, response) => end(response.statusCode ?? 0));
  });
}

/** Bytes on an upgraded socket that no client library would write. */
function talkRaw(bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(world.port, '127.0.0.1');
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(false);
    }, 20_000);
    socket.on('connect', () =>
      socket.write(
        'GET /graphql HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: ' +
          `${randomBytes(16).toString('base64')}\r\nsec-websocket-version: 13\r\nsec-websocket-protocol: ` +
          'graphql-transport-ws\r\n\r\n',
      ),
    );
    socket.once('data', () => socket.write(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
    socket.resume();
  });
}

const deep =
  '{"id":"a","type":"subscribe","payload":{"query":"{ __typename ' +
  `}","variables":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`;
const hostile: Readonly<Record<string, readonly Frame[]>> = {
  nothing: [''],
  'not json': ['hello'],
  'binary noise': [randomBytes(1_000)],
  'invalid utf-8 as binary': [Buffer.from([0xff, 0xfe])],
  'a number': ['1'],
  null: ['null'],
  'a list': ['[]'],
  'no type': ['{}'],
  'unknown type': ['{"type":"drop"}'],
  'list type': ['{"type":["connection_init"]}'],
  'own proto': ['{"__proto__":{"type":"connection_init"}}'],
  'subscribe before init': [subscribe('a', '{ __typename }')],
  'init twice': [INIT, INIT],
  'list as parameters': ['{"type":"connection_init","payload":[]}'],
  'text as parameters': ['{"type":"connection_init","payload":"x"}'],
  'proto as parameters': [
    '{"type":"connection_init","payload":{"__proto__":{"x-gateway-key":"test-operator-key"}}}',
    subscribe('a', '{ pins { nodes { id } } }'),
  ],
  'objects as parameters': [
    '{"type":"connection_init","payload":{"x-gateway-key":{"a":1},"authorization":["Bearer x"]}}',
    subscribe('a', '{ pins { nodes { id } } }'),
  ],
  'many parameters': [
    `{"type":"connection_init","payload":{${Array.from({ length: 5_000 }, (_, index) => `"k${index}":"v"`).join()}}}`,
  ],
  'no id': [INIT, '{"type":"subscribe","payload":{"query":"{ __typename }"}}'],
  'number as id': [INIT, subscribe(1, '{ __typename }')],
  'empty id': [INIT, subscribe('', '{ __typename }')],
  'proto as id': [INIT, subscribe('__proto__', '{ __typename }'), subscribe('constructor', '{ __typename }')],
  'long id': [INIT, subscribe('x'.repeat(100_000), '{ __typename }')],
  'one id twice': [
    INIT,
    subscribe('a', 'subscription { pinStatus(requestId: "a") { status } }'),
    subscribe('a', '{ __typename }'),
  ],
  'no payload': [INIT, '{"id":"a","type":"subscribe"}'],
  'no query': [INIT, '{"id":"a","type":"subscribe","payload":{}}'],
  'list as query': [INIT, subscribe('a', ['{ __typename }'])],
  'empty query': [INIT, subscribe('a', '')],
  'half a query': [INIT, subscribe('a', '{ __typename')],
  'unknown field': [INIT, subscribe('a', '{ nope }')],
  'list as variables': [INIT, subscribe('a', '{ __typename }', { variables: [] })],
  'bad variables': [INIT, subscribe('a', 'query ($a: ID!) { pin(requestId: $a) { id } }', { variables: { a: {} } })],
  'deep variables': [INIT, deep],
  'depth bomb': [INIT, subscribe('a', '{a'.repeat(2_000))],
  'alias flood': [
    INIT,
    subscribe('a', `{ ${Array.from({ length: 5_000 }, (_, index) => `a${index}: __typename`).join(' ')} }`),
  ],
  'fragment bomb': [
    INIT,
    subscribe(
      'a',
      '{ ...f0 } ' +
        `${Array.from({ length: 40 }, (_, index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`).join(' ')} ` +
        'fragment f40 on Query { __typename }',
    ),
  ],
  'mutation without rights': [INIT, subscribe('a', 'mutation { removePin(input: { requestId: "a" }) { __typename } }')],
  'subscription without rights': [INIT, subscribe('a', 'subscription { pinStatus(requestId: "a") { status } }')],
  'complete of nothing': [INIT, '{"id":"zz","type":"complete"}', '{"type":"complete"}'],
  'next from a client': [INIT, '{"id":"a","type":"next","payload":{}}'],
  'ping flood': [INIT, ...Array.from({ length: 500 }, () => '{"type":"ping"}')],
  'pong flood': [INIT, ...Array.from({ length: 500 }, () => '{"type":"pong"}')],
  'too much': [INIT, 'x'.repeat(300_000)],
  'many operations': [INIT, ...Array.from({ length: 300 }, (_, index) => subscribe(`o${index}`, '{ __typename }'))],
};

describe('hostile WebSocket clients', () => {
  it.each(Object.entries(hostile))('%s', async (_name, frames) => {
    const { value, ms } = await spentOn(() => talk(frames));
    const { messages, code } = value;
    expect(ms).toBeLessThan(2_000);
    // 1011 would be a fault of ours.
    expect(code).not.toBe(1011);
    for (const message of messages.map((text) => JSON.parse(text) as { type: string; payload?: unknown })) {
      if (message.type === 'error') expect(uncoded({ errors: message.payload } as GraphAnswer<unknown>)).toEqual([]);
      if (message.type === 'next') expect(uncoded(message.payload as GraphAnswer<unknown>)).toEqual([]);
    }
    expect(messages.join()).not.toMatch(/"nodes":\[/);
  });

  it.each(['graphql-ws', 'graphql-transport-ws2', 'soap'])('refuses the sub-protocol "%s"', async (protocol) => {
    expect((await talk([INIT], { protocol, patienceMs: 20_000 })).code).toBe(400);
  });

  const mask = Buffer.alloc(4);
  it.each(
    Object.entries({
      'an unmasked frame': Buffer.from([0x81, 0x02, 0x7b, 0x7d]),
      'a reserved opcode': Buffer.concat([Buffer.from([0x83, 0x80]), mask]),
      'reserved bits': Buffer.concat([Buffer.from([0xf1, 0x80]), mask]),
      'a frame of 2^62 bytes': Buffer.concat([Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0]), mask]),
      'a continuation of nothing': Buffer.concat([Buffer.from([0x80, 0x80]), mask]),
      'a long control frame': Buffer.concat([Buffer.from([0x89, 0xfe, 0x01, 0x00]), mask, Buffer.alloc(256)]),
      'invalid utf-8': Buffer.concat([Buffer.from([0x81, 0x82]), mask, Buffer.from([0xff, 0xff])]),
      'a bad close code': Buffer.concat([Buffer.from([0x88, 0x82]), mask, Buffer.from([0x00, 0x01])]),
      noise: randomBytes(4_096),
    }),
  )('cuts %s', async (_name, bytes) => {
    expect(await talkRaw(bytes)).toBe(true);
  });

  it('leave the gateway as it was', async () => {
    await wait(20);
    expect(await world.ask('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    expect(world.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    expect(world.sent()).toBe(0);
  });
});
