import { afterEach, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { GatewayError, UpstreamError } from '../../src/errors.js';
import { silentLogger } from '../../src/log.js';
import type { PaymentTrace } from '../../src/providers/ledger/model.js';
import type { OperationScope, Provider } from '../../src/providers/provider.js';
import { noCredential } from '../../src/providers/provider.js';
import {
  createProviders,
  readProviderConfigs,
  registry,
  type ProviderKey,
  type Providers,
} from '../../src/providers/registry.js';
import { ConfigError, createSettingsReader, type Settings } from '../../src/settings.js';
import { instantFromSeconds } from '../../src/values/instant.js';
import { answerOf } from '../support/bitminter-harness.js';
import { rootOf } from '../support/fake-ledger.js';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type Script } from '../support/fake-upstream.js';
import { wirePin } from '../support/graph-pins.js';
import { createTestHttp, patient } from '../support/test-http.js';
import { example as mypitExample, wireTemplate } from './mypit-support.js';
import { wirePayment } from './pi-support.js';
import { spentOn } from '../support/spent-on.js';

type Wire = Record<string, unknown>;

/** What the suite has to know about a provider: how it is configured, and one read of one object. */
interface Fixture {
  /** Switched on, with a credential of the server's; secrets hold the word `canary`. */
  readonly settings: (url: string) => Settings;
  /** Names that clients read. */
  readonly names: readonly string[];
  /** Which settings leave it without its credential, and what pinging it then is. */
  readonly withoutCredential: { readonly unset: readonly string[]; readonly ping: 'disabled' | 'asks anonymously' };
  /** Which settings leave it off altogether; none = it is never off. */
  readonly off?: readonly string[];
  /** Never sends a credential. */
  readonly anonymous?: boolean;
  readonly halves: readonly (readonly [set: readonly string[], missing: string])[];
  readonly ping: FakeAnswer;
  readonly read: (providers: Providers, scope: OperationScope) => Promise<unknown>;
  readonly good: Wire;
  /** The answer to the same question about something else. */
  readonly another: Wire;
  readonly absent: FakeAnswer;
}

const secret = (name: string) => `${name}-canary`;
const caller = <Fields>(fields: Fields) => ({ source: 'server', fingerprint: 'fp', fields }) as const;

/**
 * A transaction that is its own page and its own operation, and tells how far its history reaches: one answer for all
 * calls of a search.
 */
function wireLedger(hash: string): Wire {
  const operation = { type: 'payment', asset_type: 'native', from: WALLET, to: WALLET, amount: '1.0000000' };
  const row = { hash, paging_token: '1', created_at: '2020-01-01T00:00:00Z', memo_type: 'text', memo: 'p1' };
  return {
    ...rootOf('Pi Testnet'),
    ...row,
    _embedded: { records: [{ ...row, ...operation, transaction_hash: hash }] },
  };
}
const WALLET = `G${'A'.repeat(55)}`;
const ledgerTrace: PaymentTrace = {
  paymentId: 'p1',
  amount: '1',
  direction: 'USER_TO_APP',
  fromAddress: null,
  toAddress: WALLET,
  createdAt: instantFromSeconds(1_900_000_000),
  networkPassphrase: null,
  transaction: { txid: 'ab'.repeat(32) },
};

