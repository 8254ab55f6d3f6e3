import {
  example as mypitExample,
  lastPage,
  wireBadge,
  wireHolder,
  wireTemplate,
  fields,
  json,
} from '../providers/mypit-support.js';
import { example as piExample, wirePayment } from '../providers/pi-support.js';
import type { ProviderKey } from '../../src/providers/registry.js';
import type { Settings } from '../../src/settings.js';
import { poolScript } from './bitminter-harness.js';
import { ledgerBook } from './fake-ledger.js';
import type { FakeAnswer, Script, SeenRequest } from './fake-upstream.js';
import { ANN, PI_SCOPES, wireUser } from './graph-payments.js';
import { cids, wirePin } from './graph-pins.js';

/** What the harness has to know of an upstream to stand in front of it. */
interface Stand {
  /** As clients read it. */
  readonly name: string;
  /** What comes before the paths of the table of upstream calls. */
  readonly base: string;
  readonly settings: (url: string) => Settings;
  /** Every right there is at it. */
  readonly scopes: string;
  /** A root field that needs it, how it is asked for, and what that answers. */
  readonly field: string;
  readonly query: string;
  /** Left out: some list. */
  readonly shows?: object;
  /** Other upstreams that the field needs, and the calls that it costs at its own. */
  readonly needs?: readonly ProviderKey[];
  readonly calls: number;
  readonly script: () => Script;
}

export const APP_WALLET = 'GCXC6QBLLO42GK2TA3445NLY6MHENLKXDGRHX3VCIOXBZ4RGKL3DIQP6';
export const USER_WALLET = 'GAG6JP4O2VF32FTUSVJCW4NURJ7DPMGZGM57OD72KLNPUWY556OFL53K';
export const LEDGER_TXID = 'ab'.repeat(32);

function piScript({ path, headers }: SeenRequest): FakeAnswer {
  const own = path.replace(/^\/v2/, '');
  if (own === '/me')
    return headers.authorization === 'Bearer ann-token' ? { body: wireUser(ANN) } : { status: 401, body: '' };
  if (own.startsWith('/ads_network/status/'))
    return {
      body: { ...(piExample('getRewardedAdStatus.granted').response.body as object), identifier: own.split('/')[3] },
    };
  if (own === '/payments/incomplete_server_payments') return { body: { incomplete_server_payments: [] } };
  const wallets = { from_address: USER_WALLET, to_address: APP_WALLET, amount: 4.25, network: 'Pi Testnet' };
  return { body: wirePayment({ identifier: own.split('/')[2], user_uid: ANN, ...wallets }) };
}

function mypitScript({ path, body }: SeenRequest): FakeAnswer {
  const asked = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>;
  switch (path) {
    case '/hello':
      return mypitExample('hello.ok').response;
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

/** The wallet of the app: a transaction that is older than every payment, and that of the payment `p1`. */
function ledgerScript(): Script {
  const book = ledgerBook();
  const paid = { from: USER_WALLET, to: APP_WALLET, amount: '4.2500000' };
  book.add({ ...paid, createdAt: '2026-03-01T08:00:00Z' });
  book.add({ ...paid, memo: 'p1', hash: LEDGER_TXID });
  return (request) => book.answer(request);
}

/** Every upstream of the registry: one that is missing here does not compile, and is named by test/graph/all-upstreams.test.ts. */
export const stands = {
  pi: {
    name: 'pi',
    base: '/v2',
    settings: (url) => ({ PI_BASE_URL: `${url}/v2`, PI_API_KEY: 'server-key-of-the-app' }),
    scopes: PI_SCOPES,
    field: 'payment',
    query: 'payment(paymentId: "p1") { paymentId }',
    shows: { paymentId: 'p1' },
    calls: 1,
    script: () => piScript,
  },
  mypit: {
    name: 'mypit',
    base: '',
    settings: (url) => ({
      MYPIT_BASE_URL: url,
      MYPIT_CLIENT_ID: fields.clientId,
      MYPIT_SECRET_KEY: fields.secretKey,
      MYPIT_USER_ID: fields.userId,
      MYPIT_ISSUER_DID: fields.issuerDid ?? '',
    }),
    scopes: 'mypit:read+mypit:pii+mypit:write+mypit:delete+mypit:issue',
    field: 'badgeTemplate',
    query: 'badgeTemplate(templateId: "t1") { templateId }',
    shows: { templateId: 't1' },
    calls: 1,
    script: () => mypitScript,
  },
  pinning: {
    name: 'pinning:acme',
    base: '',
    settings: (url) => ({ PINNING_SERVICES: 'acme', PINNING_ACME_URL: url, PINNING_ACME_TOKEN: 'acme-token' }),
    scopes: 'pin:read+pin:write',
    field: 'pin',
    query: 'pin(requestId: "r1") { requestId }',
    shows: { requestId: 'r1' },
    calls: 1,
    script: () => pinningScript,
  },
  bitminter: {
    name: 'bitminter',
    base: '/api',
    settings: (url) => ({
      BITMINTER_BASE_URL: `${url}/api`,
      BITMINTER_API_KEY: 'pool-key',
      POOL_CACHE_TTL_MS: '0',
    }),
    scopes: 'bm:read',
    field: 'topMiners',
    query: 'topMiners { rank }',
    calls: 1,
    script: () => poolScript(),
  },
  ledger: {
    name: 'ledger',
    base: '',
    settings: (url) => ({ PI_LEDGER_URL: url }),
    scopes: '',
    field: 'ledgerTransaction',
    query: 'ledgerTransaction(paymentId: "p1") { matches }',
    shows: { matches: true },
    needs: ['pi'],
    calls: 3,
    script: ledgerScript,
  },
} as const satisfies Record<ProviderKey, Stand>;
