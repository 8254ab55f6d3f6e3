import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type ClientHttp2Session } from 'node:http2';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '../../soak/free-port.js';
import { createApp, type App } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { silentLogger } from '../../src/log.js';
import { describeWithNginx, startNginx } from '../support/start-nginx.js';
import { startTestSandbox, type TestSandbox } from '../support/start-sandbox.js';
import { selfSigned } from '../upstream/self-signed.js';

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';

/** Longer than any pin takes. */
const LONG_MS = 600_000;

/** One answer over HTTP/2, as far as it has come. */
interface Incoming {
  status(): number;
  text(): string;
  over(): boolean;
  cancel(): void;
}

describeWithNginx('deploy/nginx/headgate.conf', { timeout: 60_000 }, () => {
  let folder: string;
  let sandbox: TestSandbox;
  let gateway: App;
  let nginx: Awaited<ReturnType<typeof startNginx>>;
  let origin: string;
  /** One connection for everything, as a browser has it. */
  let session: ClientHttp2Session;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'headgate-nginx-test-'));
    sandbox = await startTestSandbox();
    gateway = await createApp(readConfig({ PORT: '0', TRUST_PROXY: '1', PIN_POLL_INTERVAL_MS: '50' }), {
      sandbox,
      log: silentLogger,
    });
    const port = await freePort();
    writeFileSync(join(folder, 'gateway.crt'), selfSigned.cert);
    writeFileSync(join(folder, 'gateway.key'), selfSigned.key);
    const blocks = readFileSync('deploy/nginx/headgate.conf', 'utf8')
      .replace('127.0.0.1:4000', new URL(await gateway.listen()).host)
      .replace('listen 443 ', `listen 127.0.0.1:${port} `)
      .replace('gateway.example', 'localhost')
      .replaceAll('/etc/nginx/tls/', `${folder}/`);
    nginx = await startNginx(blocks, port);
    origin = `https://localhost:${port}`;
    session = connect(origin, { ca: selfSigned.cert });
  });
  afterAll(async () => {
    session?.destroy();
    await nginx?.stop();
    await gateway?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Asks over the one connection. */
  function send(method: string, path: string, headers: Record<string, string> = {}, body = ''): Incoming {
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    const seen = { status: 0, text: '', over: false };
    stream.on('response', ({ ':status': status }) => (seen.status = status ?? 0));
    stream.on('data', (chunk: Buffer) => (seen.text += chunk.toString()));
    stream.on('close', () => (seen.over = true));
    stream.on('error', () => (seen.over = true));
    stream.end(body);
    return {
      status: () => seen.status,
      text: () => seen.text,
      over: () => seen.over,
      cancel: () => stream.close(),
    };
  }
  function post(query: string, accept: string): Incoming {
    const headers = { 'content-type': 'application/json', 'x-gateway-key': sandbox.operatorKey, accept };
    return send('POST', '/graphql', headers, JSON.stringify({ query }));
  }
  const over = (incoming: Incoming) => expect.poll(incoming.over, { timeout: 20_000 }).toBe(true);

  /** A pin that waits until time is moved, and the subscription to it. */
  async function slowPin(name: string): Promise<string> {
    const mutation = `mutation { addPin(input: { cid: "${CID}", name: "${name}" }) { ... on AddPinPayload { pin { requestId } } } }`;
    const answer = post(mutation, 'application/json');
    await over(answer);
    return `subscription { pinStatus(requestId: "${/"requestId":"([^"]+)"/.exec(answer.text())?.[1]}") { status } }`;
  }

  it('passes queries on', async () => {
    const answer = post('{ providers { name } pins(first: 1) { nodes { name } } }', 'application/json');
    await over(answer);
    expect(answer.status()).toBe(200);
    expect(answer.text()).toContain('"name":"pi"');
    expect(answer.text()).not.toContain('errors');
  });

  it('passes on a GET whose request line is longer than nginx takes by itself', async () => {
    const path = `/graphql?query=%7B__typename%7D${','.repeat(12_000)}`;
    const text = await new Promise<string>((resolve, reject) => {
      get(`${origin}${path}`, { ca: selfSigned.cert, headers: { accept: 'application/json' } }, (answer) => {
        let text = `${answer.statusCode} `;
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve(text));
      }).on('error', reject);
    });
    expect(text).toBe('200 {"data":{"__typename":"Query"}}');
  });

  it.each([
    ['server-sent events', 'text/event-stream', /event: complete/],
    ['multipart', 'multipart/mixed;subscriptionSpec="1.0"', /--\S+--\s*$/],
  ])('passes each event of a stream on as it comes: %s', async (way, accept, end) => {
    const stream = post(await slowPin(`slow ${way}`), accept);
    await expect.poll(stream.text, { timeout: 20_000 }).toContain('"status":"QUEUED"');
    expect(stream.over()).toBe(false);
    sandbox.advance(LONG_MS);
    await over(stream);
    expect(stream.text()).toContain('"status":"PINNED"');
    expect(stream.text()).toMatch(end);
  });

  it('has more streams on one connection than HTTP/1.1 lets a browser open', async () => {
    const query = await slowPin('slow dozen');
    const streams = Array.from({ length: 12 }, () => post(query, 'text/event-stream'));
    for (const stream of streams) await expect.poll(stream.text, { timeout: 20_000 }).toContain('"status":"QUEUED"');
    expect(streams.map((stream) => stream.over())).not.toContain(true);
    for (const stream of streams) stream.cancel();
  });

  it('upgrades WebSockets', async () => {
    class Trusting extends WebSocket {
      constructor(address: string, protocols: string | string[]) {
        super(address, protocols, { ca: selfSigned.cert });
      }
    }
    const client = createClient({
      url: `${origin.replace('https', 'wss')}/graphql`,
      webSocketImpl: Trusting,
      connectionParams: { 'x-gateway-key': sandbox.operatorKey },
      retryAttempts: 0,
    });
    const statuses: string[] = [];
    for await (const { data } of client.iterate<{ pinStatus: { status: string } }>({
      query: await slowPin('slow socket'),
    }))
      if (statuses.push(data?.pinStatus.status ?? 'none') === 1) sandbox.advance(LONG_MS);
    expect(statuses.length).toBeGreaterThan(1);
    expect(statuses.at(-1)).toBe('PINNED');
    await client.dispose();
  });

  it('keeps what is for operators inside', async () => {
    for (const path of ['/metrics', '/health/live', '/health/ready']) {
      const answer = send('GET', path);
      await over(answer);
      expect(answer.status(), path).toBe(404);
    }
  });
});
