import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { gatewayKey } from '../support/create-test-app.js';
import { closeAfterAll, closeLater } from '../support/graph-pins.js';
import { fakeUpstream, type FakeAnswer, type SeenRequest } from '../support/fake-upstream.js';
import { overSse } from '../support/graph-streams.js';
import { changes, readEverything, readMore, readVariables } from './every-operation.js';
import { ALL_SCOPES, startGateway, type Gateway } from './support.js';

closeAfterAll();

/** One secret for each place that holds one, so that a hit tells where it came from. */
const planted = {
  operatorKey: 'canary-operator-key-7c1',
  piKey: 'canary-pi-server-key-7c2',
  pinningToken: 'canary-pinning-server-token-7c3',
  mypitClient: 'canary-mypit-client-7c4',
  mypitSecret: 'canary-mypit-secret-7c5',
  poolKey: 'canary-pool-key-7c6',
  headgateSecret: 'canary-secret-of-the-gateway-7c7',
  bearer: 'canary-bearer-of-a-user-7c8',
  callersToken: 'canary-callers-token-7c9',
  callersSecret: 'canary-callers-secret-7d1',
  callersClient: 'canary-callers-client-7d2',
  callersPoolKey: 'canary-callers-pool-key-7d3',
  errorBody: 'canary text of an upstream error 7d4',
  errorHeader: 'canary-header-of-an-upstream-7d5',
  email: 'canary-holder-7d6@mail.example',
  phone: '+47canary7d7',
} as const;

