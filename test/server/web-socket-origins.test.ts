import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createStandIn, type StandIn } from './stand-in.js';

const apps: StandIn[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function start(corsOrigins: readonly string[]): Promise<string> {
  const app = createStandIn({ corsOrigins });
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
    expect(await connect(host, { origin: `https://${host.toUpperCase()}` })).toBe(101);
    expect(await connect(host, {})).toBe(101);
  });

  it('is let in from anywhere where no origin is listed', async () => {
    expect(await connect(await start([]), { origin: 'https://evil.example' })).toBe(101);
  });
});
