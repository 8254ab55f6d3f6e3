import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ConfigError, readConfig } from '../../src/config.js';
import { readTrustedDocuments } from '../../src/server/operation/manifests.js';
import { createTestApp, operatorHeaders, gatewayKey, type TestApp } from '../support/create-test-app.js';
import { createStandIn } from './stand-in.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const apq = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha256(text) } });
const json = { 'content-type': 'application/json', accept: 'application/json' };

const listed = 'query Listed($n: String) { hello(name: $n) }';
const counting = 'subscription Counting { count(to: 2) }';
const trusted = new Map([
  ['listed', listed],
  [sha256(listed), listed],
  ['counting', counting],
  [sha256(counting), counting],
]);
const open = createStandIn({ persisted: { trusted, trustedOnly: false } });
const closed = createStandIn({
  persisted: { trusted, trustedOnly: true },
  introspection: (header) => header('x-gateway-key') === 'reads-schema',
});
type App = typeof open;
const urls = new Map<App, string>();
beforeAll(async () => {
  for (const app of [open, closed]) urls.set(app, (await app.listen('127.0.0.1', 0)).url);
});
afterAll(() => Promise.all([open.close(), closed.close()]));

interface Told {
  readonly status?: number;
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}
type Ask = Readonly<Record<string, unknown>>;

const body = async (response: Response): Promise<Told> => ({
  status: response.status,
  ...((await response.json()) as object),
});
async function events(response: Response): Promise<Told> {
  const [, first = '{}'] = /^data: (.+)$/m.exec(await response.text()) ?? [];
  return JSON.parse(first) as Told;
}
async function socket(app: App, { query = '', documentId, doc_id, ...rest }: Ask): Promise<Told> {
  const ids = { ...(documentId ? { documentId } : {}), ...(doc_id ? { doc_id } : {}) };
  const client = createClient({ url: `${urls.get(app)?.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
  const extensions = { ...(rest['extensions'] as object | undefined), ...ids };
  try {
    for await (const result of client.iterate({ ...rest, query: String(query), extensions })) return result as Told;
  } catch (errors) {
    return { errors: errors as NonNullable<Told['errors']> };
  } finally {
    void client.dispose();
  }
  return {};
}
const post = (app: App, ask: Ask, accept = 'application/json') =>
  fetch(`${urls.get(app)}/graphql`, { method: 'POST', headers: { ...json, accept }, body: JSON.stringify(ask) });
const get = (app: App, ask: Ask, headers: Record<string, string> = {}) => {
  const search = Object.entries(ask).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return fetch(`${urls.get(app)}/graphql?${new URLSearchParams(search).toString()}`, {
    headers: { ...json, ...headers },
  });
};

const ways: Readonly<Record<string, (app: App, ask: Ask) => Promise<Told>>> = {
  POST: async (app, ask) => body(await post(app, ask)),
  GET: async (app, ask) => body(await get(app, ask)),
  'event stream': async (app, ask) => events(await post(app, ask, 'text/event-stream')),
  'graphql-ws': socket,
};
const codes = ({ errors }: Told) => errors?.map(({ message, extensions: { code } }) => [code, message]);

describe.each(Object.entries(ways))('by %s', (name, way) => {
  it('a hash that nobody registered is not known, in the words that Apollo waits for', async () => {
    const answer = await way(open, { extensions: apq(`{ nobody: hello } # ${name}`) });
    expect(codes(answer)).toEqual([['PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound']]);
    expect([undefined, 200]).toContain(answer.status);
  });

  it('a hash with its text is known from then on', async () => {
    const query = `{ registered: hello } # ${name}`;
    expect((await way(open, { query, extensions: apq(query) })).data).toEqual({ registered: 'hello world' });
    expect((await way(open, { extensions: apq(query) })).data).toEqual({ registered: 'hello world' });
  });

  it('a hash of another text is refused, and so is a document that cannot be run', async () => {
    expect(codes(await way(open, { query: '{ hello }', extensions: apq('{ other }') }))?.[0]?.[0]).toBe(
      'BAD_USER_INPUT',
    );
    const unsound = `{ nothing } # ${name}`;
    expect(codes(await way(open, { query: unsound, extensions: apq(unsound) }))?.[0]?.[0]).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
    expect(codes(await way(open, { extensions: apq(unsound) }))?.[0]?.[0]).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  it.each([
    ['documentId', { documentId: 'listed' }],
    ['doc_id', { doc_id: 'listed' }],
    ['a hash as id', { documentId: `sha256:${sha256(listed)}` }],
    ['a listed hash', { extensions: apq(listed) }],
  ])('a listed document is found by %s, also where nothing else is answered', async (_name, ask) => {
    for (const app of [open, closed])
      expect((await way(app, { ...ask, variables: { n: 'x' } })).data).toEqual({ hello: 'hello x' });
  });

  it('an id that is not listed is not known', async () => {
    for (const ask of [{ documentId: 'nobody' }, { doc_id: 'nobody' }]) {
      const answer = await way(open, ask);
      expect(codes(answer)?.[0]?.[0]).toBe('PERSISTED_QUERY_NOT_FOUND');
      expect([undefined, 400]).toContain(answer.status);
    }
  });

  it('an id under another name is told how it is named', async () => {
    const answer = await fetch(`${urls.get(open)}/graphql`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ id: 'listed', variables: {} }),
    });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('named by \\"documentId\\"')]);
  });

  it('free text is refused where only listed documents are answered', async () => {
    for (const query of ['{ hello }', '{ __typename }', '{ __schema { queryType { name } } }', listed, '{']) {
      expect(codes(await way(closed, { query }))?.[0]?.[0]).toBe('FORBIDDEN');
      expect(codes(await way(closed, { query, extensions: apq(query) }))?.[0]?.[0]).toBe(
        query === listed ? undefined : 'FORBIDDEN',
      );
    }
  });
});

