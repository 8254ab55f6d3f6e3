import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createApp, type App } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { silentLogger } from '../../src/log.js';
import { addressIn, createAddressReader } from '../../src/server/http/address.js';
import { hostCheck } from '../../src/server/http/hosts.js';
import { gatewayKey, operatorHeaders } from '../support/create-test-app.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { wirePin } from '../support/graph-pins.js';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

describe('the address of a caller', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4'],
    [' 1.2.3.4:5678 ', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['[2001:0db8:0:0:1::2]:443', '2001:db8:0:0::/64'],
    ['2001:db8::ffff', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
    ['', 'unknown'],
    ['1.2.3', 'unknown'],
  ])('%j is %s', (text, address) => expect(addressIn(text)).toBe(address));

  it('is read from the right, as far as proxies are trusted', () => {
    const read = (proxies: number, forwarded?: string) =>
      createAddressReader(proxies)({
        socket: { remoteAddress: '10.0.0.1' },
        headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      } as IncomingMessage);
    expect(read(0, '1.1.1.1')).toBe('10.0.0.1');
    expect(read(1)).toBe('10.0.0.1');
    expect(read(1, '6.6.6.6, 1.1.1.1')).toBe('1.1.1.1');
    expect(read(2, '6.6.6.6, 1.1.1.1, 2.2.2.2')).toBe('1.1.1.1');
    expect(read(3, '1.1.1.1, 2.2.2.2')).toBe('1.1.1.1');
    expect(read(1, ' , ')).toBe('10.0.0.1');
    expect(read(1, 'made up')).toBe('unknown');
  });
});

describe('a sandbox', () => {
  it('answers to its own names alone', () => {
    const mayBeCalled = hostCheck(['box.local', 'fd00::1']);
    for (const host of [
      'localhost',
      'localhost:4000',
      '127.0.0.1:1',
      '[::1]:4000',
      'LOCALHOST',
      'box.local:80',
      '[fd00::1]',
    ])
      expect(mayBeCalled(host), host).toBe(true);
    for (const host of ['', 'evil.example', 'localhost.evil.example', 'evil.example:4000', '127.0.0.1.evil.example'])
      expect(mayBeCalled(host), host).toBe(false);
    expect(hostCheck(undefined)('anything')).toBe(true);
  });

  it('gives a page of the internet no operator key', async () => {
    const app = await createApp(readConfig({ PORT: '0' }), { log: silentLogger });
    closers.push(() => app.close());
    const { port } = new URL(await app.listen());
    const status = (host: string, path = '/graphiql', headers = {}) =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = httpRequest({ port, path, headers: { host, ...headers } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject);
        asked.end();
      });
    expect(await status('rebound.example')).toBe(421);
    expect(await status(`localhost:${port}`)).not.toBe(421);
    // Of a whole address in the request line the host counts, also where the connection begins anew.
    const upgrade = { connection: 'upgrade', upgrade: 'h2c' };
    for (const headers of [{}, upgrade]) {
      expect(await status('localhost', 'http://rebound.example/graphiql', headers)).toBe(421);
      expect(await status('rebound.example', `http://localhost:${port}/graphiql`, headers)).toBe(404);
    }
    const handshake = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    expect(await status('localhost', 'http://rebound.example/graphql', handshake)).toBe(421);
  });
});

describe('on a port', () => {
  async function start(settings: Record<string, string>): Promise<{ readonly app: App; readonly url: string }> {
    const upstream = await fakeUpstream(({ path, headers }) =>
      headers.authorization?.includes('made-up') === true
        ? { status: 401, body: {} }
        : { body: wirePin(path.split('/').at(-1) ?? '', { status: 'queued' }) },
    );
    closers.push(() => upstream.close());
    const app = await createApp(
      readConfig({
        PORT: '0',
        PINNING_SERVICES: 'acme',
        PINNING_ACME_URL: upstream.url,
        PINNING_ACME_TOKEN: 'token',
        GATEWAY_KEYS: gatewayKey('pin:read'),
        ...settings,
      }),
      { log: silentLogger },
    );
    closers.push(() => app.close());
    return { app, url: await app.listen() };
  }

  it('one address has so many web sockets and event streams together', async () => {
    const { url } = await start({ SOCKETS_PER_ADDRESS: '3' });
    const leave = new AbortController();
    const stream = () =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...operatorHeaders },
        body: JSON.stringify({ query: 'subscription { pinStatus(requestId: "r1") { status } }' }),
        signal: leave.signal,
      });
    const socket = () =>
      new Promise<WebSocket | number>((resolve) => {
        const opened = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
        opened.once('open', () => resolve(opened));
        opened.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        opened.on('error', () => {});
        closers.push(() => opened.terminate());
      });
    const first = await socket();
    expect((await stream()).status).toBe(200);
    expect((await stream()).status).toBe(200);
    const refused = await stream();
    expect([refused.status, JSON.stringify(await refused.json())]).toEqual([
      429,
      expect.stringContaining('SUBSCRIPTION_LIMIT'),
    ]);
    expect(await socket()).toBe(429);
    if (typeof first === 'object') first.terminate();
    await expect.poll(async () => typeof (await socket())).toBe('object');
    leave.abort();
  });

  it('the rate limit counts an address, as the proxy tells it', async () => {
    const { url } = await start({ RATE_LIMIT_PER_MINUTE: '2', TRUST_PROXY: '1' });
    const ask = async (address: string, token: string) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-pinning-token': token,
          'x-forwarded-for': `6.6.6.6, ${address}`,
        },
        body: JSON.stringify({ query: '{ pin(requestId: "r1") { status } }' }),
      });
      const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
      return errors?.[0]?.extensions.code;
    };
    const codes: unknown[] = [];
    for (let i = 0; i < 3; i += 1) codes.push(await ask('1.1.1.1', `made-up-${i}`));
    codes.push(await ask('2.2.2.2', 'made-up-0'));
    expect(codes).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', 'TOO_MANY_REQUESTS', 'UNAUTHENTICATED']);
  });

  it('the used-up minute of one address is not told to another that joined its query', async () => {
    const pool = await fakeUpstream(async ({ path }) => {
      await sleep(100);
      return { body: path === '/pool/stats' ? { hash_rate: 1, active_workers: 1, active_users: 1 } : [] };
    });
    closers.push(() => pool.close());
    const { url } = await start({
      RATE_LIMIT_PER_MINUTE: '3',
      TRUST_PROXY: '1',
      POOL_CACHE_TTL_MS: '0',
      BITMINTER_BASE_URL: pool.url,
      BITMINTER_API_KEY: 'miner',
    });
    const ask = async (address: string, query: string): Promise<readonly string[]> => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify({ query }),
      });
      const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
      return errors.map(({ extensions }) => extensions.code);
    };
    expect(await ask('1.1.1.1', '{ poolBlocks { nodes { id } } }')).toEqual([]);
    expect(await ask('1.1.1.1', '{ poolShifts { nodes { id } } }')).toEqual([]);
    const query = '{ poolBlocks { nodes { id } } poolShifts { nodes { id } } }';
    const asks = pool.requests.length;
    const first = ask('1.1.1.1', query);
    await expect.poll(() => pool.requests.length, { interval: 1 }).toBeGreaterThan(asks);
    const second = ask('2.2.2.2', query);
    expect(await first).toContain('TOO_MANY_REQUESTS');
    expect(await second).toEqual([]);
  });
});
