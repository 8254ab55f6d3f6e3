import { lastPage, wireBadge, wireHolder, wireTemplate, fields, json } from '../providers/mypit-support.js';
import { example as piExample, wirePayment } from '../providers/pi-support.js';
import type { Settings } from '../../src/settings.js';
import { poolScript } from './bitminter-harness.js';
import { createTestApp, gatewayKey, operatorHeaders, type GraphAnswer, type TestApp } from './create-test-app.js';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type Script, type SeenRequest } from './fake-upstream.js';
import { ANN, closeLater, PI_SCOPES, wireUser } from './graph-payments.js';
import { cids, wirePin } from './graph-pins.js';

/** The four upstreams, by the names that clients read. */
export const upstreamNames = ['pi', 'mypit', 'pinning:acme', 'bitminter'] as const;
export type UpstreamName = (typeof upstreamNames)[number];

/** How an upstream fails as a whole. */
export type Death = 'refused' | 'hanging' | '500';

export interface WholeGraph extends TestApp {
  readonly upstreams: Readonly<Record<UpstreamName, FakeUpstream>>;
  /** Requests that each upstream has seen since the last reset. */
  calls(): Record<UpstreamName, number>;
  reset(): void;
  /** Milliseconds that each answer of an upstream takes from now on. */
  slow(delays: Readonly<Partial<Record<UpstreamName, number>>>): void;
  die(name: UpstreamName, death: Death): Promise<void>;
  /** Replaces what an upstream answers. */
  answer(name: UpstreamName, script: Script): void;
}

/** Operator with every right, who is also signed in as Ann. */
export const everybody = { ...operatorHeaders, authorization: 'Bearer ann-token' } as const;
export const globalId = (typename: string, localId: string): string =>
  Buffer.from(`${typename}:${localId}`).toString('base64');

/** A field of each upstream, one call each. */
export const oneOfEach =
  '{ payment(paymentId: "p1") { paymentId } badgeTemplate(templateId: "t1") { templateId } ' +
  'pin(requestId: "r1") { requestId } topMiners { rank } }';
export const fieldOf = {
  pi: 'payment',
  mypit: 'badgeTemplate',
  'pinning:acme': 'pin',
  bitminter: 'topMiners',
} as const satisfies Record<UpstreamName, string>;

function piScript({ path, headers }: SeenRequest): FakeAnswer {
  const own = path.replace(/^\/v2/, '');
  if (own === '/me')
    return headers.authorization === 'Bearer ann-token' ? { body: wireUser(ANN) } : { status: 401, body: '' };
  if (own.startsWith('/ads_network/status/'))
    return {
      body: { ...(piExample('getRewardedAdStatus.granted').response.body as object), identifier: own.split('/')[3] },
    };
  return { body: wirePayment({ identifier: own.split('/')[2], user_uid: ANN }) };
}

function mypitScript({ path, body }: SeenRequest): FakeAnswer {
  const asked = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>;
  switch (path) {
    case '/getASingleBadgeTemplate':
      return json(wireTemplate({ _id: asked['templateId'] }));
    case '/getHolderById':
      return json(wireHolder(asked['holderId'] === ANN ? { holderId: ANN } : { _id: asked['holderId'] }));
    case '/getAllBadgeTemplatesByOwnerId':
      return lastPage(wireTemplate({ _id: 't1' }));
    case '/getHolders':
      return lastPage(wireHolder({ _id: 'h1' }));
    case '/getIssuedBadges':
      return lastPage(wireBadge({ _id: 'b1', templateId: 't1', recipientId: 'h1' }));
    default:
      return { status: 404, body: 'No matching routes found' };
  }
}

/** A service that holds these contents, as many pins as asked for. */
function pinningScript({ path, query }: SeenRequest): FakeAnswer {
  if (path !== '/pins') return { body: wirePin(decodeURIComponent(path.slice('/pins/'.length))) };
  const results = (query.get('cid')?.split(',') ?? [cids.a]).map((cid, index) =>
    wirePin(`r${index + 1}`, { pin: { cid } }),
  );
  return { body: { count: results.length, results } };
}

const worlds: Readonly<Record<UpstreamName, Script>> = {
  pi: piScript,
  mypit: mypitScript,
  'pinning:acme': pinningScript,
  bitminter: poolScript(),
};

/** The gateway in front of all its upstreams, each of which can be slow, dead or different; closed after each test (closeAfterEach). */
export async function startWholeGraph(settings: Settings = {}): Promise<WholeGraph> {
  const scripts: Record<UpstreamName, Script> = { ...worlds };
  let delays: Readonly<Partial<Record<UpstreamName, number>>> = {};
  const start = async (name: UpstreamName): Promise<FakeUpstream> => {
    const upstream = await fakeUpstream(async (request, response) => {
      const delay = delays[name] ?? 0;
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      return scripts[name](request, response);
    });
    closeLater(() => upstream.close());
    return upstream;
  };
  const upstreams = {
    pi: await start('pi'),
    mypit: await start('mypit'),
    'pinning:acme': await start('pinning:acme'),
    bitminter: await start('bitminter'),
  };
  const app = await createTestApp({
    PI_BASE_URL: `${upstreams.pi.url}/v2`,
    PI_API_KEY: 'server-key-of-the-app',
    MYPIT_BASE_URL: upstreams.mypit.url,
    MYPIT_CLIENT_ID: fields.clientId,
    MYPIT_SECRET_KEY: fields.secretKey,
    MYPIT_USER_ID: fields.userId,
    MYPIT_ISSUER_DID: fields.issuerDid ?? '',
    PINNING_SERVICES: 'acme',
    PINNING_ACME_URL: upstreams['pinning:acme'].url,
    PINNING_ACME_TOKEN: 'acme-token',
    BITMINTER_BASE_URL: `${upstreams.bitminter.url}/api`,
    BITMINTER_API_KEY: 'pool-key',
    POOL_CACHE_TTL_MS: '0',
    GATEWAY_KEYS: gatewayKey(
      `${PI_SCOPES}+mypit:read+mypit:pii+mypit:write+mypit:delete+mypit:issue+pin:read+pin:write+bm:read`,
    ),
    ...settings,
  });
  closeLater(() => app.close());
  return {
    ...app,
    upstreams,
    calls: () => ({
      pi: upstreams.pi.requests.length,
      mypit: upstreams.mypit.requests.length,
      'pinning:acme': upstreams['pinning:acme'].requests.length,
      bitminter: upstreams.bitminter.requests.length,
    }),
    reset() {
      for (const name of upstreamNames) upstreams[name].requests.length = 0;
    },
    slow(next) {
      delays = next;
    },
    async die(name, death) {
      if (death === 'refused') await upstreams[name].close();
      else scripts[name] = death === '500' ? () => ({ status: 500, body: '' }) : () => undefined;
    },
    answer(name, script) {
      scripts[name] = script;
    },
  };
}

/** `path: CODE` of each error, sorted. */
export function codesOf(answer: GraphAnswer<unknown>): string[] {
  return (answer.errors ?? [])
    .map(({ path, extensions }) => `${path?.join('.') ?? ''}: ${String(extensions['code'])}`)
    .toSorted();
}
