import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createStandIn, type StandIn } from './stand-in.js';

const apps: StandIn[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function start(corsOrigins: readonly string[], trustProxy = 0): Promise<string> {
  const app = createStandIn({ corsOrigins, trustProxy });
  apps.push(app);
  const { port } = await app.listen('127.0.0.1', 0);
  return `127.0.0.1:${port}`;
}

/** 101 when it is let in, else the status and the code of the refusal. */
function connect(host: string, headers: Record<string, string>): Promise<number | string> {
  const socket = new WebSocket(`ws://${host}/graphql`, 'graphql-transport-ws', { headers });
  return new Promise((resolve, reject) => {
    socket.once('open', () => (socket.terminate(), resolve(101)));
    socket.on('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.once('end', () => resolve(`${response.statusCode ?? 0} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`));
    });
  });
}

describe('a page that opens a WebSocket', () => {
  it.each([
    ['of a listed origin is let in', 'https://app.example', 101],
    ['of another origin is not', 'https://evil.example', '403 FORBIDDEN'],
    ['of a listed host by another scheme is not', 'http://app.example', '403 FORBIDDEN'],
    ['of a name that only begins like a listed one is not', 'https://app.example.evil.example', '403 FORBIDDEN'],
    ['without an origin of its own is not', 'null', '403 FORBIDDEN'],
  ])('%s', async (_what, origin, end) => {
    const host = await start(['https://app.example', 'https://admin.example']);
    expect(await connect(host, { origin })).toBe(end);
  });

  it("of the gateway's own host is let in, and so is a program that is no page", async () => {
    const host = await start(['https://app.example']);
    expect(await connect(host, { origin: `http://${host}` })).toBe(101);
    expect(await connect(host, { host: 'GW.example:8080', origin: 'http://gw.EXAMPLE:8080' })).toBe(101);
    expect(await connect(host, {})).toBe(101);
  });

  it.each([
    // The headers of the handshake, how many proxies are believed, and what comes of it.
    ['an https page over plain http', { host: 'gw', origin: 'https://gw' }, 0, '403 FORBIDDEN'],
    [
      'a scheme that nobody may tell',
      { host: 'gw', origin: 'https://gw', 'x-forwarded-proto': 'https' },
      0,
      '403 FORBIDDEN',
    ],
    ['an https page behind a proxy', { host: 'gw', origin: 'https://gw', 'x-forwarded-proto': 'https' }, 1, 101],
    ['one that says wss', { host: 'gw', origin: 'https://gw', 'x-forwarded-proto': 'wss' }, 1, 101],
    [
      'an http page of the same host',
      { host: 'gw', origin: 'http://gw', 'x-forwarded-proto': 'https' },
      1,
      '403 FORBIDDEN',
    ],
    [
      'the default port named by the host',
      { host: 'gw:443', origin: 'https://gw', 'x-forwarded-proto': 'https' },
      1,
      101,
    ],
    ['the default port of http', { host: 'gw:80', origin: 'http://gw' }, 0, 101],
    ['the port of the other scheme', { host: 'gw:443', origin: 'http://gw' }, 0, '403 FORBIDDEN'],
    ['another port', { host: 'gw:4000', origin: 'http://gw:4001' }, 0, '403 FORBIDDEN'],
    ['a proxy behind a proxy', { host: 'gw', origin: 'https://gw', 'x-forwarded-proto': 'https, http' }, 2, 101],
    [
      'what the caller wrote to the left',
      { host: 'gw', origin: 'http://gw', 'x-forwarded-proto': 'http, https' },
      1,
      '403 FORBIDDEN',
    ],
    ['a scheme that is none', { host: 'gw', origin: 'http://gw', 'x-forwarded-proto': 'gopher' }, 1, '403 FORBIDDEN'],
    ['a proxy that tells no scheme', { host: 'gw', origin: 'http://gw' }, 1, 101],
    ['an origin with a user', { host: 'gw', origin: 'http://gw@gw' }, 0, '403 FORBIDDEN'],
  ] as const)('of its own origin: %s', async (_what, headers, proxies, end) => {
    expect(await connect(await start(['https://app.example'], proxies), headers)).toBe(end);
  });

  it('of a listed origin is let in however the list writes it', async () => {
    const host = await start(['https://APP.example:443']);
    expect(await connect(host, { origin: 'https://app.example' })).toBe(101);
  });

  it('is let in from anywhere where no origin is listed', async () => {
    expect(await connect(await start([]), { origin: 'https://evil.example' })).toBe(101);
  });
});