const fixtures: Readonly<Record<ProviderKey, Fixture>> = {
  pi: {
    settings: (url) => ({ PI_BASE_URL: `${url}/v2`, PI_API_KEY: secret('pi') }),
    names: ['pi'],
    withoutCredential: { unset: ['PI_API_KEY'], ping: 'disabled' },
    halves: [],
    ping: { body: { incomplete_server_payments: [] } },
    read: ({ pi }, scope) => pi.open(caller({ apiKey: pi.apiKey ?? '' }), scope).payment('p1'),
    good: wirePayment({ identifier: 'p1' }),
    another: wirePayment({ identifier: 'p2' }),
    absent: { status: 404, body: { error: 'payment_not_found' } },
  },
  mypit: {
    settings: (url) => ({
      MYPIT_BASE_URL: url,
      MYPIT_CLIENT_ID: secret('client'),
      MYPIT_SECRET_KEY: secret('key'),
      MYPIT_USER_ID: 'user',
    }),
    names: ['mypit'],
    withoutCredential: { unset: ['MYPIT_CLIENT_ID', 'MYPIT_SECRET_KEY', 'MYPIT_USER_ID'], ping: 'disabled' },
    halves: [
      [['MYPIT_CLIENT_ID', 'MYPIT_USER_ID'], 'MYPIT_SECRET_KEY'],
      [['MYPIT_SECRET_KEY', 'MYPIT_USER_ID'], 'MYPIT_CLIENT_ID'],
      [['MYPIT_CLIENT_ID', 'MYPIT_SECRET_KEY'], 'MYPIT_USER_ID'],
    ],
    ping: { body: mypitExample('hello.ok').response.body },
    read: async ({ mypit }, scope) => {
      if (!mypit.fields) throw new Error('configured without a credential');
      return mypit.open(caller(mypit.fields), scope).template('t1');
    },
    good: wireTemplate({ _id: 't1' }),
    another: wireTemplate({ _id: 't2' }),
    absent: { status: 404, body: { error: 'not found' } },
  },
  pinning: {
    settings: (url) => ({
      PINNING_SERVICES: 'acme,other',
      PINNING_ACME_URL: `${url}/psa`,
      PINNING_ACME_TOKEN: secret('acme'),
      PINNING_OTHER_URL: `${url}/other`,
      PINNING_OTHER_TOKEN: secret('other'),
    }),
    names: ['pinning:acme', 'pinning:other'],
    withoutCredential: { unset: ['PINNING_ACME_TOKEN', 'PINNING_OTHER_TOKEN'], ping: 'asks anonymously' },
    halves: [[['PINNING_ACME_TOKEN', 'PINNING_OTHER_URL', 'PINNING_SERVICES'], 'PINNING_ACME_URL']],
    ping: { body: { count: 0, results: [] } },
    read: ({ pinning }, scope) => pinning.open('acme', caller({ token: secret('acme') }), scope).pin('r1'),
    good: wirePin('r1') as Wire,
    another: wirePin('r2') as Wire,
    absent: { status: 404, body: { error: { reason: 'NOT_FOUND' } } },
  },
  bitminter: {
    settings: (url) => ({
      BITMINTER_BASE_URL: `${url}/api`,
      BITMINTER_API_KEY: secret('pool'),
      POOL_CACHE_TTL_MS: '0',
    }),
    names: ['bitminter'],
    withoutCredential: { unset: ['BITMINTER_API_KEY'], ping: 'asks anonymously' },
    off: ['BITMINTER_BASE_URL', 'BITMINTER_API_KEY'],
    halves: [[['BITMINTER_API_KEY'], 'BITMINTER_BASE_URL']],
    ping: answerOf('getPoolStats.ok'),
    read: async ({ bitminter }, scope) =>
      bitminter.openMiners(caller({ apiKey: bitminter.apiKey ?? '' }), scope).miner('hydro_shed'),
    good: answerOf('getUserByName.ok').body as Wire,
    another: { ...(answerOf('getUserByName.ok').body as Wire), name: 'somebody_else' },
    absent: answerOf('getUserByName.not-found'),
  },
  ledger: {
    settings: (url) => ({ PI_LEDGER_URL: `${url}/horizon` }),
    names: ['ledger'],
    withoutCredential: { unset: [], ping: 'asks anonymously' },
    anonymous: true,
    off: ['PI_LEDGER_URL'],
    halves: [],
    ping: { body: rootOf('Pi Testnet') },
    // Its row is older than the payment, so that the walk ends at once; what Pi has linked is then read by itself.
    read: async ({ ledger }, scope) => {
      const found = await ledger.open(scope).search(ledgerTrace);
      if (found.state === 'off') throw new GatewayError('PROVIDER_DISABLED', 'off', { provider: 'ledger' });
      if (found.state !== 'unavailable') return found;
      if (found.error.kind === 'not_found') return null;
      throw found.error;
    },
    good: wireLedger('ab'.repeat(32)),
    another: wireLedger('cd'.repeat(32)),
    absent: { status: 404, body: { type: 'https://stellar.org/horizon-errors/not_found', status: 404 } },
  },
};

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const silence: Script = () => undefined;