it('a listed subscription runs by its id, as an event stream and over graphql-ws', async () => {
  expect(await (await post(closed, { documentId: 'counting' }, 'text/event-stream')).text()).toContain('{"count":2}');
  expect((await socket(closed, { documentId: 'counting' })).data).toEqual({ count: 1 });
});

it('whoever may read the schema may ask about it where only listed documents are answered, and nothing else', async () => {
  const ask = (query: string) =>
    closed.fetch(
      new Request('http://headgate/graphql', {
        method: 'POST',
        headers: { ...json, 'x-gateway-key': 'reads-schema' },
        body: JSON.stringify({ query }),
      }),
    );
  expect(await (await ask('{ __schema { queryType { name } } }')).json()).toEqual({
    data: { __schema: { queryType: { name: 'Query' } } },
  });
  for (const query of ['{ hello }', '{ __typename hello }', '{ __typename ...F } fragment F on Query { hello }'])
    expect((await ask(query)).status).toBe(403);
});

it.each([
  [{ extensions: { persistedQuery: { version: 2, sha256Hash: sha256('') } } }],
  [{ extensions: { persistedQuery: { version: 1, sha256Hash: 'abc' } } }],
  [{ extensions: { persistedQuery: 'x' } }],
  [{ documentId: 7 }],
  [{ documentId: 'listed', query: '{ hello }' }],
])('refuses %j', async (ask) => {
  const answer = await body(await post(open, ask));
  expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
});

describe('manifests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'documents-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: string) => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    return path;
  };

  it('of client-preset, Relay and Apollo are read, and folders of documents', () => {
    write('a/persisted-documents.json', JSON.stringify({ '1234': '{ hello }' }));
    const one = write(
      'a/manifest.json',
      JSON.stringify({
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [{ id: 'abcd', name: 'A', type: 'query', body: 'query A { hello }' }],
      }),
    );
    write('b/greet.graphql', 'query Greet { hello }\n');
    write('b/greet.variables.json', '{"n":"x"}');
    expect(readTrustedDocuments(one).get('abcd')).toBe('query A { hello }');
    const all = readTrustedDocuments(folder);
    expect([all.get('1234'), all.get('greet'), all.get(sha256('query A { hello }')), all.size]).toEqual([
      '{ hello }',
      'query Greet { hello }\n',
      'query A { hello }',
      6,
    ]);
  });

  it('that cannot be used stop the start, by the name of the setting', async () => {
    const twice = write('c/one.json', JSON.stringify({ same: '{ a }' }));
    write('c/two.json', JSON.stringify({ same: '{ b }' }));
    for (const path of [join(folder, 'nowhere'), join(twice, '..'), write('d/x.json', '{'), write('e/x.json', '{}')])
      await expect(createTestApp({ PI_API_KEY: 'key', TRUSTED_DOCUMENTS: path })).rejects.toThrow(
        /^TRUSTED_DOCUMENTS: /,
      );
  });

  it('are needed by TRUSTED_ONLY, beside which GraphiQL cannot be on', () => {
    const problems = (settings: Record<string, string>) => {
      try {
        readConfig(settings);
        return [];
      } catch (error) {
        return error instanceof ConfigError ? error.problems.map((problem) => problem.split(':')[0]) : [];
      }
    };
    expect(problems({ TRUSTED_ONLY: 'on' })).toEqual(['TRUSTED_DOCUMENTS']);
    expect(problems({ TRUSTED_ONLY: 'on', TRUSTED_DOCUMENTS: 'x', GRAPHIQL: 'on' })).toEqual(['GRAPHIQL']);
    expect(problems({ TRUSTED_ONLY: 'on', TRUSTED_DOCUMENTS: 'x' })).toEqual([]);
  });
});

describe('a GET of a listed document', () => {
  const folder = mkdtempSync(join(tmpdir(), 'documents-'));
  let app: TestApp;
  beforeAll(async () => {
    writeFileSync(join(folder, 'pool.graphql'), '{ poolStats { id activeUsers } topMiners { __typename } }');
    writeFileSync(join(folder, 'mixed.graphql'), '{ poolStats { id } providers { name } }');
    writeFileSync(join(folder, 'pins.graphql'), '{ pins(first: 1) { edges { node { id } } } }');
    app = await createTestApp({
      TRUSTED_DOCUMENTS: folder,
      TRUSTED_ONLY: 'on',
      POOL_CACHE_TTL_MS: '45000',
      GATEWAY_KEYS: gatewayKey('pin:read'),
    });
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });
  const read = (id: string, headers: Record<string, string> = {}) =>
    app.app.fetch(
      new Request(`http://gateway.test/graphql?documentId=${id}`, {
        headers: { accept: 'application/json', ...headers },
      }),
    );

  it('is kept by anybody when it reads pool data alone, by nobody else', async () => {
    const pool = await read('pool');
    expect([pool.status, pool.headers.get('cache-control')]).toEqual([200, 'public, max-age=45']);
    expect(pool.headers.get('vary')).toContain('x-gateway-key');
    for (const id of ['mixed', 'pins'])
      expect((await read(id, operatorHeaders)).headers.get('cache-control')).toBe('private, no-store');
    const refused = await read('pins');
    expect([refused.headers.get('cache-control'), refused.headers.get('etag')]).toEqual(['no-store', null]);
  });

  it('answers 304 to a known ETag', async () => {
    const etag = (await read('pool')).headers.get('etag') ?? '';
    const again = await read('pool', { 'if-none-match': `"other", ${etag}` });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    expect((await read('pool', { 'if-none-match': '"other"' })).status).toBe(200);
  });
});
