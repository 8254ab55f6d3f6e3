import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '../../soak/free-port.js';
import { createInstance, type Instance } from '../../soak/instance.js';
import type { BrowserShare } from '../support/browser.js';
import { runsPages, shareBrowserForApps, serveApp, type ServedApp } from '../support/client-apps.js';
import {
  followInPage,
  followOverSse,
  followOverWs,
  type FollowedPin,
  type Follower,
  type Place,
} from '../support/pin-followers.js';
import { product } from '../support/product.js';
import { describeWithNginx, runsNginx, startNginx } from '../support/start-nginx.js';
import { startTestSandbox, type TestSandbox } from '../support/start-sandbox.js';
import { selfSigned } from '../upstream/self-signed.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['react-relay', 'react-apollo', 'react-urql', 'sse-other-origin'] as const;
/** What speaks graphql-ws. */
const overWebSocket = ['graphql-ws', 'react-relay'];

const folder = mkdtempSync(join(tmpdir(), 'headgate-reconnect-'));
let sandbox: TestSandbox;
let gateway: Instance;
let browser: BrowserShare | undefined;
const apps = new Map<string, ServedApp>();

/** The built product in front of a sandbox that outlives it, and the apps, where they are installed. */
beforeAll(async () => {
  sandbox = await startTestSandbox();
  if (runsPages) {
    browser = await shareBrowserForApps();
    await Promise.all(pages.map(async (name) => apps.set(name, await serveApp(name))));
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
  places.set('directly', { endpoint: `${gateway.address}/graphql`, key: sandbox.operatorKey });
  if (runsNginx) await Promise.all([startConfigured(), startBare()]);
}, 90_000);
afterAll(async () => {
  await Promise.all(leaving.map((follower) => follower.leave()));
  await gateway?.kill();
  await Promise.all([
    ...proxies.map((proxy) => proxy.stop()),
    browser?.close(),
    sandbox?.close(),
    ...[...apps.values()].map((app) => app.close()),
  ]);
  rmSync(folder, { recursive: true, force: true });
});

const proxies: { stop(): Promise<void> }[] = [];

async function startConfigured(): Promise<void> {
  const port = await freePort();
  writeFileSync(join(folder, 'gateway.crt'), selfSigned.cert);
  writeFileSync(join(folder, 'gateway.key'), selfSigned.key);
  // What everybody has to change in it, and nothing else.
  const blocks = readFileSync(join(root, 'deploy/nginx/headgate.conf'), 'utf8')
    .replace('127.0.0.1:4000', new URL(gateway.address).host)
    .replace('listen 443 ', `listen 127.0.0.1:${port} `)
    .replace('gateway.example', 'localhost')
    .replaceAll('/etc/nginx/tls/', `${folder}/`);
  proxies.push(await startNginx(blocks, port));
  const endpoint = `https://localhost:${port}/graphql`;
  places.set('configured', { endpoint, key: sandbox.operatorKey, ca: selfSigned.cert });
}

async function startBare(): Promise<void> {
  const port = await freePort();
  const location = `location / { proxy_pass ${gateway.address}; }`;
  proxies.push(await startNginx(`server { listen 127.0.0.1:${port}; ${location} }`, port));
  places.set('bare', { endpoint: `http://127.0.0.1:${port}/graphql`, key: sandbox.operatorKey });
}

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

type Signal = 'SIGTERM' | 'SIGKILL';
type Way = 'directly' | 'configured' | 'bare';
/** The ways to the gateway that there are here. */
const places = new Map<Way, Place>();

/** Who follows two pins at a place. A bare proxy carries no WebSocket. */
async function follow(way: Way, place: Place, pins: readonly FollowedPin[]): Promise<readonly Follower[]> {
  const carries = (name: string) => way !== 'bare' || !overWebSocket.includes(name);
  const inPages = [...apps].flatMap(([name, { origin }]) =>
    browser !== undefined && carries(name) ? [followInPage(name, browser, origin, place)] : [],
  );
  return [
    ...(carries('graphql-ws') ? [followOverWs(place, pins)] : []),
    followOverSse(place, pins),
    ...(await Promise.all(inPages)),
  ];
}

/** Waits until all of them see it. */
async function eachSees(followers: readonly Follower[], pin: FollowedPin, status: string): Promise<void> {
  for (const follower of followers)
    await expect
      .poll(() => follower.status(pin), { timeout: 40_000, message: `${pin.name} by ${follower.name}` })
      .toBe(status);
}

/** A time that the gateway went away. */
interface Absence {
  readonly kept: FollowedPin;
  readonly removed: FollowedPin;
  readonly followers: ReadonlyMap<Way, readonly Follower[]>;
}

/** Everybody follows two pins, on all ways; the gateway goes away, one pin is kept and the other removed, and it comes back. */
async function goesAway(signal: Signal): Promise<Absence> {
  const run = Math.random().toString(36).slice(2, 8);
  // The sandbox's time stands still, so that both wait; one whose name says slow waits longer.
  const kept = await addPin(`kept-${run}`);
  const removed = await addPin(`slow-and-removed-${run}`);
  const followers = new Map(
    await Promise.all(
      [...places].map(async ([way, place]) => [way, await follow(way, place, [kept, removed])] as const),
    ),
  );
  leaving.push(...[...followers.values()].flat());
  for (const pin of [kept, removed]) await eachSees([...followers.values()].flat(), pin, 'QUEUED');
  await (signal === 'SIGTERM' ? gateway.term() : gateway.kill());
  sandbox.advance(10_000);
  expect((await sandbox.pinning()('DELETE', `/pins/${removed.requestId}`)).status).toBe(202);
  await gateway.start();
  return { kept, removed, followers };
}

const leaving: Follower[] = [];
function placeOf(way: Way): Place {
  const place = places.get(way);
  if (place === undefined) throw new Error(`there is no ${way} way`);
  return place;
}

const absences = new Map<Signal, Promise<Absence>>();

/** Whoever comes on this way misses nothing of what happened while the gateway was away, which it is once for all of them. */
async function missesNothing(signal: Signal, way: Way): Promise<void> {
  const absence = absences.get(signal) ?? goesAway(signal);
  absences.set(signal, absence);
  const { kept, removed, followers } = await absence;
  const here = followers.get(way) ?? [];
  expect(here.length).toBeGreaterThan(0);
  await eachSees(here, kept, 'PINNED');
  await eachSees(here, removed, 'REMOVED');
  await Promise.all(here.map((follower) => follower.leave()));
}

const signals = ['SIGTERM', 'SIGKILL'] as const;

describe.each(signals)('when the gateway restarts after %s', { timeout: 120_000 }, (signal) => {
  it('no end is lost and what was removed is named, directly', () => missesNothing(signal, 'directly'));

  it.skipIf(!runsNginx)(
    'no end is lost and what was removed is named, behind nginx with deploy/nginx/headgate.conf',
    () => missesNothing(signal, 'configured'),
  );

  it.skipIf(!runsNginx)(
    'no end is lost and what was removed is named, behind nginx with a bare proxy_pass, over HTTP',
    () => missesNothing(signal, 'bare'),
  );
});

describeWithNginx('behind nginx', { timeout: 120_000 }, () => {
  it.skipIf(!runsPages)('a page has more than six streams, since browsers get HTTP/2', async () => {
    const place = placeOf('configured');
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
  });

  it('a WebSocket does not come through, since nginx leaves its upgrade out, and says so', async () => {
    const socket = new WebSocket(placeOf('bare').endpoint.replace('http', 'ws'), 'graphql-transport-ws');
    const said = await new Promise<string>((resolve) => socket.once('error', ({ message }) => resolve(message)));
    expect(said).toBe('Unexpected server response: 426');
  });
});