interface Harness {
  readonly upstream: FakeUpstream;
  readonly providers: Providers;
  readonly provider: Provider;
  readonly read: () => Promise<unknown>;
}

async function harness(key: ProviderKey, script: Script, unset: readonly string[] = []): Promise<Harness> {
  const upstream = await fakeUpstream(script);
  const times = { ...patient, ...(script === silence && { upstreamTimeoutMs: 100 }) };
  const http = createTestHttp({ ...times, upstreamMaxBytes: 65_536 });
  closers.push(async () => {
    await http.close();
    await upstream.close();
  });
  const fixture = fixtures[key];
  const settings = createSettingsReader(
    Object.fromEntries(Object.entries(fixture.settings(upstream.url)).filter(([name]) => !unset.includes(name))),
  );
  const configs = readProviderConfigs(settings);
  settings.finish();
  const { upstreamTimeoutMs, writeTimeoutMs } = times;
  const providers = createProviders(configs, {
    http,
    log: silentLogger,
    readbackDelayMs: 5,
    upstreamTimeoutMs,
    writeTimeoutMs,
  });
  return { upstream, providers, provider: providers[key], read: () => fixture.read(providers, scope()) };
}

const scope = (): OperationScope => ({ deadline: monotonicNow() + 5_000 });
const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  );

/** Words, which stay here; a machine-readable code would be passed on. */
const refused = { error: 'canary in words' };
const html = '<!doctype html><title>For sale canary</title>';
/** Each way to fail, by the kind that all providers must call it. */
const failures: Readonly<Record<string, readonly [Script, object]>> = {
  'no answer': [silence, { kind: 'timeout' }],
  'the end of the socket': [(_request, response) => void response.destroy(), { kind: 'unavailable' }],
  'a page of HTML with 200': [
    () => ({ headers: { 'content-type': 'text/html' }, body: html }),
    { kind: 'bad_response', reason: 'html' },
  ],
  'half an answer': [
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '900' });
      response.write('{"canary":');
      setTimeout(() => response.destroy(), 5);
      return undefined;
    },
    { kind: 'bad_response', reason: 'truncated' },
  ],
  'JSON that ends early': [() => ({ body: '{"canary":' }), { kind: 'bad_response', reason: 'not_json' }],
  'nothing with 200': [() => ({ body: '' }), { kind: 'bad_response', reason: 'empty' }],
  'a list for an object': [() => ({ body: [] }), { kind: 'bad_response', reason: 'shape' }],
  'a number for an object': [() => ({ body: '7' }), { kind: 'bad_response', reason: 'shape' }],
  'an object without anything': [() => ({ body: {} }), { kind: 'bad_response', reason: 'shape' }],
  '401': [() => ({ status: 401, body: refused }), { kind: 'unauthorized', status: 401, credential: 'server' }],
  '403': [() => ({ status: 403, body: refused }), { kind: 'forbidden', status: 403, credential: 'server' }],
  '429': [
    () => ({ status: 429, headers: { 'retry-after': '120' }, body: refused }),
    { kind: 'rate_limited', status: 429, retryAfterMs: expect.any(Number) },
  ],
  '500': [() => ({ status: 500, body: refused }), { kind: 'unavailable', status: 500 }],
  'HTML with 502': [
    () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: html }),
    { kind: 'unavailable', status: 502 },
  ],
  'a redirect': [
    () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/canary' } }),
    { kind: 'bad_response', reason: 'redirect' },
  ],
  'more than may be read': [
    () => ({ body: { canary: 'x'.repeat(70_000) } }),
    { kind: 'bad_response', reason: 'too_large' },
  ],
};

/** All that an error says, to whomever. */
function wordsOf(error: unknown): string {
  return JSON.stringify([error, error instanceof Error ? [error.message, ...Object.values(error)] : []]);
}

