import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStandIn } from './stand-in.js';

/** The short way's own form of the accept header, and one that means the same but is left to the HTTP server library. */
const ways = { short: 'text/event-stream', long: 'text/event-stream, text/plain' } as const;
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'date',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
]);
/** Say nothing about an answer to anything but a preflight. */
const OF_PREFLIGHTS: ReadonlySet<string> = new Set([
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-max-age',
]);
const ID = 'the-same-id';

interface Case {
  readonly method?: 'GET' | 'POST';
  readonly search?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const sub = (query: string, more: object = {}): Case => ({ body: { query, ...more } });
const get = (search: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Case => ({
  method: 'GET',
  search,
  headers,
});

const cases: Readonly<Record<string, Case>> = {
  'a stream': sub('subscription { count }'),
  variables: sub('subscription Count($to: Int!) { count(to: $to) }', { variables: { to: 2 } }),
  'one of two operations': sub('subscription A { count(to: 1) } subscription B { count(to: 2) }', {
    operationName: 'B',
  }),
  'none of two operations': sub('subscription A { count(to: 1) } subscription B { count(to: 2) }'),
  'an operation that is not there': sub('subscription A { count(to: 1) }', { operationName: 'B' }),
  'a stream that breaks': sub('subscription { broken }'),
  'a refusal': sub('subscription { refused }'),
  'a document with a fault': sub('subscription { nothing }'),
  'no document': sub('subscription {'),
  'two root fields': sub('subscription { count broken }'),
  'a variable of the wrong kind': sub('subscription Count($to: Int!) { count(to: $to) }', {
    variables: { to: 'many' },
  }),
  'a variable missing': sub('subscription Count($to: Int!) { count(to: $to) }'),
  'a number beyond doubles': sub('subscription Count($to: Int!) { count(to: $to) }', { variables: { to: 1e300 } }),
  'too deep a query': sub(`{ pin(requestId: "1") { ${'parent { '.repeat(30)} id ${'} '.repeat(30)} } }`),
  'a query': sub('{ hello }'),
  'a query that fails': sub('{ fail(how: "secret") }'),
  'a mutation': sub('mutation { add(cid: "QmX") { id } }'),
  introspection: sub('subscription { __typename }'),
  'a batch': { body: [{ query: 'subscription { count }' }] },
  'no query': { body: {} },
  'a query that is no text': { body: { query: 1 } },
  'an unknown parameter': sub('subscription { count }', { more: 1 }),
  extensions: sub('subscription { count(to: 1) }', { extensions: { a: 1 } }),
  'variables that are a list': sub('subscription { count }', { variables: [] }),
  'a listed origin': { ...sub('subscription { count(to: 1) }'), headers: { origin: 'https://shop.example' } },
  'another origin': { ...sub('subscription { count(to: 1) }'), headers: { origin: 'https://other.example' } },
  'another content type': { ...sub('subscription { count }'), headers: { 'content-type': 'text/plain' } },
  'a body above the cap': sub(`subscription { count } ${'#'.repeat(5_000)}`),
  GET: get({ query: 'subscription { count }' }),
  'GET with variables': get({ query: 'subscription Count($to: Int!) { count(to: $to) }', variables: '{"to":2}' }),
  'GET with a name': get({
    query: 'subscription A { count(to: 1) } subscription B { count(to: 2) }',
    operationName: 'B',
  }),
  'GET with variables that are no JSON': get({ query: 'subscription { count }', variables: '{' }),
  'GET with variables that are a list': get({ query: 'subscription { count }', variables: '[]' }),
  'GET with variables that are null': get({ query: 'subscription { count(to: 1) }', variables: 'null' }),
  'GET with no query': get({ variables: '{}' }),
  'GET with an unknown parameter': get({ query: 'subscription { count(to: 1) }', more: '1' }),
  'GET with extensions': get({ query: 'subscription { count(to: 1) }', extensions: '{"a":1}' }),
  'GET of a query': get({ query: '{ hello }' }),
  'GET of a mutation': get({ query: 'mutation { add(cid: "QmX") { id } }' }),
  'GET of a refusal': get({ query: 'subscription { refused }' }),
  'GET from a listed origin': get({ query: 'subscription { count(to: 1) }' }, { origin: 'https://shop.example' }),
};

describe('events asked for the short way and the long way', () => {
  const taken = new Set<string>();
  const app = createStandIn({
    maxBodyBytes: 4_096,
    corsOrigins: ['https://shop.example'],
    contextPerEvent: (context) => {
      // Only the HTTP server library makes a Request and leaves it in the context.
      taken.add('request' in context ? 'long' : 'short');
      return { ...context };
    },
  });
  let url = '';
  beforeAll(async () => void ({ url } = await app.listen('127.0.0.1', 0)));
  afterAll(() => app.close());

  async function ask({ method = 'POST', search = {}, body, headers = {} }: Case, accept: string) {
    const response = await fetch(
      `${url}/graphql${method === 'GET' ? `?${new URLSearchParams(search).toString()}` : ''}`,
      {
        method,
        headers: {
          accept,
          'x-request-id': ID,
          ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
        ...(method === 'POST'
          ? { body: body instanceof ReadableStream ? body : JSON.stringify(body), duplex: 'half' }
          : {}),
      },
    );
    const kept = [...response.headers].filter(([name]) => !OF_THE_CONNECTION.has(name) && !OF_PREFLIGHTS.has(name));
    return { status: response.status, headers: kept, text: (await response.text()).replaceAll(/^:\n\n/gm, '') };
  }

  it.each(Object.entries(cases))('are the same for %s', async (_name, one) => {
    expect(await ask(one, ways.short)).toEqual(await ask(one, ways.long));
  });

  it('are the same for a body above the cap whose length is not told', async () => {
    const endless = () => ({
      body: new ReadableStream({ pull: (controller) => controller.enqueue(Buffer.alloc(8_192, 32)) }),
    });
    const both = [await ask(endless(), ways.short), await ask(endless(), ways.long)];
    expect(both[0]).toEqual(both[1]);
    expect(both[0]?.status).toBe(413);
  });

  it.each([
    ['POST', cases['a stream']],
    ['GET', cases['GET']],
  ] as const)('are two ways indeed, by %s', async (_method, one = {}) => {
    for (const way of ['short', 'long'] as const) {
      taken.clear();
      await ask(one, ways[way]);
      expect([...taken]).toEqual([way]);
    }
  });
});
