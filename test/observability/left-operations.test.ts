import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema, execute, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GONE } from '../../src/values/departure.js';
import { until } from '../support/until.js';
import { closing, operator, startWholeApp, type WholeApp } from './observed-app.js';

const open = closing();
afterAll(() => open.all());

/** Fields that read each in another way: one object, a listing, several at once, by a node's id, about the person. */
const queries = [
  'query ($id: ID!) { pin(requestId: $id) { status } }',
  'query ($name: String!) { pins(first: 3, filter: { name: $name }) { nodes { name } } }',
  'query ($id: ID!) { a: pin(requestId: $id) { status } b: pin(requestId: "b") { status } pins { nodes { id } } me { uid } }',
];
const watching = 'subscription ($id: ID!) { pinStatus(requestId: $id) { status } }';
const slow = { authorization: 'Bearer some-token', ...operator };

/** Ways to ask and to hang up once the upstream has been asked. */
interface Operation {
  readonly query: string;
  /** A name of its own, by which the upstream's requests can be told from those that an earlier one left behind. */
  readonly variables: Readonly<Record<string, string>>;
}
const ways: readonly [string, (app: WholeApp, operation: Operation, asked: () => Promise<void>) => Promise<void>][] = [
  ['POST', (app, operation, asked) => hangUp(app, asked, { method: 'POST', body: JSON.stringify(operation) })],
  [
    'GET',
    (app, { query, variables }, asked) => {
      const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
      return hangUp(app, asked, { headers: { accept: 'application/json' } }, `?${search.toString()}`);
    },
  ],
  [
    'SSE',
    (app, operation, asked) =>
      hangUp(app, asked, {
        method: 'POST',
        headers: { accept: 'text/event-stream' },
        body: JSON.stringify(operation),
      }),
  ],
  ['a bare socket', bareSocket],
  ['a WebSocket that completes', (app, operation, asked) => overWebSocket(app, operation, asked, false)],
  ['a WebSocket that closes', (app, operation, asked) => overWebSocket(app, operation, asked, true)],
];

async function hangUp(app: WholeApp, asked: () => Promise<void>, init: RequestInit, search = ''): Promise<void> {
  const leaving = new AbortController();
  const headers = { 'content-type': 'application/json', ...slow, ...Object(init.headers) } as Record<string, string>;
  const answer = fetch(`${app.url}/graphql${search}`, { ...init, headers, signal: leaving.signal }).catch(() => null);
  await asked();
  leaving.abort();
  await answer;
}

async function bareSocket(app: WholeApp, operation: Operation, asked: () => Promise<void>): Promise<void> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  const body = JSON.stringify(operation);
  const lines = Object.entries({ host: 'localhost', 'content-type': 'application/json', ...slow });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`POST /graphql HTTP/1.1\r\n${head}content-length: ${body.length}\r\n\r\n${body}`);
  await asked();
  socket.destroy();
}

async function overWebSocket(
  app: WholeApp,
  operation: Operation,
  asked: () => Promise<void>,
  closes: boolean,
): Promise<void> {
  const client = createClient({
    url: `${app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazyCloseTimeout: closes ? 0 : 5_000,
    connectionParams: slow,
  });
  const leave = client.subscribe(operation, { next: () => {}, error: () => {}, complete: () => {} });
  await asked();
  if (closes) client.terminate();
  else leave();
  await sleep(20);
  await client.dispose();
}

describe.each([['compiled', { JIT: 'on' }] as const, ['interpreted', { JIT: 'off' }] as const])(
  'a caller who hangs up on an operation that is %s',
  (_how, settings) => {
    let app: WholeApp;
    beforeAll(async () => {
      const hang = async (_request: unknown, response: NodeJS.EventEmitter) => {
        await once(response, 'close');
        return undefined;
      };
      app = open.add(await startWholeApp(settings, { pinning: hang, pi: hang }));
    });

    it.each(ways)('is no error and has no code, over %s', async (name, way) => {
      const asking = [...queries, ...queries, ...(name === 'GET' ? [] : [watching])];
      for (const [at, query] of asking.entries()) {
        const id = `${name.replaceAll(' ', '-')}-${at}`;
        const over = app.logged('operation').length;
        const isAsked = () => app.pinning.requests.some(({ url }) => url.includes(id));
        await way(app, { query, variables: query.includes('$name') ? { name: id } : { id } }, () => until(isAsked));
        await until(() => app.logged('operation').length === over + 1);
        const line = app.logged('operation').at(-1);
        expect(line).not.toHaveProperty('codes');
        if (query !== watching) expect(line).toMatchObject({ kind: 'query', left: true });
      }
      expect(app.logged('masked_error')).toEqual([]);
      expect(app.logged().filter(({ level }) => level === 'error')).toEqual([]);
      const metrics = await (await fetch(`${app.url}/metrics`, { headers: operator })).text();
      const counted = metrics.split('\n').filter((line) => /^headgate_operation(s|_errors)_total/.test(line));
      expect(counted.some((line) => line.includes('result="left"'))).toBe(true);
      expect(counted.filter((line) => line.includes('error'))).toEqual([]);
    });
  },
);

it('needs no error of its own for each field that is stopped', async () => {
  const schema = buildSchema('type Query { a: Int b: [Int!]! }');
  const rootValue = { a: () => Promise.reject(GONE), b: () => Promise.reject(GONE) };
  const { errors } = await execute({ schema, document: parse('{ a b }'), rootValue });
  expect(errors?.length).toBeGreaterThan(0);
  for (const error of errors ?? []) expect(error).toBe(GONE);
});
