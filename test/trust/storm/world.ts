import { startSandbox, type Sandbox } from '../../../src/sandbox/index.js';
import { cidOf } from '../../../src/sandbox/names.js';
import { createTestApp, type GraphAnswer, type TestApp } from '../../support/create-test-app.js';
import { caller, type SandboxAnswer, type SandboxCaller } from '../../support/start-sandbox.js';
import { Weather, type Forecast } from './weather.js';
import type { Service } from './asked.js';

/** Times that let a history of a storm go by in a second or two. */
const brisk = {
  UPSTREAM_TIMEOUT_MS: '250',
  WRITE_TIMEOUT_MS: '250',
  OPERATION_TIMEOUT_MS: '2000',
  READBACK_DELAY_MS: '5',
  RESEND_QUARANTINE_MS: '100',
  BREAKER_MIN_REQUESTS: '1000000',
  POOL_CACHE_TTL_MS: '0',
  ME_NEGATIVE_TTL_MS: '20',
  PAYOUT_MAX_PER_DAY: '1000000',
} as const;

const fronts: readonly (readonly [Service, string])[] = [
  ['pi', 'PI_BASE_URL'],
  ['ledger', 'PI_LEDGER_URL'],
  ['mypit', 'MYPIT_BASE_URL'],
  ['pinning', 'PINNING_SANDBOX_URL'],
  ['bitminter', 'BITMINTER_BASE_URL'],
];

/** Objects that are there from the start. */
export interface Landmarks {
  readonly pins: readonly string[];
  readonly templates: readonly string[];
  readonly holders: readonly string[];
  readonly badges: readonly string[];
}

/** The gateway behind the weather, another one that stands under a clear sky, and the upstreams themselves. */
export interface StormWorld {
  readonly weather: Weather;
  readonly landmarks: Landmarks;
  /** Asks through the storm. */
  storm<Data>(text: string, variables?: object): Promise<GraphAnswer<Data>>;
  /** Asks the same of a gateway that no storm reaches. */
  clear<Data>(text: string, variables?: object): Promise<GraphAnswer<Data>>;
  watch<Data>(text: string, variables: object, signal: AbortSignal): AsyncGenerator<GraphAnswer<Data>>;
  /** Speaks to an upstream itself. */
  readonly pinning: SandboxCaller;
  readonly pi: SandboxCaller;
  mypit(operation: string, body: object): Promise<SandboxAnswer>;
  /** Begins a payment of the user who is signed in, and gives its id. */
  openPayment(memo: string): Promise<string>;
  /** Makes a holder, and gives its id. */
  newHolder(data: object): Promise<string>;
  /** Lets time go by at the upstreams. */
  pass(ms: number): void;
  /** A name that nothing in this world has yet. */
  tag(): string;
  cid(): string;
  close(): Promise<void>;
}

