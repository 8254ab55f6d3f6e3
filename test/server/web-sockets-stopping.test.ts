import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createAnswerHeaders } from '../../src/server/http/headers.js';
import { createRefusals } from '../../src/server/http/refusals.js';
import { defaultTimings, defaultWebSocketLimits } from '../../src/server/options.js';
import { createWebSockets } from '../../src/server/web-sockets/upgrade.js';
import { createPlaces } from '../../src/values/places.js';

const none = () => {
  throw new Error('no operation is expected');
};

it('refuses a first WebSocket when the instance begins to stop while its protocol is loaded', async () => {
  const lifecycle = { draining: false };
  const sockets = createWebSockets({
    lifecycle,
    overload: { enter: () => null, turnAway: () => false },
    timings: defaultTimings,
    mayConnect: () => true,
    maxPayloadBytes: 1_000,
    limits: defaultWebSocketLimits,
    addressOf: () => 'here',
    places: createPlaces(1),
    refuse: createRefusals(createAnswerHeaders([], { headers: [], personal: [] })).socket,
    pipeline: { run: none, subscribe: none, join: () => undefined, refuse: none },
  });
  const server = createServer((socket) => {
    const request = Object.assign(new IncomingMessage(socket), { method: 'GET', url: '/graphql' });
    Object.assign(request.headers, {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'graphql-transport-ws',
    });
    sockets.upgrade(request, socket, Buffer.alloc(0));
    lifecycle.draining = true;
    sockets.drain();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const chunks: Buffer[] = [];
  client.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(client, 'close');
  expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 503 .*"OVERLOADED"/s);
  sockets.terminate();
  server.close();
});
