import { readdirSync, readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStandIn, post, readAnswer, type StandIn } from './stand-in.js';

const origin = 'http://headgate';

async function send(app: StandIn, path: string, init: RequestInit = {}) {
  return readAnswer(await app.fetch(new Request(`${origin}${path}`, init)));
}

const query = encodeURIComponent('{ hello }');
const json = { 'content-type': 'application/json' };

describe('refusals', () => {
  const app = createStandIn({ graphiql: false, maxBodyBytes: 2_000 });
  const body = JSON.stringify({ query: '{ hello }' });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-7',
    'application/graphql',
    '',
  ])('refuses a POST with content type "%s"', async (type) => {
    const answer = await send(app, '/graphql', {
      method: 'POST',
      headers: type ? { 'content-type': type } : {},
      body: new TextEncoder().encode(body),
    });
    expect(answer.status).toBe(415);
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      retryable: false,
      requestId: answer.headers.get('x-request-id'),
    });
  });

  it.each(['*/*', '', 'text/html', 'image/avif,image/webp,*/*;q=0.8'])(
    'refuses a GET that accepts only "%s"',
    async (accept) => {
      const answer = await send(app, `/graphql?query=${query}`, { headers: accept ? { accept } : {} });
      expect(answer.status).toBe(406);
      expect(answer.errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
      expect(answer.data).toBeUndefined();
    },
  );

  it('refuses a GET that hides a field behind __typename', async () => {
    const hidden = encodeURIComponent('{ __typename ...F } fragment F on Query { hello }');
    expect((await send(app, `/graphql?query=${hidden}`, { headers: { accept: '*/*' } })).status).toBe(406);
  });

  it('answers a GET that names a GraphQL media type', async () => {
    const answer = await send(app, `/graphql?query=${query}`, {
      headers: { accept: 'application/graphql-response+json' },
    });
    expect(answer.data).toEqual({ hello: 'hello world' });
  });

  it('refuses a mutation by GET', async () => {
    const answer = await send(app, `/graphql?query=${encodeURIComponent('mutation { slow }')}`, {
      headers: { accept: 'application/json' },
    });
    expect(answer.status).toBe(405);
    expect(answer.errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it.each([
    [
      'a body that is too large',
      { method: 'POST', headers: json, body: JSON.stringify({ query: `{ hello(name: "${'x'.repeat(3_000)}") }` }) },
      413,
    ],
    ['a body that is not JSON', { method: 'POST', headers: json, body: '{' }, 400],
    ['a list of operations', { method: 'POST', headers: json, body: `[${body},${body}]` }, 400],
    [
      'an unknown parameter',
      { method: 'POST', headers: json, body: JSON.stringify({ query: '{ hello }', extra: 1 }) },
      400,
    ],
    ['no operation', { method: 'POST', headers: json, body: '{}' }, 400],
    ['a method that is not of GraphQL', { method: 'PUT', headers: json, body }, 405],
    ['DELETE', { method: 'DELETE' }, 405],
  ])('refuses %s with a code', async (_name, init, status) => {
    const answer = await send(app, '/graphql', init);
    expect(answer.status).toBe(status);
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      retryable: false,
      requestId: expect.any(String),
    });
  });

  it('says how long a body may be', async () => {
    const answer = await send(app, '/graphql', { method: 'POST', headers: json, body: 'x'.repeat(3_000) });
    expect(answer.errors[0]?.message).toBe(
      'The body is longer than 2000 bytes, the most that this gateway takes (its setting MAX_BODY_BYTES).',
    );
  });

  it.each(['/health', '/health/', '/health/lively'])('names at %s where health is', async (path) => {
    const answer = await send(app, path);
    expect(answer.errors[0]?.message).toBe('There is nothing here; health is at /health/live and /health/ready.');
  });

  it('refuses variables in the address that are not JSON', async () => {
    const answer = await send(app, `/graphql?query=${query}&variables=%7B`, {
      headers: { accept: 'application/json' },
    });
    expect([answer.status, answer.errors[0]?.extensions['code']]).toEqual([400, 'BAD_USER_INPUT']);
  });

  it.each(['/graphql/', '/x/graphql', '/health', '/metrics', '/x?y=/graphql', '/x?/health/live'])(
    'knows nothing at %s',
    async (path) => {
      const answer = await send(app, path, { headers: { accept: 'text/html' } });
      expect([answer.status, answer.errors[0]?.extensions['code']]).toEqual([404, 'NOT_FOUND']);
    },
  );
});

