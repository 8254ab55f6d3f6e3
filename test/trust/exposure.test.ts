import { beforeAll, describe, expect, it } from 'vitest';
import { gatewayKey } from '../support/create-test-app.js';
import { closeAfterAll, codesIn } from '../support/graph-pins.js';
import { startWorld, type World } from './support.js';

closeAfterAll();

let world: World;
beforeAll(async () => {
  world = await startWorld({
    NODE_ENV: 'production',
    GATEWAY_KEYS: [gatewayKey('pin:read'), gatewayKey('schema:read', 'schema-key', 'schema')].join(','),
  });
});

const operator = { 'x-gateway-key': 'test-operator-key' };
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${world.url}${path}`, { headers: { accept: 'application/json', ...headers }, redirect: 'manual' });

describe('in production', () => {
  it('the schema is told to those alone who may read it', async () => {
    for (const query of ['{ __schema { queryType { name } } }', '{ __type(name: "Pin") { name } }']) {
      for (const headers of [{}, operator, { 'x-gateway-key': 'no-such-key' }] as Record<string, string>[])
        expect(new Set(codesIn(await world.ask(query, {}, headers)))).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
      // The same document, asked before and after by those who may not.
      expect(codesIn(await world.ask(query, {}, { 'x-gateway-key': 'schema-key' }))).toEqual([]);
      expect(codesIn(await world.ask(query, {}, operator))).toContain('GRAPHQL_VALIDATION_FAILED');
    }
  });

  it.each([
    '{ pinz { nodes { id } } }',
    '{ pins { nodez { id } } }',
    '{ pins(frst: 1) { nodes { id } } }',
    'query ($a: Pinn) { __typename }',
    '{ ...on Pinn { id } }',
    '{ pins(filter: { statuss: [PINNED] }) { nodes { id } } }',
    '{ pins(filter: { status: [PINED] }) { nodes { id } } }',
    '{ __typename @inclde(if: true) }',
  ])('no name is suggested for %s', async (query) => {
    const answer = await world.ask(query, {}, operator);
    expect(answer.errors?.length).toBeGreaterThan(0);
    expect(JSON.stringify(answer)).not.toMatch(/did you mean/i);
  });

  it.each([{ status: ['PINED'] }, { statuss: [] }, { match: 'EXCT' }])('nor for the variable %j', async (filter) => {
    const answer = await world.ask(
      'query ($f: PinFilter) { pins(filter: $f) { nodes { id } } }',
      { f: filter },
      operator,
    );
    expect(codesIn(answer)).toEqual(['BAD_USER_INPUT']);
    expect(JSON.stringify(answer)).not.toMatch(/did you mean/i);
  });

  it('there is no page, no metrics and no detail for strangers', async () => {
    expect((await get('/graphql', { accept: 'text/html' })).headers.get('content-type')).not.toContain('html');
    // It says where things are, and shows nothing.
    const start = await get('/');
    expect([start.status, start.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('application/json'),
    ]);
    expect(await start.text()).not.toMatch(/<|graphiql/i);
    expect((await get('/metrics')).status).toBe(404);
    expect((await get('/metrics', { 'x-gateway-key': 'no-such-key' })).status).toBe(404);
    expect((await get('/metrics', operator)).status).toBe(200);
    expect(await (await get('/health/ready')).json()).toEqual({ status: 'ready' });
    expect(await (await get('/health/ready', operator)).json()).toHaveProperty('providers');
    const anonymous = await world.ask<{ providers: object[] }>(
      '{ providers { name circuit lastSuccessAt reachable } }',
    );
    for (const provider of anonymous.data?.providers ?? [])
      expect(provider).toMatchObject({ circuit: null, lastSuccessAt: null, reachable: null });
    expect(world.sent()).toBe(0);
  });

  it('calls are not shown to those who ask with a header', async () => {
    expect(
      JSON.stringify(await world.ask('{ pin(requestId: "a") { id } }', {}, { ...operator, 'x-headgate-trace': '1' })),
    ).not.toContain('upstream":');
  });

  it.each([
    ['data', '{ __typename }'],
    ['a refusal', '{ me { uid } }'],
    ['a document that is none', '{'],
    ['nothing', ''],
  ])('%s is kept by no cache and differs with each credential', async (_name, query) => {
    const answer = await fetch(`${world.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://evil.test' },
      body: JSON.stringify({ query }),
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    for (const name of ['authorization', 'x-gateway-key', 'x-pinning-token', 'x-mypit-secret-key', 'x-bitminter-key'])
      expect(answer.headers.get('vary')?.toLowerCase()).toContain(name);
    expect(
      [...answer.headers.keys()].filter((name) => /^(access-control-|set-cookie|server|x-powered-by|etag)/.test(name)),
    ).toEqual([]);
  });

  it('a credential counts only in its header', async () => {
    const key = 'test-operator-key';
    const ask = '{ pin(requestId: "a") { id } }';
    const before = world.sent();
    const answers = await Promise.all([
      get(`/graphql?query=${encodeURIComponent(ask)}&x-gateway-key=${key}&gateway_key=${key}`),
      get(`/graphql?query=${encodeURIComponent(ask)}`, {
        cookie: `x-gateway-key=${key}`,
        authorization: `Bearer ${key}`,
        'x-api-key': key,
      }),
      fetch(`${world.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          query: ask,
          variables: { 'x-gateway-key': key },
          extensions: { 'x-gateway-key': key, headers: { 'x-gateway-key': key } },
        }),
      }),
    ]);
    for (const answer of answers)
      expect(codesIn((await answer.json()) as never)).toEqual([expect.stringMatching(/^(UNAUTHENTICATED|FORBIDDEN)$/)]);
    expect(world.sent()).toBe(before);
  });
});

describe('in production, when it is switched on', () => {
  it('the schema and the page are there for anyone, and still no name is suggested', async () => {
    const open = await startWorld({ NODE_ENV: 'production', INTROSPECTION: 'on', GRAPHIQL: 'on' });
    expect(codesIn(await open.ask('{ __schema { queryType { name } } }'))).toEqual([]);
    const page = await fetch(`${open.url}/graphql`, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(JSON.stringify(await open.ask('{ pinz { nodes { id } } }'))).not.toMatch(/did you mean/i);
    expect((await fetch(`${open.url}/metrics`)).status).toBe(404);
    expect(open.sent()).toBe(0);
  });
});
