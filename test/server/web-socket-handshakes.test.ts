import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStandIn, type StandIn } from './stand-in.js';

let app: StandIn;
let port: number;
beforeAll(async () => {
  app = createStandIn({});
  ({ port } = await app.listen('127.0.0.1', 0));
});
afterAll(() => app.close());

const good = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'graphql-transport-ws',
};

interface Refusal {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a handshake is refused with; undefined when it is not. */
function shake(headers: Record<string, string | undefined>, method = 'GET'): Promise<Refusal | undefined> {
  const sent = Object.fromEntries(Object.entries({ ...good, ...headers }).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const asked = request({
      port,
      host: '127.0.0.1',
      path: '/graphql',
      method,
      headers: sent as Record<string, string>,
    });
    asked.once('error', reject);
    asked.once('upgrade', (_response, socket) => (socket.destroy(), resolve(undefined)));
    asked.once('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.once('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    asked.end();
  });
}

describe('a handshake of a WebSocket', () => {
  it('is taken when it is right', async () => {
    expect(await shake({})).toBeUndefined();
    expect(await shake({ 'sec-websocket-version': '8' })).toBeUndefined();
  });

  it.each([
    ['no key', { 'sec-websocket-key': undefined }, 'GET', 400, /Sec-WebSocket-Key/],
    ['a key that is none', { 'sec-websocket-key': 'short' }, 'GET', 400, /Sec-WebSocket-Key/],
    ['no version', { 'sec-websocket-version': undefined }, 'GET', 400, /Sec-WebSocket-Version/],
    ['a version that is none', { 'sec-websocket-version': '99' }, 'GET', 400, /Sec-WebSocket-Version/],
    ['protocols that are no list', { 'sec-websocket-protocol': 'a b, graphql-transport-ws' }, 'GET', 400, /Protocol/],
    ['another method', {}, 'PUT', 405, /method/],
  ])('is refused in JSON, with a code and a request id: %s', async (_what, headers, method, status, words) => {
    const refusal = await shake(headers, method);
    expect(refusal?.status).toBe(status);
    expect(refusal?.headers['content-type']).toBe('application/json; charset=utf-8');
    const requestId = refusal?.headers['x-request-id'];
    expect(requestId).toMatch(/^\S+$/);
    expect(JSON.parse(refusal?.body ?? '')).toMatchObject({
      errors: [{ message: expect.stringMatching(words), extensions: { code: 'BAD_USER_INPUT', requestId } }],
    });
  });

  it('names the versions that there are, to one that asks for another', async () => {
    expect((await shake({ 'sec-websocket-version': '99' }))?.headers['sec-websocket-version']).toBe('13, 8');
    expect((await shake({ 'sec-websocket-key': 'short' }))?.headers['sec-websocket-version']).toBeUndefined();
  });
});
