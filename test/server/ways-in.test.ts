import { createClient as createWebSocketClient, type Client } from 'graphql-ws';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { LogFields } from '../../src/log.js';
import type { ContextInput, OperationEnd } from '../../src/server/options.js';
import { canary, createStandIn } from './stand-in.js';
import { until } from '../support/until.js';

/** What a client learns of one operation, whichever way it came in. */
interface Result {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}
interface Asked {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

const log: { readonly event: string; readonly fields: LogFields | undefined }[] = [];
const ends: OperationEnd[] = [];
let contexts = 0;
let released = 0;

const keep = (event: string, fields?: LogFields) => void log.push({ event, fields });
const app = createStandIn({
  log: { debug: keep, info: keep, warn: keep, error: keep },
  onOperation: (end) => void ends.push(end),
  introspection: (header) => header('x-gateway-key') === 'may',
  createContext: (input: ContextInput) => {
    contexts += 1;
    return { ...input, calls: () => ({ pi: 1 }), release: () => void (released += 1) };
  },
  timings: { drainMs: 1_000 },
});
const clients: Client[] = [];
let url = '';
beforeAll(async () => void ({ url } = await app.listen('127.0.0.1', 0)));
afterAll(async () => {
  for (const client of clients) void client.dispose();
  await app.close();
});
beforeEach(() => {
  log.length = 0;
  ends.length = 0;
  contexts = 0;
  released = 0;
});

const multipart = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0';
const json = { 'content-type': 'application/json' };
const address = ({ query, variables }: Asked) =>
  `${url}/graphql?${new URLSearchParams({ query, ...(variables ? { variables: JSON.stringify(variables) } : {}) }).toString()}`;
const readJson = async (response: Response) => [(await response.json()) as Result];
const readEvents = async (response: Response) =>
  [...(await response.text()).matchAll(/^data: (.+)$/gm)].map(([, data = '']) => JSON.parse(data) as Result);

const readParts = async (response: Response) =>
  (await response.text())
    .split('\r\n--graphql')
    .map((part) => part.split('\r\n\r\n')[1] ?? '{}')
    .filter((json) => json !== '{}')
    .map((json) => JSON.parse(json) as { payload: Result | null } & Result)
    .map(({ payload, ...beside }) => payload ?? beside);

async function overWebSocket(asked: Asked): Promise<Result[]> {
  const client = createWebSocketClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
  clients.push(client);
  const seen: Result[] = [];
  try {
    for await (const result of client.iterate(asked)) seen.push(result as Result);
  } catch (errors) {
    seen.push({ errors: errors as NonNullable<Result['errors']> });
  }
  void client.dispose();
  return seen;
}

type Way = (asked: Asked) => Promise<Result[]>;

const ways: Readonly<Record<string, Way>> = {
  POST: (asked) =>
    fetch(`${url}/graphql`, { method: 'POST', headers: json, body: JSON.stringify(asked) }).then((response) =>
      response.headers.get('content-type')?.startsWith('text/event-stream') ? readEvents(response) : readJson(response),
    ),
  GET: (asked) => fetch(address(asked), { headers: { accept: 'application/json' } }).then(readJson),
  'event stream by POST': (asked) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...json, accept: 'text/event-stream' },
      body: JSON.stringify(asked),
    }).then(readEvents),
  'event stream by GET': (asked) =>
    fetch(address(asked), { headers: { accept: 'text/event-stream' } }).then(readEvents),
  'multipart by POST': (asked) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...json, accept: multipart },
      body: JSON.stringify(asked),
    }).then(readParts),
  'multipart by GET': (asked) => fetch(address(asked), { headers: { accept: multipart } }).then(readParts),
  'graphql-ws': overWebSocket,
};
const streaming = Object.entries(ways).filter(([name]) => name !== 'GET');
const mutating = Object.entries(ways).filter(([name]) => !name.includes('GET'));

/** Codes and messages, without the id that is each request's own. */
const told = (results: readonly Result[]) =>
  results.map(({ data, errors }) => [
    data ?? null,
    errors?.map(({ message, extensions: { requestId, ...rest } }) => [message, typeof requestId, rest]) ?? null,
  ]);