describe('a refusal', () => {
  const newer = 'application/graphql-response+json';
  const app = createStandIn({ maxBodyBytes: 2_000, hosts: ['127.0.0.1', 'localhost'] });
  let url = '';
  beforeAll(async () => void ({ url } = await app.listen('127.0.0.1', 0)));
  afterAll(() => app.close());
  const full = createStandIn({ socketsPerAddress: 0 });
  let fullUrl = '';
  beforeAll(async () => void ({ url: fullUrl } = await full.listen('127.0.0.1', 0)));
  afterAll(() => full.close());

  it.each<[number, string, Pick<RequestInit, 'method' | 'body'> & { headers?: Record<string, string> }]>([
    [400, '/graphql', { method: 'POST', headers: json, body: '{' }],
    [404, '/nowhere', {}],
    [404, '/nowhere', { method: 'POST', headers: json, body: '{}' }],
    [413, '/graphql', { method: 'POST', headers: json, body: 'x'.repeat(3_000) }],
    [415, '/graphql', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' }],
  ])('with %i is of the media type that the caller wants: %s', async (status, path, init) => {
    for (const type of [newer, 'application/json']) {
      const answer = await fetch(`${url}${path}`, { ...init, headers: { ...init.headers, accept: type } });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([status, `${type}; charset=utf-8`]);
      expect(await answer.json()).toHaveProperty('errors.0.extensions.code');
    }
  });

  /** As Apollo Client asks for subscriptions: what it is given of the newer type ends them, and JSON is tried again. */
  const inParts = `multipart/mixed;boundary=graphql;subscriptionSpec=1.0,${newer},application/json;q=0.9`;

  it('that is over in a moment is JSON for clients of streams in parts who take that, and else of the type they want', async () => {
    const stopping = createStandIn();
    await stopping.close();
    const init = { method: 'POST', body: '{"query":"subscription { forever }"}' };
    const answers = [
      [
        503,
        async (accept: string) =>
          stopping.fetch(new Request('http://headgate/graphql', { ...init, headers: { ...json, accept } })),
      ],
      [429, async (accept: string) => fetch(`${fullUrl}/graphql`, { ...init, headers: { ...json, accept } })],
    ] as const;
    for (const [status, ask] of answers)
      for (const [accept, type] of [
        [inParts, 'application/json'],
        [inParts.replace('application/json;q=0.9', '*/*'), newer],
      ] as const) {
        const answer = await ask(accept);
        expect([answer.status, answer.headers.get('content-type')]).toEqual([status, `${type}; charset=utf-8`]);
        expect(await answer.json()).toHaveProperty('errors.0.extensions.retryable', true);
      }
    const query = await stopping.fetch(
      new Request('http://headgate/graphql', {
        ...init,
        headers: { ...json, accept: `${newer},application/json;q=0.9` },
      }),
    );
    expect(query.headers.get('content-type')).toBe(`${newer}; charset=utf-8`);
  });

  it('of a stream too many is', async () => {
    const headers = { ...json, accept: `multipart/mixed;subscriptionSpec=1.0, ${newer}` };
    const body = '{"query":"subscription { forever }"}';
    const answer = await fetch(`${fullUrl}/graphql`, { method: 'POST', headers, body });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([429, `${newer}; charset=utf-8`]);
    await answer.text();
  });

  it.each(['gzip', 'br', 'deflate', 'identity, gzip', 'x'.repeat(200)])(
    'of a body in content-encoding %s says to send it uncompressed, whatever its bytes are',
    async (encoding) => {
      const plain = JSON.stringify({ query: '{ hello }' });
      const headers = { ...json, 'content-encoding': encoding };
      for (const accept of ['application/json', 'text/event-stream'])
        for (const body of [plain, new Uint8Array(gzipSync(plain))]) {
          const answer = await fetch(`${url}/graphql`, { method: 'POST', headers: { ...headers, accept }, body });
          expect([answer.status, await answer.text()]).toEqual([415, expect.stringContaining('uncompressed')]);
          const inProcess = { method: 'POST', headers: { ...headers, accept: 'application/json' }, body };
          const { errors, headers: heard } = await send(app, '/graphql', inProcess);
          expect([errors[0]?.extensions['code'], heard.get('accept-encoding')]).toEqual(['BAD_USER_INPUT', 'identity']);
          expect(errors[0]?.message).toMatch(/^Bodies in content-encoding "/);
        }
    },
  );

  it.each(['identity', 'Identity', ''])('is not what a body in content-encoding "%s" gets', async (encoding) => {
    const headers = { ...json, 'content-encoding': encoding };
    const body = JSON.stringify({ query: '{ hello }' });
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    expect(await answer.json()).toEqual({ data: { hello: 'hello world' } });
  });

  it('to a name that this instance does not answer to is, too', async () => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${url}/graphql`, { headers: { host: 'elsewhere.test', accept: newer } }, resolve).on('error', reject);
    });
    answer.resume();
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([421, `${newer}; charset=utf-8`]);
  });
});

describe('every answer', () => {
  const app = createStandIn();

  it('is not stored, varies on credentials, and carries a request id', async () => {
    const { headers } = await post(app, '{ hello }');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('vary')).toContain('x-mypit-secret-key');
    expect(headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  });

  it('keeps a sane request id and replaces any other', async () => {
    expect((await post(app, '{ hello }', {}, { 'x-request-id': 'trace-1_A' })).headers.get('x-request-id')).toBe(
      'trace-1_A',
    );
    for (const bad of ['a b', 'x'.repeat(65), '<script>']) {
      expect((await post(app, '{ hello }', {}, { 'x-request-id': bad })).headers.get('x-request-id')).not.toBe(bad);
    }
  });

  it('hands headers, id and kind to the context', async () => {
    const answer = await post(app, 'query { whoAmI }', {}, { 'x-gateway-key': 'abc', 'x-request-id': 'one' });
    expect(answer.data).toEqual({ whoAmI: 'abc' });
    expect(app.events.contexts.at(-1)).toMatchObject({ kind: 'query', requestId: 'one' });
  });
});

describe('CORS', () => {
  const preflight = (from: string) => ({
    method: 'OPTIONS',
    headers: { origin: from, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-evil' },
  });
  const corsNames = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith('access-control'));

  it('sends nothing without a list', async () => {
    const app = createStandIn();
    expect(corsNames((await send(app, '/graphql', preflight('https://app.example'))).headers)).toEqual([]);
    expect(corsNames((await post(app, '{ hello }', {}, { origin: 'https://app.example' })).headers)).toEqual([]);
  });

  it('answers a listed origin, without credentials and without echoing headers', async () => {
    const app = createStandIn({ corsOrigins: ['https://app.example', 'https://b.example'] });
    const answer = await send(app, '/graphql', preflight('https://app.example'));
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    const allowed = answer.headers.get('access-control-allow-headers')?.split(/, ?/);
    expect(allowed).toEqual(
      expect.arrayContaining(['x-pinning-token', 'traceparent', 'tracestate', 'x-headgate-trace']),
    );
    expect(answer.headers.get('access-control-allow-headers')).not.toContain('evil');
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
    const real = await post(app, '{ hello }', {}, { origin: 'https://b.example' });
    expect(real.headers.get('access-control-allow-origin')).toBe('https://b.example');
    expect(real.headers.get('vary')).toContain('origin');
  });

  it('lets a listed page read refusals too', async () => {
    const app = createStandIn({ corsOrigins: ['https://app.example'] });
    const answer = await send(app, '/graphql', {
      method: 'POST',
      headers: { origin: 'https://app.example', 'content-type': 'text/plain' },
      body: '{}',
    });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([415, 'https://app.example']);
  });

  it('sends nothing to an origin that is not listed', async () => {
    const app = createStandIn({ corsOrigins: ['https://app.example'] });
    expect(corsNames((await send(app, '/graphql', preflight('https://evil.example'))).headers)).toEqual([]);
  });
});

describe('health and metrics', () => {
  it('is alive always and ready when it says so', async () => {
    let ready = false;
    const app = createStandIn({
      ready: () => ready,
      healthDetail: (header) => (header('x-gateway-key') ? { state: 'memory' } : null),
    });
    expect((await send(app, '/health/live')).status).toBe(200);
    expect((await send(app, '/health/ready')).status).toBe(503);
    ready = true;
    expect((await send(app, '/health/ready')).text).toBe('{"status":"ready"}');
    expect((await send(app, '/health/ready', { headers: { 'x-gateway-key': 'k' } })).text).toBe(
      '{"status":"ready","state":"memory"}',
    );
  });

  it('is not ready when the check itself fails', async () => {
    const app = createStandIn({ ready: () => Promise.reject(new Error('no store')) });
    expect((await send(app, '/health/ready')).status).toBe(503);
  });

  it('shows metrics, in production to operators alone', async () => {
    const metrics = async () => ({ type: 'text/plain; version=0.0.4', body: 'up 1\n' });
    expect((await send(createStandIn({ metrics }), '/metrics')).text).toBe('up 1\n');
    expect((await send(createStandIn({ metrics, production: true }), '/metrics')).status).toBe(404);
    const app = createStandIn({
      metrics,
      production: true,
      mayReadMetrics: (header) => header('x-gateway-key') === 'k',
    });
    expect((await send(app, '/metrics')).status).toBe(404);
    expect((await send(app, '/metrics', { headers: { 'x-gateway-key': 'k' } })).text).toBe('up 1\n');
  });
});

describe('GraphiQL', () => {
  it('is one page with a tab per operation and the sandbox headers', async () => {
    const app = createStandIn({ playground: { headers: { 'x-gateway-key': 'sandbox' } } });
    const home = await app.fetch(new Request(`${origin}/`));
    expect([home.status, home.headers.get('location')]).toEqual([302, '/graphql']);
    const page = await send(app, '/graphql', { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.text).toContain('query Greet {');
    expect(page.text).toContain('sandbox');
    expect(page.text).not.toMatch(/<(script|link|img)[^>]+(src|href)="https?:/);
  });

  it.each(['/desk', '/desk/payments/p'])('says at %s which setting has switched the desk off', async (path) => {
    const page = await send(createStandIn({}), path, { headers: { accept: 'text/html' } });
    expect([page.status, page.errors[0]?.message]).toEqual([404, 'The desk is switched off (the setting DESK).']);
  });

  it('says to a browser that it is off when it is off', async () => {
    const app = createStandIn({ graphiql: false });
    const page = await send(app, '/graphql', { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect([page.status, page.errors[0]?.message]).toEqual([406, expect.stringContaining('GraphiQL is switched off')]);
    const accept = 'text/html, application/graphql-response+json';
    const answer = await send(app, '/graphql?query={__typename}', { headers: { accept } });
    expect([answer.status, answer.data]).toEqual([200, { __typename: 'Query' }]);
  });

  it('has the documented operations of this package', async () => {
    const { readOperations } = await import('../../src/server/http/example-operations.js');
    expect(readOperations('/nowhere')).toEqual([]);
    const folder = fileURLToPath(new URL('../../schema/operations', import.meta.url));
    const operations = readOperations(folder);
    expect(operations.map(({ name }) => `${name}.graphql`).toSorted()).toEqual(
      readdirSync(folder)
        .filter((file) => file.endsWith('.graphql'))
        .toSorted(),
    );
    for (const { name, text } of operations) expect(text).toBe(readFileSync(join(folder, `${name}.graphql`), 'utf8'));
    expect(JSON.parse(operations.find(({ name }) => name === 'my-payment')?.variables ?? '')).toEqual({
      paymentId: 'created-flowers',
    });
  });
});
