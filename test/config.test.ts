import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig, type Config } from '../src/config.js';
import type { Settings } from '../src/settings.js';
import { gatewayKey } from './support/create-test-app.js';
import { product } from './support/product.js';

/** What is wrong, as name and message; fails when nothing is. */
function problemsOf(settings: Settings): readonly string[] {
  try {
    readConfig(settings);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('nothing was wrong');
}

const namesOf = (problems: readonly string[]) => problems.map((problem) => problem.slice(0, problem.indexOf(':')));
const acme: Settings = {
  PINNING_SERVICES: 'acme',
  PINNING_ACME_URL: 'https://acme.example/api',
  PINNING_ACME_TOKEN: 'acme-token',
};
const services = (config: Config) => config.providers.pinning.services;

describe('what nobody sets', () => {
  it('is as documented', () => {
    const config = readConfig(acme);
    expect(config).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 4000,
      operatorKeys: [],
      graphiql: true,
      desk: true,
      introspection: true,
      corsOrigins: [],
      logLevel: 'info',
      secret: undefined,
      http: {
        connectTimeoutMs: 2_000,
        upstreamTimeoutMs: 8_000,
        writeTimeoutMs: 20_000,
        breakerWindowMs: 10_000,
        breakerMinRequests: 20,
        breakerSleepMs: 5_000,
        upstreamConcurrency: 100,
        upstreamMaxBytes: 8_388_608,
      },
      operationTimeoutMs: 15_000,
      readbackDelayMs: 2_000,
      resendQuarantineMs: 60_000,
      maxSubscriptions: 20_000,
      maxSubscriptionsPerCaller: 100,
      maxBodyBytes: 262_144,
      rateLimitPerMinute: 0,
      identity: { ttlMs: 60_000, negativeTtlMs: 5_000 },
      payoutCaps: { perCall: '0', perDay: '0' },
      sandboxed: null,
    });
    expect([...config.piUserActions], 'what users may do has to be said').toEqual([]);
    expect([...readConfig({ ...acme, PI_USER_ACTIONS: '' }).piUserActions]).toEqual([]);
    expect(config.providers.pinning.pollIntervalMs).toBe(2_000);
    expect(readConfig({ ...acme, NODE_ENV: 'production' })).toMatchObject({
      production: true,
      graphiql: false,
      desk: false,
      introspection: false,
    });
    expect(readConfig({ ...acme, NODE_ENV: 'production', GRAPHIQL: 'on', INTROSPECTION: 'on' })).toMatchObject({
      graphiql: true,
      introspection: true,
    });
  });

  it('is what an empty text is, too', () => {
    expect(readConfig({ ...acme, PORT: '', HOST: ' ', GATEWAY_KEYS: '', LOG_LEVEL: '' })).toMatchObject({
      port: 4000,
      host: '127.0.0.1',
      operatorKeys: [],
      logLevel: 'info',
    });
  });
});