export async function startStormWorld(forecast: Forecast): Promise<StormWorld> {
  // Time stands still at the upstreams until a history lets it go by, so that what wanders there can be compared.
  let now = Date.now();
  const sandbox = await startSandbox({ now: () => now });
  const weather = new Weather(forecast);
  const fronted: Record<string, string> = {};
  for (const [service, name] of fronts) fronted[name] = await weather.front(service, sandbox.settings[name] ?? '');
  const [stormy, clear] = await Promise.all([
    createTestApp({ ...sandbox.settings, ...brisk, ...fronted }),
    createTestApp({
      ...sandbox.settings,
      POOL_CACHE_TTL_MS: '0',
      UPSTREAM_TIMEOUT_MS: '8000',
      OPERATION_TIMEOUT_MS: '15000',
    }),
  ]);
  const headers = { ...sandbox.headers };
  let tags = 0;
  const settings = sandbox.settings;
  const browser = caller(sandbox.examples['PI_BROWSER_URL'] ?? '', {
    authorization: `Bearer ${sandbox.examples['PI_TOKEN']}`,
  });
  const pi = caller(settings['PI_BASE_URL'] ?? '', { authorization: `Key ${settings['PI_API_KEY']}` });
  const mypit = caller(settings['MYPIT_BASE_URL'] ?? '', {
    clientId: settings['MYPIT_CLIENT_ID'] ?? '',
    secretKey: settings['MYPIT_SECRET_KEY'] ?? '',
  });
  return {
    weather,
    landmarks: await landmarksOf(clear, headers),
    storm: (text, variables) => stormy.query(text, variables, headers),
    clear: (text, variables) => clear.query(text, variables, headers),
    watch: (text, variables, signal) => stormy.subscribe(text, variables, headers, signal),
    pinning: caller(settings['PINNING_SANDBOX_URL'] ?? '', {
      authorization: `Bearer ${settings['PINNING_SANDBOX_TOKEN']}`,
    }),
    pi,
    mypit: (operation, body) => mypit('POST', `/${operation}`, { userId: settings['MYPIT_USER_ID'], ...body }),
    async openPayment(memo) {
      await finishPaid(browser, pi);
      const { json } = await browser('POST', '', { amount: 1.5, memo, metadata: { memo } });
      return (json as { identifier: string }).identifier;
    },
    async newHolder(data) {
      const issuerId = settings['MYPIT_USER_ID'];
      const body = { issuerDid: settings['MYPIT_ISSUER_DID'], issuerId, data: { ...data, ownerId: issuerId } };
      return ((await mypit('POST', '/createHolder', body)).json as { _id: string })._id;
    },
    pass(ms) {
      now += ms;
    },
    tag: () => `gust-${++tags}`,
    cid: () => cidOf(`storm/${++tags}`, 'raw'),
    close: () => closeAll(stormy, clear, weather, sandbox),
  };
}

/** Completes what the user has paid: it stands in the way of their next payment. */
async function finishPaid(browser: SandboxCaller, pi: SandboxCaller): Promise<void> {
  interface Payment {
    readonly identifier: string;
    readonly status: Readonly<Record<string, boolean>>;
    readonly wallet_txid: string | null;
  }
  const { payments } = (await browser('GET', '')).json as { readonly payments: readonly Payment[] };
  for (const { identifier, status, wallet_txid: txid } of payments)
    if (txid !== null && !status['developer_completed'] && !status['cancelled'])
      await pi('POST', `/payments/${identifier}/complete`, { txid });
}

async function closeAll(stormy: TestApp, clear: TestApp, weather: Weather, sandbox: Sandbox): Promise<void> {
  await Promise.all([stormy.close(), clear.close()]);
  await weather.close();
  await sandbox.close();
}

async function landmarksOf(app: TestApp, headers: Record<string, string>): Promise<Landmarks> {
  interface Found {
    readonly pins: { readonly nodes: readonly { readonly requestId: string }[] };
    readonly badgeTemplates: { readonly nodes: readonly { readonly templateId: string; readonly isActive: boolean }[] };
    readonly holders: { readonly nodes: readonly { readonly holderId: string }[] };
    readonly issuedBadges: { readonly nodes: readonly { readonly id: string }[] };
  }
  const { data } = await app.query<Found>(
    `{ pins(first: 20) { nodes { requestId } } badgeTemplates(first: 50) { nodes { templateId isActive } }
       holders(first: 50) { nodes { holderId } } issuedBadges(first: 5) { nodes { id } } }`,
    {},
    headers,
  );
  if (!data) throw new Error('the sandbox does not answer');
  return {
    pins: data.pins.nodes.map(({ requestId }) => requestId),
    templates: data.badgeTemplates.nodes.filter(({ isActive }) => isActive).map(({ templateId }) => templateId),
    holders: data.holders.nodes.map(({ holderId }) => holderId),
    badges: data.issuedBadges.nodes.map(({ id }) => id),
  };
}