/** A secret in every form in which it might leave. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inside = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift + 2, -6),
  );
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    ...inside,
    ...['sha256', 'sha1', 'md5'].flatMap((kind) => [
      createHash(kind).update(secret).digest('hex'),
      createHash(kind).update(secret).digest('base64').replace(/=+$/, ''),
      createHash(kind).update(secret).digest('base64url'),
    ]),
  ];
}

function hits(
  text: string,
  names: readonly (keyof typeof planted)[] = Object.keys(planted) as (keyof typeof planted)[],
): string[] {
  const low = text.toLowerCase();
  return names.flatMap((name) =>
    formsOf(planted[name])
      .filter((form) => low.includes(form.toLowerCase()))
      .map((form) => `${name}: ${form}`),
  );
}

let gateway: Gateway;
const traces: string[] = [];
const seen: SeenRequest[] = [];
const answers: string[] = [];
let failing = false;

const wireHolder = {
  _id: 'holder-1',
  name: 'Ann',
  email: planted.email,
  phone: planted.phone,
  issuerDID: 'did:web:issuer',
  ownerId: 'owner-1',
  holderDID: 'did:web:ann',
  holderId: 'ext-1',
};

/** Speaks enough of all four to be read, and fails in turn with secrets in every corner. */
function upstream(request: SeenRequest): FakeAnswer {
  seen.push(request);
  const { path, method } = request;
  if (failing || (method !== 'GET' && !/getHolder|getASingle|getAll|getIssued/.test(path))) {
    return {
      status: [400, 401, 403, 409, 500, 503][seen.length % 6] ?? 500,
      headers: { 'x-internal': planted.errorHeader, 'www-authenticate': planted.errorHeader },
      body: {
        error: planted.errorBody,
        error_message: planted.errorBody,
        message: `${planted.errorBody} for ${String(request.headers.authorization ?? request.headers['secretkey'])}`,
      },
    };
  }
  const pin = {
    requestid: 'pin-1',
    status: 'queued',
    created: '2025-03-02T10:00:00Z',
    delegates: [],
    info: {},
    pin: { cid: 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu', name: 'one' },
  };
  if (path === '/pins') return { body: { count: 1, results: [pin] } };
  if (path.startsWith('/pins/')) return { body: pin };
  if (path === '/v2/me')
    return {
      body: {
        uid: 'uid-1',
        username: 'ann',
        credentials: { scopes: ['username'], valid_until: { timestamp: 4070908799, iso8601: '2098-12-31T23:59:59Z' } },
      },
    };
  if (path.endsWith('getHolderById')) return { body: wireHolder };
  if (path.endsWith('getHolders')) return { body: { page: [wireHolder], isDone: true, continueCursor: '' } };
  return { status: 404, headers: { 'x-internal': planted.errorHeader }, body: { error: planted.errorBody } };
}

const operator = { 'x-gateway-key': planted.operatorKey };
const callers: Readonly<Record<string, Record<string, string>>> = {
  operator,
  both: { ...operator, authorization: `Bearer ${planted.bearer}` },
  user: { authorization: `Bearer ${planted.bearer}` },
  nobody: {},
  brought: {
    'x-pinning-token': planted.callersToken,
    'x-mypit-client-id': planted.callersClient,
    'x-mypit-secret-key': planted.callersSecret,
    'x-mypit-user-id': 'a-user',
    'x-bitminter-key': planted.callersPoolKey,
  },
  malformed: {
    'x-pinning-token': `${planted.callersToken} ${planted.callersToken}`,
    'x-gateway-key': `${planted.operatorKey}x`,
    authorization: `Basic ${planted.bearer}`,
    'x-mypit-secret-key': planted.callersSecret,
  },
};

beforeAll(async () => {
  const [one, collector] = await Promise.all([
    fakeUpstream(upstream),
    fakeUpstream(({ body, url, headers }) => {
      traces.push(JSON.stringify([url, headers, body]));
      return { body: {} };
    }),
  ]);
  closeLater(() => one.close());
  closeLater(() => collector.close());
  gateway = await startGateway({
    PI_BASE_URL: `${one.url}/v2`,
    PI_API_KEY: planted.piKey,
    PINNING_SERVICES: 'acme',
    PINNING_ACME_URL: one.url,
    PINNING_ACME_TOKEN: planted.pinningToken,
    MYPIT_BASE_URL: one.url,
    MYPIT_CLIENT_ID: planted.mypitClient,
    MYPIT_SECRET_KEY: planted.mypitSecret,
    MYPIT_USER_ID: 'user',
    MYPIT_ISSUER_DID: 'did:web:server',
    BITMINTER_BASE_URL: one.url,
    BITMINTER_API_KEY: planted.poolKey,
    GATEWAY_KEYS: gatewayKey(ALL_SCOPES, planted.operatorKey),
    HEADGATE_SECRET: planted.headgateSecret,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OPERATION_TIMEOUT_MS: '1000',
    UPSTREAM_CONCURRENCY: '1000',
    ME_CACHE_TTL_MS: '0',
  });
  for (failing of [false, true]) {
    for (const headers of Object.values(callers)) {
      const asked = [
        gateway.ask(readEverything, readVariables, headers),
        gateway.ask(readMore, {}, headers),
        ...changes.map(({ query, variables }) =>
          gateway.ask(query, variables(), { ...headers, 'x-headgate-trace': '1' }),
        ),
        gateway.ask(
          '{ providers { name enabled circuit lastSuccessAt reachable } pinningServices { name usable } }',
          {},
          headers,
        ),
      ];
      answers.push(...(await Promise.all(asked)).map((answer) => JSON.stringify(answer)));
    }
  }
  failing = false;
  const stream = overSse(gateway.url, 'subscription { pinStatus(requestId: "pin-1") { id status } }', {
    'x-pinning-token': planted.callersToken,
  });
  await stream.heard(1);
  answers.push(JSON.stringify(stream.events));
  stream.leave();
  for (const path of [
    '/metrics',
    '/health/ready',
    '/health/live',
    '/nowhere',
    `/graphql?query={__typename}&key=${encodeURIComponent(planted.operatorKey)}`,
  ]) {
    answers.push(
      await (await fetch(`${gateway.url}${path}`, { headers: { ...operator, accept: 'application/json' } })).text(),
    );
  }
});

describe('secrets', () => {
  it('did go where they belong', () => {
    const went = JSON.stringify(seen.map(({ headers, body }) => [headers, body]));
    for (const name of [
      'piKey',
      'pinningToken',
      'mypitClient',
      'mypitSecret',
      'poolKey',
      'bearer',
      'callersToken',
      'callersClient',
      'callersSecret',
      'callersPoolKey',
    ] as const)
      expect(went, name).toContain(planted[name]);
    expect(went).not.toContain(planted.operatorKey);
    expect(went).not.toContain(planted.headgateSecret);
    expect(hits(JSON.stringify(seen.map(({ url }) => url)))).toEqual([]);
  });

  it("are in no answer; a holder's address only where it was asked for with the right", () => {
    expect(
      hits(
        answers.join('\n'),
        (Object.keys(planted) as (keyof typeof planted)[]).filter((name) => name !== 'email' && name !== 'phone'),
      ),
    ).toEqual([]);
    expect(answers.some((answer) => answer.includes(planted.email))).toBe(true);
  });

  it('are in no cursor and no global id', () => {
    const opaque = answers.join().match(/[A-Za-z0-9+/_=-]{20,}/g) ?? [];
    expect(opaque.length).toBeGreaterThan(0);
    expect(
      opaque.flatMap((text) =>
        hits(Buffer.from(text, 'base64').toString('latin1'), [
          'pinningToken',
          'callersToken',
          'headgateSecret',
          'piKey',
          'operatorKey',
          'bearer',
        ]),
      ),
    ).toEqual([]);
  });

  it('are in no line of the log, on its finest level', () => {
    expect(gateway.log.length).toBeGreaterThan(50);
    expect(gateway.log.flatMap((line) => hits(line).map((hit) => `${hit} in ${line}`))).toEqual([]);
  });

  it('are in no trace', async () => {
    await gateway.app.close();
    expect(traces.length).toBeGreaterThan(0);
    expect(traces.flatMap((trace) => hits(trace))).toEqual([]);
  });

  it('nor are names, ids and tokens of callers labels of a metric', () => {
    const metrics = answers.find((answer) => answer.startsWith('# HELP')) ?? '';
    const labels = new Set([...metrics.matchAll(/[{,](\w+)="/g)].map(([, label]) => label));
    expect(metrics).toContain('headgate_operations_total');
    for (const label of labels)
      expect(
        [
          'kind',
          'transport',
          'result',
          'code',
          'provider',
          'operation',
          'outcome',
          'effect',
          // Whose credential: server, caller or identity; and why a connection failed, from a list of ours.
          'class',
          'cause',
          'cache',
          'end',
          'le',
          'space',
          'type',
          'version',
          'major',
          'minor',
          'patch',
          'quantile',
        ],
        label,
      ).toContain(label);
    expect(metrics).not.toMatch(/pin-1|uid-1|payment-1|holder-1|"tests"/);
  });
});
