import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createInstance, freePort, type Instance } from '../../soak/instance.js';
import { describeWithPages, launchBrowser, serveApp, type ServedApp } from '../support/client-apps.js';
import { followInPage, followOverSse, followOverWs, type FollowedPin, type Place } from '../support/pin-followers.js';
import { product } from '../support/product.js';
import { describeWithNginx, startNginx } from '../support/start-nginx.js';
import { startTestSandbox, type TestSandbox } from '../support/start-sandbox.js';
import { selfSigned } from '../upstream/self-signed.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['react-relay', 'react-apollo', 'react-urql', 'sse-other-origin'] as const;
/** What speaks graphql-ws. */
const overWebSocket = ['graphql-ws', 'react-relay'];

const folder = mkdtempSync(join(tmpdir(), 'headgate-reconnect-'));
let sandbox: TestSandbox;
let gateway: Instance;
let browser: Browser | undefined;
const apps = new Map<string, ServedApp>();

/** The built product in front of a sandbox that outlives it, and the apps, where they are installed. */
beforeAll(async () => {
  sandbox = await startTestSandbox();
  if (describeWithPages !== describe.skip) {
    browser = await launchBrowser();
    for (const name of pages) apps.set(name, await serveApp(name));
  }
  gateway = createInstance(
    'gateway',
    await freePort(),
    {
      ...sandbox.settings,
      LOG_LEVEL: 'silent',
      PIN_POLL_INTERVAL_MS: '100',
      RATE_LIMIT_PER_MINUTE: '10000',
      CORS_ORIGINS: [...apps.values()].map(({ origin }) => origin).join(','),
    },
    [product()],
  );
  await gateway.start();
}, 90_000);
afterAll(async () => {
  await gateway?.kill();
  await Promise.all([browser?.close(), sandbox?.close(), ...[...apps.values()].map((app) => app.close())]);
  rmSync(folder, { recursive: true, force: true });
});

async function addPin(name: string): Promise<FollowedPin> {
  const answer = await fetch(`${gateway.address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-gateway-key': sandbox.operatorKey },
    body: JSON.stringify({
      query: 'mutation ($input: AddPinInput!) { addPin(input: $input) { ... on AddPinPayload { pin { requestId } } } }',
      variables: { input: { cid: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy', name } },
    }),
  });
  const { data } = (await answer.json()) as { data: { addPin: { pin: { requestId: string } } } };
  return { requestId: data.addPin.pin.requestId, name };
}

/** Everybody follows two pins; the gateway goes away, one pin is kept and the other removed meanwhile, and it comes back. */
async function goesAway(signal: 'SIGTERM' | 'SIGKILL', place: Place, carries: (name: string) => boolean) {
  const run = Math.random().toString(36).slice(2, 8);
  // The sandbox's time stands still, so that both wait; one whose name says slow waits longer.
  const kept = await addPin(`kept-${run}`);
  const removed = await addPin(`slow-and-removed-${run}`);
  const followers = [
    ...(carries('graphql-ws') ? [followOverWs(place, [kept, removed])] : []),
    followOverSse(place, [kept, removed]),
    ...(await Promise.all(
      [...apps].flatMap(([name, { origin }]) =>
        browser !== undefined && carries(name) ? [followInPage(name, browser, origin, place)] : [],
      ),
    )),
  ];
  const eachSees = async (pin: FollowedPin, status: string) => {
    for (const follower of followers)
      await expect
        .poll(() => follower.status(pin), { timeout: 40_000, message: `${pin.name} by ${follower.name}` })
        .toBe(status);
  };
  try {
    for (const pin of [kept, removed]) await eachSees(pin, 'QUEUED');
    await (signal === 'SIGTERM' ? gateway.term() : gateway.kill());
    sandbox.advance(10_000);
    expect((await sandbox.pinning()('DELETE', `/pins/${removed.requestId}`)).status).toBe(202);
    await gateway.start();
    await eachSees(kept, 'PINNED');
    await eachSees(removed, 'REMOVED');
  } finally {
    await Promise.all(followers.map((follower) => follower.leave()));
  }
}

const signals = ['SIGTERM', 'SIGKILL'] as const;
const losesNothing = 'no end is lost and what was removed is named, when the gateway restarts after %s';

describe('directly', { timeout: 120_000 }, () => {
  it.each(signals)(losesNothing, async (signal) => {
    await goesAway(signal, { endpoint: `${gateway.address}/graphql`, key: sandbox.operatorKey }, () => true);
  });
});

describeWithNginx('behind nginx with deploy/nginx/headgate.conf', { timeout: 120_000 }, () => {
  let nginx: Awaited<ReturnType<typeof startNginx>>;
  let place: Place;

  beforeAll(async () => {
    const port = await freePort();
    writeFileSync(join(folder, 'gateway.crt'), selfSigned.cert);
    writeFileSync(join(folder, 'gateway.key'), selfSigned.key);
    // What everybody has to change in it, and nothing else.
    const blocks = readFileSync(join(root, 'deploy/nginx/headgate.conf'), 'utf8')
      .replace('127.0.0.1:4000', new URL(gateway.address).host)
      .replace('listen 443 ', `listen 127.0.0.1:${port} `)
      .replace('gateway.example', 'localhost')
      .replaceAll('/etc/nginx/tls/', `${folder}/`);
    nginx = await startNginx(blocks, port);
    place = { endpoint: `https://localhost:${port}/graphql`, key: sandbox.operatorKey, ca: selfSigned.cert };
  });
  afterAll(() => nginx?.stop());

  it.each(signals)(losesNothing, async (signal) => {
    await goesAway(signal, place, () => true);
  });

  it.skipIf(describeWithPages === describe.skip)(
    'a page has more than six streams, since browsers get HTTP/2',
    async () => {
      const page = await browser?.newPage({ ignoreHTTPSErrors: true });
      // Any page of that origin will do.
      await page?.goto(`${new URL(place.endpoint).origin}/`);
      const opened = await page?.evaluate(async (key) => {
        const stream = () =>
          fetch('/graphql', {
            method: 'POST',
            headers: { accept: 'text/event-stream', 'content-type': 'application/json', 'x-gateway-key': key },
            body: '{"query":"subscription { poolStats { asOf } }"}',
          });
        // None of them ends by itself, and each has an answer that began.
        const answers = await Promise.all(Array.from({ length: 20 }, stream));
        return answers.map(({ status }) => status);
      }, place.key);
      expect(opened).toEqual(Array.from({ length: 20 }, () => 200));
      await page?.close();
    },
  );
});

describeWithNginx('behind nginx with a bare proxy_pass', { timeout: 120_000 }, () => {
  let nginx: Awaited<ReturnType<typeof startNginx>>;
  let place: Place;

  beforeAll(async () => {
    const port = await freePort();
    const location = `location / { proxy_pass ${gateway.address}; }`;
    nginx = await startNginx(`server { listen 127.0.0.1:${port}; ${location} }`, port);
    place = { endpoint: `http://127.0.0.1:${port}/graphql`, key: sandbox.operatorKey };
  });
  afterAll(() => nginx?.stop());

  it.each(signals)(`${losesNothing}, over HTTP`, async (signal) => {
    await goesAway(signal, place, (name) => !overWebSocket.includes(name));
  });

  it('a WebSocket does not come through, since nginx leaves its upgrade out, and says so', async () => {
    const socket = new WebSocket(place.endpoint.replace('http', 'ws'), 'graphql-transport-ws');
    const said = await new Promise<string>((resolve) => socket.once('error', ({ message }) => resolve(message)));
    expect(said).toBe('Unexpected server response: 426');
  });
});