describe('what is set wrong', () => {
  const secret = 'S3CRET';
  const wrong: Settings = {
    PORT: `${secret}`,
    HEALTH_PORT: '0',
    GRAPHIQL: secret,
    INTROSPECTION: 'true',
    CORS_ORIGINS: `https://${secret}.example/path`,
    LOG_LEVEL: secret,
    GATEWAY_KEYS: secret,
    HEADGATE_SECRET: secret,
    CONNECT_TIMEOUT_MS: `-1${secret}`,
    UPSTREAM_TIMEOUT_MS: '0',
    WRITE_TIMEOUT_MS: '1e3',
    OPERATION_TIMEOUT_MS: '1.5',
    READBACK_DELAY_MS: secret,
    RESEND_QUARANTINE_MS: secret,
    MAX_SUBSCRIPTIONS: '0',
    MAX_SUBSCRIPTIONS_PER_CALLER: '0',
    BREAKER_WINDOW_MS: '0',
    BREAKER_MIN_REQUESTS: '0',
    BREAKER_SLEEP_MS: '0',
    UPSTREAM_CONCURRENCY: '0',
    UPSTREAM_MAX_BYTES: '1',
    MAX_BODY_BYTES: '1',
    RATE_LIMIT_PER_MINUTE: '-1',
    ME_CACHE_TTL_MS: secret,
    ME_NEGATIVE_TTL_MS: secret,
    PIN_POLL_INTERVAL_MS: '0',
    PAYOUT_MAX_PER_CALL: secret,
    PAYOUT_MAX_PER_DAY: '-1',
    PI_USER_ACTIONS: `approve,${secret}`,
    PI_BASE_URL: `https://user:${secret}@host/v2`,
    PINNING_SERVICES: 'acme,bare',
    PINNING_ACME_URL: `https://host/?key=${secret}`,
    PINNING_ACME_TOKEN: `two words ${secret}`,
    PINNING_BARE_TOKEN: secret,
  };

  it('is told all at once, by name, without a value', () => {
    const problems = problemsOf(wrong);
    const expected = Object.keys(wrong).filter((name) => name !== 'PINNING_SERVICES' && name !== 'PINNING_BARE_TOKEN');
    expect(namesOf(problems).toSorted()).toEqual([...expected, 'PINNING_BARE_URL'].toSorted());
    expect(problems.join('\n')).not.toContain(secret);
    for (const problem of problems) expect(problem).toMatch(/^[A-Z_0-9]+: .{5,}$/);
  });

  it.each([
    ['no colon', 'name'],
    ['no scope', `a:${'0'.repeat(64)}:`],
    ['an unknown scope', `a:${'0'.repeat(64)}:pin:read+pin:all`],
    ['a short hash', 'a:00:pin:read'],
    ['a hash in capitals', `a:${'A'.repeat(64)}:pin:read`],
    ['a name in capitals', `A:${'0'.repeat(64)}:pin:read`],
    ['a name twice', `${gatewayKey('pin:read')},${gatewayKey('pin:write')}`],
  ])('GATEWAY_KEYS with %s', (_name, keys) => {
    const problems = problemsOf({ ...acme, GATEWAY_KEYS: keys });
    expect(namesOf(problems)).toEqual(['GATEWAY_KEYS']);
    expect(problems.join()).not.toContain('0000');
  });

  it.each([
    ['PINNING_SERVICE', 'PINNING_SERVICES'],
    ['PI_KEY', 'PI_API_KEY'],
    ['MYPIT_CLIENTID', 'MYPIT_CLIENT_ID'],
    ['GATEWAY_KEY', 'GATEWAY_KEYS'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['REDIS_URI', 'REDIS_URL'],
    ['PAYOUT_PER_DAY', 'PAYOUT_MAX_PER_DAY'],
  ])('%s is told to be %s', (name, meant) => {
    expect(problemsOf({ PI_APP_ID: 'app', [name]: secret })).toEqual([`${name}: is no setting; ${meant} is`]);
  });

  it('but not names of others', () => {
    const others = [
      'PATH',
      'HOSTNAME',
      'HOME',
      'PI',
      'PIPX_HOME',
      'LOGNAME',
      'NODE_OPTIONS',
      'NO_COLOR',
      'npm_config_x',
    ];
    expect(() => readConfig({ ...acme, ...Object.fromEntries(others.map((name) => [name, 'x'])) })).not.toThrow();
    // Beside the right one the near one is somebody else's.
    expect(() => readConfig({ ...acme, CORS_ORIGINS: 'https://a.example', CORS_ORIGIN: 'x' })).not.toThrow();
  });

  it.each([
    ['in quotes', `"${secret}"`, /quotes/],
    ['in single quotes', `'${secret}'`, /quotes/],
    ['with a comment', `${secret}  # the key`, /comment/],
  ])('a value %s', (_name, value, said) => {
    for (const name of ['PI_API_KEY', 'PI_BASE_URL', 'PORT']) {
      const problems = problemsOf({ ...acme, [name]: value });
      expect(namesOf(problems)).toEqual([name]);
      expect(problems.join()).toMatch(said);
      expect(problems.join()).not.toContain(secret);
    }
  });

  it.each([
    'https://app.example/path',
    'https://app.example other.example',
    'https://app\t.example',
    'app.example',
    'null',
    '*',
    'https://*',
    'https://*.app.example',
    'https://%2a.app.example',
    'https://app.example:99999',
    'https://app.example:*',
  ])('an origin that is none: %s', (origin) => {
    const problems = problemsOf({ ...acme, CORS_ORIGINS: `https://good.example, ${origin}` });
    expect(namesOf(problems)).toEqual(['CORS_ORIGINS']);
  });

  it.each(['https://app.example/', 'http://localhost:3000//'])('an origin with a slash at its end: %s', (origin) => {
    expect(problemsOf({ ...acme, CORS_ORIGINS: origin })).toEqual([
      'CORS_ORIGINS: an entry ends in a slash, which no origin does: leave it out',
    ]);
  });

  it.each([
    'PI_BASE_URL',
    'PI_LEDGER_URL',
    'MYPIT_BASE_URL',
    'BITMINTER_BASE_URL',
    'PINNING_ACME_URL',
    'REDIS_URL',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  ])('a host that is none, in %s', (name) => {
    const scheme = name === 'REDIS_URL' ? 'redis' : 'https';
    for (const host of ['*', '*.a.example', '%2a.a.example']) {
      const problems = problemsOf({ ...acme, HEADGATE_SECRET: '0123456789abcdef', [name]: `${scheme}://${host}` });
      expect(namesOf(problems)).toEqual([name]);
    }
  });

  it('one cap of two', () => {
    expect(namesOf(problemsOf({ ...acme, PAYOUT_MAX_PER_CALL: '1' }))).toEqual(['PAYOUT_MAX_PER_DAY']);
    expect(namesOf(problemsOf({ ...acme, PAYOUT_MAX_PER_DAY: '1' }))).toEqual(['PAYOUT_MAX_PER_CALL']);
  });

  it('TRUSTED_ONLY without documents, unless those of a desk that was asked for are all that is wanted', () => {
    const only = { ...acme, TRUSTED_ONLY: 'on' };
    expect(namesOf(problemsOf(only))).toEqual(['TRUSTED_DOCUMENTS']);
    expect(problemsOf(only).join()).toContain('DESK=on');
    expect(namesOf(problemsOf({ ...only, DESK: 'off' }))).toEqual(['TRUSTED_DOCUMENTS']);
    expect(readConfig({ ...only, DESK: 'on' })).toMatchObject({ trustedOnly: true, desk: true, graphiql: false });
    expect(readConfig({ ...only, DESK: 'on', NODE_ENV: 'production' })).toMatchObject({
      trustedOnly: true,
      desk: true,
    });
  });

  it.each([
    ['the name', `A b:${'0'.repeat(64)}:pin:read`, /entry 1: the name \(first part\)/],
    ['the hash', `a:${secret}:pin:read`, /entry 1: the hash \(second part\)/],
    ['the second scope', `a:${'0'.repeat(64)}:pin:read+${secret}`, /entry 1: scope 2 \(third part\)/],
    ['the second entry', `${gatewayKey('pin:read')},b`, /entry 2: must be/],
  ])('GATEWAY_KEYS says that %s is wrong', (_name, keys, said) => {
    const problems = problemsOf({ ...acme, GATEWAY_KEYS: keys });
    expect(problems.join()).toMatch(said);
    expect(problems.join()).not.toContain(secret);
  });

  it('but not what is set right', () => {
    const config = readConfig({
      ...acme,
      GATEWAY_KEYS: `${gatewayKey('pin:read+pin:write', 'a', 'a-1_x')} , ${gatewayKey('schema:read', 'b', 'b')}`,
      CORS_ORIGINS: 'https://app.example, http://localhost:3000',
      PORT: '0',
      PI_USER_ACTIONS: 'cancel',
    });
    expect(config.operatorKeys.map(({ name, scopes }) => [name, [...scopes]])).toEqual([
      ['a-1_x', ['pin:read', 'pin:write']],
      ['b', ['schema:read']],
    ]);
    expect(config.corsOrigins).toEqual(['https://app.example', 'http://localhost:3000']);
    expect([...config.piUserActions]).toEqual(['pi:cancel']);
    expect(config.port).toBe(0);
  });
});

describe('NODE_ENV', () => {
  it.each(['prod', 'Production', 'PRODUCTION', 'live', 'staging'])('is not passed over when it is %s', (value) => {
    expect(namesOf(problemsOf({ ...acme, NODE_ENV: value }))).toEqual(['NODE_ENV']);
    expect(namesOf(problemsOf({ NODE_ENV: value }))).toEqual(['NODE_ENV']);
  });

  it.each(['production', 'development', 'test', '', undefined])('may be %s', (value) => {
    expect(readConfig({ ...acme, NODE_ENV: value }).production).toBe(value === 'production');
  });
});

describe('the ledger', () => {
  const pi = { PI_API_KEY: 'key' };
  it.each([
    ['mainnet', 'https://api.testnet.minepi.com'],
    ['mainnet', 'https://API.testnet.minepi.com./'],
    ['testnet', 'https://api.mainnet.minepi.com'],
  ])('is not that of the other network: %s and %s', (network, url) => {
    const problems = problemsOf({ ...pi, PI_NETWORK: network, PI_LEDGER_URL: url });
    expect(namesOf(problems)).toEqual(['PI_LEDGER_URL']);
    expect(problems[0]).toContain('PI_NETWORK');
  });

  it.each([
    ['mainnet', 'https://api.mainnet.minepi.com'],
    ['testnet', 'https://api.testnet.minepi.com'],
    ['mainnet', 'https://horizon.example'],
    [undefined, 'https://api.testnet.minepi.com'],
  ])('may be: %s and %s', (network, url) => {
    expect(readConfig({ ...pi, PI_NETWORK: network, PI_LEDGER_URL: url }).providers.ledger.baseUrl).toBe(url);
  });
});

describe('where it listens', () => {
  it.each(['256.1.1.1', '1.2.3', '127.0.0.1:4000', 'http://localhost', '[::1]', 'a b', '12'])('is not %s', (host) => {
    expect(namesOf(problemsOf({ ...acme, HOST: host }))).toEqual(['HOST']);
  });

  it.each(['0.0.0.0', '::', '::1', 'localhost', 'node-1.internal', 'my_host', '127.0.0.1', 'fe80::1%lo'])(
    'may be %s',
    (host) => {
      expect(readConfig({ ...acme, HOST: host }).host).toBe(host);
    },
  );

  it('is two ports, when liveness has one of its own', () => {
    expect(namesOf(problemsOf({ ...acme, HEALTH_PORT: '4000' }))).toEqual(['HEALTH_PORT']);
    expect(namesOf(problemsOf({ ...acme, PORT: '5000', HEALTH_PORT: '5000' }))).toEqual(['HEALTH_PORT']);
    expect(readConfig({ ...acme, PORT: '5000', HEALTH_PORT: '4000' }).healthPort).toBe(4000);
  });
});

describe('a name that is nearly right', () => {
  it.each([
    ['desk', 'DESK'],
    ['Pi_Api_Key', 'PI_API_KEY'],
    ['HEADGATE_PORT', 'PORT'],
    ['headgate_port', 'PORT'],
    ['HEADGATE_REDIS_URL', 'REDIS_URL'],
  ])('%s is told to be %s', (name, meant) => {
    expect(problemsOf({ ...acme, [name]: 'x' })).toEqual([`${name}: is no setting; ${meant} is`]);
    expect(() => readConfig({ ...acme, [name]: '' }), 'unset').not.toThrow();
  });

  it.each([
    ['PINNING_ACME_JWT', 'PINNING_ACME_TOKEN'],
    ['PINNING_ACME_KEY', 'PINNING_ACME_TOKEN'],
    ['PINNING_ACME_TOKN', 'PINNING_ACME_TOKEN'],
    ['PI_NETWROK', 'PI_NETWORK'],
    ['pi_network', 'PI_NETWORK'],
    ['PI_KEY', 'PI_API_KEY'],
  ])('%s is told though %s is set, since nobody else has such names', (name, meant) => {
    const set = { ...acme, PI_API_KEY: 'key', PI_NETWORK: 'testnet' };
    expect(problemsOf({ ...set, [name]: 'x' })).toEqual([`${name}: is no setting; ${meant} is`]);
  });

  it.each(['HEADGATE_KEYS', 'OPERATOR_KEYS'])('%s is told to be GATEWAY_KEYS', (name) => {
    expect(problemsOf({ ...acme, [name]: 'x' })).toEqual([`${name}: is no setting; GATEWAY_KEYS is`]);
  });

  it('is told of names that others may have only where the right one is not set', () => {
    expect(() => readConfig({ ...acme, HOST: '127.0.0.1', HOSTS: 'a b' })).not.toThrow();
  });

  it('is none of what the examples read', () => {
    expect(() => readConfig({ ...acme, HEADGATE_URL: 'http://x', HEADGATE_KEY: 'k', http_proxy: 'x' })).not.toThrow();
  });
});

describe('an operator key', () => {
  const keyProblem = (entry: string) => problemsOf({ ...acme, GATEWAY_KEYS: entry })[0] ?? '';
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

  it.each(['', '\n', '\r\n'])('is not the hash of nothing (%j)', (nothing) => {
    const problem = keyProblem(`backend:${hashOf(nothing)}:pin:read`);
    expect(problem).toMatch(/^GATEWAY_KEYS: entry 1: .*empty.*headgate key/);
    expect(problem).not.toContain(hashOf(nothing));
  });

  it('whose scope is misspelt is told which was meant', () => {
    expect(keyProblem(`backend:${hashOf('k')}:pin:raed`)).toContain('did you mean pin:read?');
    expect(keyProblem(`backend:${hashOf('k')}:everything`)).not.toContain('did you mean');
  });

  it('whose scopes are joined by a comma is told by what they are joined', () => {
    expect(keyProblem(`backend:${hashOf('k')}:pin:read,pin:write`)).toMatch(/entry 2: is a scope.*joined with \+/);
  });
});

describe('pinning services', () => {
  it('are named in order, the first is the default', () => {
    const config = readConfig({
      PINNING_SERVICES: ' my-own2 ,pinata',
      PINNING_MY_OWN2_URL: 'http://127.0.0.1:9/api/v1//',
      PINNING_PINATA_TOKEN: 'jwt',
    });
    expect(services(config)).toEqual([
      { name: 'my-own2', baseUrl: 'http://127.0.0.1:9/api/v1', token: undefined },
      { name: 'pinata', baseUrl: 'https://api.pinata.cloud/psa', token: 'jwt' },
    ]);
  });

  it('are pinata alone when none is named', () => {
    expect(services(readConfig({ PI_API_KEY: 'key' }))).toEqual([
      { name: 'pinata', baseUrl: 'https://api.pinata.cloud/psa', token: undefined },
    ]);
    expect(services(readConfig({ PINNING_PINATA_TOKEN: 'jwt' }))[0]).toMatchObject({ token: 'jwt' });
    expect(services(readConfig({ PINNING_PINATA_URL: 'https://own.example/psa' }))[0]).toMatchObject({
      baseUrl: 'https://own.example/psa',
      token: undefined,
    });
  });

  it.each<[string, Settings, string[]]>([
    ['a token without a URL', { PINNING_SERVICES: 'acme', PINNING_ACME_TOKEN: 't' }, ['PINNING_ACME_URL']],
    ['a token of a service that nobody names', { PINNING_ACME_TOKEN: 't' }, ['PINNING_ACME_URL']],
    ['a name without a URL', { PINNING_SERVICES: 'pinata,acme' }, ['PINNING_ACME_URL']],
    ['a name in capitals', { PINNING_SERVICES: 'Acme' }, ['PINNING_SERVICES']],
    ['a name with an underscore', { PINNING_SERVICES: 'a_b' }, ['PINNING_SERVICES']],
    ['a name twice', { PINNING_SERVICES: 'pinata,pinata' }, ['PINNING_SERVICES']],
    ['no name at all', { PINNING_SERVICES: ',' }, ['PINNING_SERVICES']],
  ])('are refused with %s', (_name, settings, names) => {
    expect(namesOf(problemsOf(settings))).toEqual(names);
  });
});

describe('a base URL', () => {
  it.each([
    'acme.example',
    '/psa',
    'ftp://acme.example',
    'file:///etc/passwd',
    'http://acme.example',
    'http://127.0.0.1.example',
    'http://localhost.example',
    'http://10.0.0.1',
    'http://[::2]',
    'https://user@acme.example',
    'https://user:pass@acme.example',
    'https://acme.example?',
    'https://acme.example/?a=b',
    'https://acme.example/#',
    'https://acme.example/pins',
    'https://acme.example/psa/pins/',
    'https://',
  ])('is not %s', (url) => {
    const problems = problemsOf({ ...acme, PINNING_ACME_URL: url });
    expect(namesOf(problems)).toEqual(['PINNING_ACME_URL']);
    expect(problems.join()).not.toContain('acme.example');
  });

  it.each([
    ['https://acme.example', 'https://acme.example'],
    ['https://acme.example/', 'https://acme.example'],
    ['https://acme.example:8443/a//b/', 'https://acme.example:8443/a/b'],
    ['http://localhost:9/psa', 'http://localhost:9/psa'],
    ['http://127.0.0.2', 'http://127.0.0.2'],
    ['http://[::1]:9', 'http://[::1]:9'],
    ['https://acme.example/pinsets', 'https://acme.example/pinsets'],
  ])('may be %s', (url, baseUrl) => {
    expect(services(readConfig({ ...acme, PINNING_ACME_URL: url }))[0]?.baseUrl).toBe(baseUrl);
  });
});

describe('the sandbox', () => {
  it('starts when nothing is configured, and keeps what else was set', () => {
    for (const settings of [
      {},
      { PORT: '0', GATEWAY_KEYS: gatewayKey('pin:read'), PIN_POLL_INTERVAL_MS: '50' },
      { PINNING_SERVICES: ' ', PI_API_KEY: '' },
    ])
      expect(readConfig(settings).sandboxed).not.toBeNull();
    const own = readConfig({ PORT: '0', GATEWAY_KEYS: gatewayKey('pin:read') });
    const sandboxed = own.sandboxed?.({ ...acme, GATEWAY_KEYS: gatewayKey('pin:write', 'other', 'playground') });
    expect(sandboxed).toMatchObject({
      port: 0,
      sandboxed: null,
      providers: { pinning: { services: [{ name: 'acme' }] } },
    });
    expect(sandboxed?.operatorKeys.map((key) => key.name)).toEqual(['tests', 'playground']);
    expect(sandboxed?.stateDir, 'it forgets').toBeUndefined();
    expect(readConfig({ STATE_DIR: '/kept' }).sandboxed?.(acme).stateDir, 'unless it is told not to').toBe('/kept');
  });

  it.each(['PI_API_KEY', 'PINNING_PINATA_TOKEN', 'PINNING_PINATA_URL', 'PI_BASE_URL', 'PINNING_SERVICES'])(
    'does not when %s is set',
    (name) => {
      const value = name.endsWith('URL') ? 'https://host.example' : 'pinata';
      expect(readConfig({ [name]: value }).sandboxed).toBeNull();
      expect(readConfig({ [name]: value, NODE_ENV: 'production' }).production).toBe(true);
    },
  );

  it('is not for production', () => {
    const [problem, ...others] = problemsOf({ NODE_ENV: 'production', GATEWAY_KEYS: gatewayKey('pin:read') });
    expect(others).toEqual([]);
    for (const name of ['PI_API_KEY', 'MYPIT_CLIENT_ID', 'PINNING_SERVICES', 'BITMINTER_BASE_URL'])
      expect(problem).toContain(name);
  });
});

describe('.env.example', () => {
  const listed = new Set(
    [...readFileSync(new URL('../.env.example', import.meta.url), 'utf8').matchAll(/^# ?([A-Z][A-Z0-9_]+)=/gm)].map(
      (match) => match[1] ?? '',
    ),
  );

  /** Every name that is asked for while these settings are read. */
  function readNames(settings: Settings): Set<string> {
    const names = new Set<string>();
    readConfig(
      new Proxy(settings, {
        get: (target, name) => (typeof name === 'string' ? names.add(name) && target[name] : undefined),
      }),
    );
    return names;
  }

  it('lists every setting that is read', () => {
    const read = new Set([...readNames({ PINNING_SERVICES: 'pinata' }), ...readNames({ PI_API_KEY: 'key' })]);
    expect(read.size).toBeGreaterThan(30);
    expect([...read].filter((name) => !listed.has(name))).toEqual([]);
  });

  it('lists nothing that is not read', () => {
    const read = readNames({ PINNING_SERVICES: 'pinata' });
    expect([...listed].filter((name) => !read.has(name))).toEqual([]);
  });
});

describe('the process', () => {
  function start(env: Record<string, string>): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [product()], {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    return new Promise((resolve) => {
      child.on('close', (code) => resolve({ code, out, err }));
    });
  }

  it.each<[string, Record<string, string>, string[]]>([
    [
      'nothing is configured in production',
      { NODE_ENV: 'production' },
      ['PI_API_KEY, MYPIT_CLIENT_ID, PINNING_PINATA_TOKEN'],
    ],
    [
      'settings are wrong',
      { PINNING_SERVICES: 'acme', PINNING_ACME_TOKEN: 'S3CRET', PORT: 'S3CRET' },
      ['PINNING_ACME_URL', 'PORT'],
    ],
  ])('ends at once, in plain lines, when %s', async (_name, env, names) => {
    const { code, out, err } = await start(env);
    expect([code, out]).toEqual([1, '']);
    const lines = err.trim().split('\n');
    expect(lines).toHaveLength(names.length);
    for (const name of names) expect(err).toContain(name);
    expect(err).not.toMatch(/S3CRET|^\s+at /m);
  });
});

describe('a value that is none', () => {
  it.each([
    ['HEADGATE_SECRET', '<what openssl rand -hex 32 prints>', 'still has a placeholder'],
    ['HEADGATE_SECRET', '$(openssl rand -hex 32)', 'that only a shell replaces'],
    ['HEADGATE_SECRET', '${MY_SECRET_OF_MINE}', 'that only a shell replaces'],
    ['HEADGATE_SECRET', 'aaaaaaaaaaaaaaaa', 'too easy to guess'],
    ['HEADGATE_SECRET', 'abcabcabcabcabcabc', 'too easy to guess'],
    ['GATEWAY_KEYS', 'shop:<sha256 of the key>:pin:read', 'still has a placeholder'],
    ['GATEWAY_KEYS', `shop:${'0'.repeat(64)} of the key>:pin:read`, 'still has a placeholder'],
    ['PI_API_KEY', '<your key>', 'still has a placeholder'],
    ['PI_API_KEY', '“abcdef”', 'is in quotes'],
    ['PI_API_KEY', 'Key abcdefgh', 'begins with "Key", which is added here'],
    ['PINNING_ACME_TOKEN', 'Bearer abcdefgh', 'begins with "Bearer", which is added here'],
    ['PINNING_ACME_URL', 'https://<host>/api', 'still has a placeholder'],
  ])('is told of %s: %s', (name, value, told) => {
    const problems = problemsOf({ ...acme, [name]: value });
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
    expect(problems[0]).toContain(told);
    expect(problems[0]).not.toContain(value);
  });

  it.each(['9f86d081884c7d659a2feaa0c55ad015', 'a b > c < d e f g h', 'pa$$word(with)signs', 'x<y'.repeat(6) + 'abcd'])(
    'is none of the secrets that people may have: %s',
    (value) => expect(readConfig({ ...acme, HEADGATE_SECRET: value }).secret).toBe(value),
  );
});
