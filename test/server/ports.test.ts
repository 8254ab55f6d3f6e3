import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStandIn } from './stand-in.js';
import { spentOn } from '../support/spent-on.js';

describe('a port', () => {
  const app = createStandIn({ timings: { requestTimeoutMs: 300 } });
  let port = 0;
  let url = '';
  beforeAll(async () => void ({ url, port } = await app.listen('127.0.0.1', 0)));
  afterAll(() => app.close());

  /** Sends raw bytes and reads until the server closes. */
  function raw(bytes: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
    });
  }
  const alive = async () => expect((await fetch(`${url}/health/live`)).status).toBe(200);

  it('that is taken is a one-line error', async () => {
    const other = createStandIn();
    await expect(other.listen('127.0.0.1', port)).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is already in use; set PORT to a free one.`,
    );
  });

  it('on an address that is not of this machine names HOST', async () => {
    await expect(createStandIn().listen('203.0.113.1', 0)).rejects.toThrow(
      'HOST: 203.0.113.1 is no address of this machine (EADDRNOTAVAIL).',
    );
  });

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', '400 '],
    ['headers that are too large', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, '431 '],
    ['a host that is none', 'GET /graphql HTTP/1.1\r\nhost: a b/..\\@\r\n\r\n', '400 '],
    ['an address of another kind', 'GET ftp://other/health/live HTTP/1.1\r\nhost: x\r\n\r\n', '400 '],
    ['an address with a name in it', 'GET http://me@other/health/live HTTP/1.1\r\nhost: x\r\n\r\n', '400 '],
    [
      'a whole address in the request line',
      'GET http://other:80/health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      '200 ',
    ],
    ['two slashes', 'GET //other/graphql HTTP/1.1\r\nhost: x\r\n\r\n', '400 '],
    ['a length that is no number', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1, 2\r\n\r\n', '400 '],
    [
      'two ways to tell the length',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
      '400 ',
    ],
    [
      'an upgrade to nothing known',
      // It is passed over, and what was asked is answered.
      'GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n',
      '200 ',
    ],
    [
      'a body that never ends',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
      '408 ',
    ],
    ['headers that never end', 'POST /graphql HTTP/1.1\r\nhost: x\r\n', '408 '],
  ])('answers %s with what every answer carries, and lives on', async (_name, bytes, status) => {
    const text = await raw(bytes);
    expect(text.startsWith(`HTTP/1.1 ${status}`)).toBe(true);
    for (const line of [
      /^cache-control: no-store\r$/m,
      /^vary: .*authorization/m,
      /^x-content-type-options: nosniff\r$/m,
    ])
      expect(text).toMatch(line);
    expect(text).toMatch(/^x-request-id: [\w-]{36}\r$/m);
    await alive();
  });

  it.each(['http://other:80/graphql?query={__typename}', 'HTTPS://other?query=x'])(
    'reads the whole address %s like the part behind the host',
    async (address) => {
      const part = address.replace(/^\w+:\/\/[^/?]*/, '').replace(/^\?/, '/?');
      const statusOf = async (target: string) =>
        (await raw(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)).slice(0, 12);
      expect(await statusOf(address)).toBe(await statusOf(part));
    },
  );

  it.each([
    '/a/../graphql',
    'http://x/a/../graphql',
    '/./graphql',
    '/%2e%2e/graphql',
    '/a/%2E./graphql',
    '/a\\..\\graphql',
  ])('answers at %s as at the address that it is, with the same bounds', async (address) => {
    const post = async (target: string, body: string) => {
      const head = `POST ${target} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-request-id: mine\r\nconnection: close`;
      return (await raw(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)).replace(/^date.*$/m, '');
    };
    for (const body of ['{"query":"{__typename}"}', '{', `"${'x'.repeat(300_000)}"`])
      expect(await post(address, body)).toBe(await post('/graphql', body));
    expect(await post(address, '{"query":"{__typename}"}')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('names a refusal by the id that its caller gave the request, and lets a listed page read it', async () => {
    const page = 'https://good.test';
    const app = createStandIn({ corsOrigins: [page] });
    const { port: listed } = await app.listen('127.0.0.1', 0);
    const socket = connect(listed, '127.0.0.1');
    socket.end(
      `POST /graphql HTTP/1.1\r\nhost: x\r\norigin: ${page}\r\nx-request-id: mine\r\nexpect: tea\r\ncontent-length: 0\r\n\r\n`,
    );
    const text = Buffer.concat(await socket.toArray()).toString();
    await app.close();
    expect(text).toMatch(/^HTTP\/1\.1 417 /);
    expect(text).toMatch(/^x-request-id: mine\r$/m);
    expect(text).toMatch(/^access-control-allow-origin: https:\/\/good\.test\r$/m);
    expect(text).toContain('"requestId":"mine"');
  });

  it('leaves a broken WebSocket handshake to the library that speaks it, and lives on', async () => {
    const text = await raw(
      'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: ' +
        'websocket\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    await alive();
  });

  it('cuts a connection that goes away in the middle of a body without harm', async () => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
      ),
    );
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.resetAndDestroy();
    await alive();
  });

  it('refuses a chunked body once it is too large', async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let chunk = 0; chunk < 40; chunk += 1) controller.enqueue(new Uint8Array(10_000).fill(32));
        controller.close();
      },
    });
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    };
    const response = await fetch(`${url}/graphql`, init);
    expect(response.status).toBe(413);
    expect(await response.text()).toContain('"code":"BAD_USER_INPUT"');
  });

  it('serves on while hundreds of connections do nothing', async () => {
    const sockets = Array.from({ length: 300 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    expect((await spentOn(alive)).ms).toBeLessThan(500);
    for (const socket of sockets) socket.destroy();
  });
});