/** The log's line, the metrics' end and the release: one of each, and alike but for the transport and the time. */
async function expectOneEnd(
  name: string,
  fields: {
    readonly kind?: string;
    readonly name?: string;
    readonly codes?: readonly string[];
    readonly events?: number;
  },
  made: number,
) {
  await until(() => ends.length === 1 && released === made);
  const transport = name === 'graphql-ws' ? 'websocket' : 'http';
  expect(log).toEqual([
    {
      event: fields.kind === undefined ? 'request_refused' : 'operation',
      fields: {
        requestId: expect.any(String),
        transport,
        kind: fields.kind,
        name: fields.name,
        ms: expect.any(Number),
        events: fields.events,
        codes: fields.codes,
        calls: made === 1 ? ['pi=1'] : undefined,
      },
    },
  ]);
  expect(ends).toEqual([
    {
      kind: fields.kind ?? null,
      name: fields.name ?? null,
      transport,
      ms: expect.any(Number),
      codes: fields.codes ?? [],
      left: false,
      events: fields.events ?? null,
    },
  ]);
  expect([contexts, released]).toEqual([made, made]);
}

describe.each(Object.entries(ways))('by %s', (name, way) => {
  it('a query is answered, logged, measured and released once', async () => {
    expect(told(await way({ query: 'query Q($n: String) { hello(name: $n) }', variables: { n: 'x' } }))).toEqual([
      [{ hello: 'hello x' }, null],
    ]);
    await expectOneEnd(name, { kind: 'query', name: 'Q' }, 1);
  });

  it('a failure is coded and masked, and the rest of the answer is there', async () => {
    const results = await way({ query: 'query Q { hello fail(how: "bug") }' });
    expect(told(results)).toEqual([
      [
        { hello: 'hello world', fail: null },
        [['Something went wrong here.', 'string', { code: 'INTERNAL_SERVER_ERROR', retryable: false }]],
      ],
    ]);
    expect(JSON.stringify(results)).not.toContain(canary);
    await expectOneEnd(name, { kind: 'query', name: 'Q', codes: ['INTERNAL_SERVER_ERROR'] }, 1);
  });

  it.each([
    ['{', 'GRAPHQL_PARSE_FAILED', undefined],
    ['query Q { nothing }', 'GRAPHQL_VALIDATION_FAILED', 'query'],
    ['query Q { __schema { queryType { name } } }', 'GRAPHQL_VALIDATION_FAILED', 'query'],
    ['query A { hello } query B { hello }', 'BAD_USER_INPUT', undefined],
  ])('%s is refused before a context is made', async (query, code, kind) => {
    const results = await way({ query });
    expect(results.map(({ data, errors }) => [data, errors?.[0]?.extensions['code']])).toEqual([[undefined, code]]);
    await expectOneEnd(name, { ...(kind ? { kind, name: 'Q' } : {}), codes: [code] }, 0);
  });

  it('variables are checked once the context is there, before anything runs', async () => {
    const results = await way({
      query: 'query Q($c: CID) { pin(requestId: "1", cid: $c) { id } }',
      variables: { c: 'no' },
    });
    expect(told(results)).toEqual([
      [null, [['cid: This is not a CID.', 'string', { code: 'BAD_USER_INPUT', retryable: false }]]],
    ]);
    await expectOneEnd(name, { kind: 'query', name: 'Q', codes: ['BAD_USER_INPUT'] }, 1);
  });

  it('a number that a double cannot hold is refused', async () => {
    const query = 'query Q($f: PinFilter) { pins(filter: $f) { id } }';
    const [result] = await way({ query, variables: { f: { limit: 1e21 } } });
    expect(result?.errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it('equal queries at the same moment are one execution, others are not', async () => {
    const equal = [way({ query: '{ wait }' }), way({ query: '{ wait }' })];
    await until(() => app.load().inFlight === 2);
    const other = way({ query: '{ other: wait }' });
    await until(() => app.events.waiting === 2 && app.load().inFlight === 3);
    app.events.release();
    expect(told((await Promise.all(equal)).flat())).toEqual([
      [{ wait: 'done' }, null],
      [{ wait: 'done' }, null],
    ]);
    expect(told(await other)).toEqual([[{ other: 'done' }, null]]);
    // Who joins before a context was made for it has none to let go of.
    await until(() => ends.length === 3 && released === contexts);
  });
});

describe.each(mutating)('by %s', (name, way) => {
  it('each mutation is executed by itself', async () => {
    const both = [way({ query: 'mutation M { slow }' }), way({ query: 'mutation M { slow }' })];
    await until(() => app.events.waiting === 2);
    app.events.release();
    expect(told((await Promise.all(both)).flat())).toEqual([
      [{ slow: 'done' }, null],
      [{ slow: 'done' }, null],
    ]);
    await until(() => ends.length === 2 && released === 2);
    expect(ends.map(({ kind, transport }) => [kind, transport])).toEqual(
      Array.from({ length: 2 }, () => ['mutation', name === 'graphql-ws' ? 'websocket' : 'http']),
    );
  });
});

describe.each(streaming)('by %s', (name, way) => {
  it('a subscription tells its events, and has one end', async () => {
    expect(told(await way({ query: 'subscription S($to: Int!) { count(to: $to) }', variables: { to: 2 } }))).toEqual([
      [{ count: 1 }, null],
      [{ count: 2 }, null],
    ]);
    await expectOneEnd(name, { kind: 'subscription', name: 'S', events: 2 }, 1);
  });

  it('a subscription that breaks tells why, and has one end', async () => {
    const masked = ['Something went wrong here.', 'string', { code: 'INTERNAL_SERVER_ERROR', retryable: false }];
    expect(told(await way({ query: 'subscription S { broken }' }))).toEqual([
      [{ broken: 1 }, null],
      [null, [masked]],
    ]);
    await expectOneEnd(name, { kind: 'subscription', name: 'S', codes: ['INTERNAL_SERVER_ERROR'], events: 2 }, 1);
  });

  it('a subscription that is refused has no events', async () => {
    expect(told(await way({ query: 'subscription S { refused }' }))).toEqual([
      [null, [['Say who you are.', 'string', { code: 'UNAUTHENTICATED', retryable: false }]]],
    ]);
    await expectOneEnd(name, { kind: 'subscription', name: 'S', codes: ['UNAUTHENTICATED'] }, 1);
  });
});

it('variables nested deeper than a writer of JSON can follow are no fault of ours', async () => {
  const body = `{"query":"subscription S { count(to: 1) }","variables":{"deep":${'['.repeat(60_000)}${']'.repeat(60_000)}}}`;
  const headers = { ...json, accept: 'text/event-stream' };
  const results = await readEvents(await fetch(`${url}/graphql`, { method: 'POST', headers, body }));
  expect(told(results)).toEqual([[{ count: 1 }, null]]);
});

describe('an operation that its way in cannot carry', () => {
  const post = (accept: string, query: string) =>
    fetch(`${url}/graphql`, { method: 'POST', headers: { ...json, accept }, body: JSON.stringify({ query }) });

  it('does not run: a mutation whose answer nobody takes', async () => {
    const answer = await post('text/html', 'mutation { slow }');
    expect([answer.status, contexts, app.events.waiting]).toEqual([406, 0, 0]);
    expect(((await answer.json()) as Result).errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it('does not run: a mutation by GET, with or without a stream', async () => {
    for (const accept of ['application/json', 'text/event-stream']) {
      const answer = await fetch(address({ query: 'mutation { slow }' }), { headers: { accept } });
      expect([answer.status, answer.headers.get('allow'), contexts]).toEqual([
        405,
        accept.includes('json') ? 'POST' : null,
        0,
      ]);
    }
  });

  it('is not opened: a subscription for a caller who takes JSON alone', async () => {
    const before = app.events.returned.length;
    expect((await post('application/json', 'subscription { forever }')).status).toBe(406);
    expect(
      (await fetch(address({ query: 'subscription { forever }' }), { headers: { accept: 'application/json' } })).status,
    ).toBe(406);
    await until(() => released === 2);
    expect(app.events.returned).toHaveLength(before);
  });
});
