import { Writable } from 'node:stream';
import { createApp, type App } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { createLogger } from '../../src/observability/logger.js';
import type { Settings } from '../../src/settings.js';
import { gatewayKey, type GraphAnswer } from '../support/create-test-app.js';
import { fakePi, SERVER_KEY, type FakePi } from '../support/graph-payments.js';
import { closeLater, startService } from '../support/graph-pins.js';
import type { FakePinning } from '../support/fake-pinning.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';

export { sendRaw, uncoded, type RawAnswer } from './raw-answers.js';

/** Every operator right that moves nothing but pins and payments. */
export const ALL_SCOPES = [
  'pi:read',
  'pi:approve',
  'pi:complete',
  'pi:cancel',
  'pi:payout',
  'mypit:read',
  'mypit:pii',
  'mypit:write',
  'mypit:delete',
  'mypit:issue',
  'pin:read',
  'pin:write',
  'bm:read',
  'schema:read',
].join('+');

/** A gateway on a real port whose log is kept. */
export interface Gateway {
  readonly app: App;
  readonly url: string;
  readonly port: number;
  /** All that it wrote, one JSON line each. */
  readonly log: string[];
  ask<Data = Record<string, never>>(
    query: string,
    variables?: object,
    headers?: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<GraphAnswer<Data>>;
}

export async function startGateway(settings: Settings): Promise<Gateway> {
  const log: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log.push(chunk.toString());
      done();
    },
  });
  const config = readConfig({
    PORT: '0',
    LOG_LEVEL: 'debug',
    STATE_DIR: 'memory',
    DESK: 'off',
    CONNECT_TIMEOUT_MS: '5000',
    UPSTREAM_TIMEOUT_MS: '10000',
    WRITE_TIMEOUT_MS: '10000',
    OPERATION_TIMEOUT_MS: '20000',
    READBACK_DELAY_MS: '5',
    PIN_POLL_INTERVAL_MS: '40',
    PAYMENT_POLL_INTERVAL_MS: '40',
    HEADGATE_SECRET: 'a secret for tests only',
    GATEWAY_KEYS: gatewayKey(ALL_SCOPES),
    BREAKER_MIN_REQUESTS: '1000000',
    PAYOUT_MAX_PER_CALL: '10',
    PAYOUT_MAX_PER_DAY: '1000000',
    ...settings,
  });
  const app = await createApp(config, { log: createLogger(config.logLevel, sink) });
  closeLater(() => app.close());
  const url = await app.listen();
  return {
    app,
    url,
    log,
    port: Number(new URL(url).port),
    async ask<Data>(query: string, variables?: object, headers: Record<string, string> = {}, signal?: AbortSignal) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
        ...(signal ? { signal } : {}),
      });
      return (await response.json()) as GraphAnswer<Data>;
    },
  };
}

/** A gateway in front of two pinning services, the Pi Platform and two upstreams that know nothing, all on sockets of this machine. */
export interface World extends Gateway {
  readonly acme: FakePinning;
  readonly other: FakePinning;
  readonly pi: FakePi;
  readonly mypit: FakeUpstream;
  readonly pool: FakeUpstream;
  /** Requests that reached any of them so far. */
  sent(): number;
}

export async function startWorld(settings: Settings = {}): Promise<World> {
  const empty = () => fakeUpstream(() => ({ status: 404, body: { error: 'not found' } }));
  const [acme, other, pi, mypit, pool] = await Promise.all([
    startService(),
    startService(),
    fakePi(),
    empty(),
    empty(),
  ]);
  for (const upstream of [pi, mypit, pool]) closeLater(() => upstream.close());
  const gateway = await startGateway({
    PINNING_SERVICES: 'acme,other',
    PINNING_ACME_URL: acme.url,
    PINNING_ACME_TOKEN: 'token-of-the-server',
    PINNING_OTHER_URL: other.url,
    PINNING_OTHER_TOKEN: 'other-token-of-the-server',
    PI_BASE_URL: `${pi.url}/v2`,
    PI_API_KEY: SERVER_KEY,
    MYPIT_BASE_URL: mypit.url,
    MYPIT_CLIENT_ID: 'client-of-the-server',
    MYPIT_SECRET_KEY: 'secret-of-the-server',
    MYPIT_USER_ID: 'user-of-the-server',
    MYPIT_ISSUER_DID: 'did:web:server',
    BITMINTER_BASE_URL: pool.url,
    BITMINTER_API_KEY: 'miner-key-of-the-server',
    ...settings,
  });
  return {
    ...gateway,
    acme,
    other,
    pi,
    mypit,
    pool,
    sent: () => [acme, other, pi, mypit, pool].reduce((sum, { requests }) => sum + requests.length, 0),
  };
}

/** Numbers that are the same in every run. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