describe.each(Object.keys(registry) as ProviderKey[])('%s', (key) => {
  const fixture = fixtures[key];

  it('has an entry in the table of this suite', () => {
    expect(fixture, `add ${key} to the fixtures above`).toBeDefined();
    expect(registry[key].name).toBe(key);
  });

  it('tells its health without asking anybody', async () => {
    const { provider, upstream, read } = await harness(key, () => ({ body: fixture.good }));
    const fresh = {
      enabled: true,
      credential: true,
      circuit: 'CLOSED',
      standing: 'NOT_ASKED',
      lastSuccessAt: undefined,
    };
    expect(provider.health()).toEqual(fixture.names.map((name) => ({ name, ...fresh })));
    expect(upstream.requests).toEqual([]);
    const before = Date.now();
    await read();
    expect(provider.health()[0]?.lastSuccessAt).toBeGreaterThanOrEqual(before);
    expect(provider.health()[0]?.standing).toBe('WELL');
  });

  it('answers to its names alone, with one authenticated read', async () => {
    const { provider, upstream } = await harness(key, () => fixture.ping);
    for (const name of fixture.names) await provider.ping(name, scope());
    expect(upstream.requests).toHaveLength(fixture.names.length);
    upstream.answer(() => ({ status: 500, body: '' }));
    expect(await thrownBy(provider.ping(fixture.names[0] ?? '', scope()))).toBeInstanceOf(UpstreamError);
    upstream.answer(() => ({ headers: { 'content-type': 'text/html' }, body: html }));
    expect(await thrownBy(provider.ping(fixture.names[0] ?? '', scope()))).toMatchObject({ kind: 'bad_response' });
  });

  it('is failing as soon as nothing but failures is known, with its circuit closed', async () => {
    for (const answer of [
      { status: 401, body: {} },
      { status: 502, body: '' },
    ]) {
      const { provider, upstream } = await harness(key, () => answer);
      // What can do without a credential is not refused for ours; what is never sent one does not work when it refuses.
      const standing = key === 'bitminter' ? 'WELL' : 'FAILING';
      await thrownBy(provider.ping(fixture.names[0] ?? '', scope()));
      expect(provider.health()[0]).toMatchObject({
        circuit: 'CLOSED',
        standing: answer.status === 401 ? standing : 'FAILING',
        lastSuccessAt: undefined,
      });
      upstream.answer(() => fixture.ping);
      await provider.ping(fixture.names[0] ?? '', scope());
      expect(provider.health()[0]).toMatchObject({ standing: 'WELL', lastSuccessAt: expect.any(Number) });
    }
  });

  it('says when it has no credential to ask with', async () => {
    const { unset, ping } = fixture.withoutCredential;
    const { provider, upstream } = await harness(key, () => fixture.ping, unset);
    const needsNone: boolean = registry[key].credential === noCredential;
    expect(provider.health().map(({ name, credential }) => [name, credential])).toEqual(
      fixture.names.map((name) => [name, needsNone]),
    );
    const thrown = await thrownBy(provider.ping(fixture.names[0] ?? '', scope()));
    if (ping === 'disabled')
      expect(thrown).toMatchObject({ code: 'PROVIDER_DISABLED', details: { provider: fixture.names[0] } });
    else expect(thrown).toEqual({ resolved: undefined });
    expect(upstream.requests).toHaveLength(ping === 'disabled' ? 0 : 1);
    expect(JSON.stringify(upstream.requests)).not.toContain('canary');
  });

  it('is off as a whole only when nothing says where it is', async () => {
    const { provider, upstream, read } = await harness(
      key,
      () => ({ body: fixture.good }),
      fixture.off ?? Object.keys(fixture.settings('')),
    );
    if (fixture.off === undefined) {
      expect(provider.health().map(({ enabled }) => enabled)).toEqual([true]);
      return;
    }
    expect(provider.health()).toEqual(
      fixture.names.map((name) => ({
        name,
        enabled: false,
        credential: expect.any(Boolean),
        circuit: 'CLOSED',
        standing: 'NOT_ASKED',
        lastSuccessAt: undefined,
      })),
    );
    for (const thrown of [await thrownBy(provider.ping(fixture.names[0] ?? '', scope())), await thrownBy(read())]) {
      expect(thrown).toBeInstanceOf(GatewayError);
      expect(thrown).toMatchObject({ code: 'PROVIDER_DISABLED', details: { provider: fixture.names[0] } });
    }
    expect(upstream.requests).toEqual([]);
  });

  it('wants its settings whole, and names what is missing without a value', () => {
    for (const [set, missing] of fixture.halves) {
      const all = fixture.settings('http://127.0.0.1:9');
      const settings = createSettingsReader(
        Object.fromEntries(set.map((name) => [name, name === 'PINNING_SERVICES' ? 'acme' : all[name]])),
      );
      readProviderConfigs(settings);
      let problems: readonly string[] = [];
      try {
        settings.finish();
      } catch (error) {
        if (error instanceof ConfigError) problems = error.problems;
      }
      expect([missing, problems.some((problem) => problem.startsWith(`${missing}: `))]).toEqual([missing, true]);
      expect(problems.join()).not.toContain('canary');
    }
  });

  it('reads its object, whatever else comes along', async () => {
    const { read, upstream } = await harness(key, () => ({ body: fixture.good }));
    const plain = await read();
    expect(plain).toEqual(expect.any(Object));
    upstream.answer(() => ({ body: { ...fixture.good, added_later: { deep: [1] } } }));
    expect(await read()).toEqual(plain);
    upstream.answer(() => ({
      body: JSON.stringify(fixture.good).replace(/^\{/, '{"__proto__":{"polluted":true},"constructor":7,'),
    }));
    expect(await read()).toEqual(plain);
    expect(Object.keys({}).concat('polluted' in {} ? ['polluted'] : [])).toEqual([]);
  });

  it('keeps its secrets in headers', async () => {
    const { read, provider, upstream } = await harness(key, ({ path }) =>
      /stats|hello|incomplete|pins$|horizon\/$/.test(path) ? fixture.ping : { body: fixture.good },
    );
    await read();
    for (const name of fixture.names) await provider.ping(name, scope());
    if (fixture.anonymous) expect(upstream.requests[0]?.headers).not.toHaveProperty('authorization');
    else expect(JSON.stringify(upstream.requests[0]?.headers)).toContain('canary');
    for (const { url, body } of upstream.requests) expect(`${url} ${body}`).not.toContain('canary');
  });

  it.each(Object.entries(failures))('calls %s what all others call it', async (_what, [script, expected]) => {
    const { read } = await harness(key, script);
    const error = await thrownBy(read());
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({
      provider: fixture.names[0],
      operation: expect.stringMatching(/^[a-z][A-Za-z0-9]+$/),
      ...expected,
      // Nobody can refuse a credential that is not sent.
      ...(fixture.anonymous && 'credential' in expected ? { credential: 'none', kind: 'unavailable' } : {}),
    });
    expect(wordsOf(error)).not.toMatch(/canary|127\.0\.0\.1|http:|doctype/);
  });

  it('tells what the upstream says for people without what it echoes of the call', async () => {
    const words = (said: string) => ({ error: { details: said, message: said }, error_message: said, message: said });
    const { read } = await harness(key, ({ headers }) => {
      const echoed = Object.values(headers).filter((value) => value?.includes('canary'));
      return { status: 400, body: words(`No such thing for ${echoed.join(' or ')}.`) };
    });
    const error = await thrownBy(read());
    expect(error).toMatchObject({ kind: 'rejected', status: 400 });
    expect(wordsOf(error)).not.toContain('canary');
  });

  it('calls a closed port unavailable, with nothing sent', async () => {
    const { read, upstream } = await harness(key, () => ({ body: fixture.good }));
    await upstream.close();
    const error = await thrownBy(read());
    expect(error).toMatchObject({ kind: 'unavailable', delivery: 'unsent' });
    expect(wordsOf(error)).not.toMatch(/canary|127\.0\.0\.1/);
  });

  it('knows absence from everything else', async () => {
    const { read, upstream } = await harness(key, () => fixture.absent);
    expect(await read()).toBeNull();
    expect(upstream.requests).toHaveLength(1);
  });

  it('takes no other object for the one it asked for', async () => {
    const { read } = await harness(key, () => ({ body: fixture.another }));
    expect(await thrownBy(read())).toMatchObject({ kind: 'bad_response', reason: 'identity_mismatch' });
  });

  it('leaves when the caller leaves', async () => {
    const { providers, upstream } = await harness(key, silence);
    const controller = new AbortController();
    const reading = thrownBy(fixture.read(providers, { ...scope(), signal: controller.signal }));
    await expect.poll(() => upstream.requests.length).toBe(1);
    controller.abort();
    expect((await spentOn(() => reading)).ms).toBeLessThan(300);
  });
});
