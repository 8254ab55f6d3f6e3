import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LogFields } from '../../src/log.js';
import type { ContextInput } from '../../src/server/options.js';
import { createStandIn, type StandIn } from './stand-in.js';
import { until } from '../support/until.js';

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

let app: StandIn;
let url = '';
let lines: LogFields[] = [];
let contexts: ContextInput[] = [];
beforeEach(async () => {
  [lines, contexts] = [[], []];
  const keep = (_event: string, fields?: LogFields) => void (fields && lines.push(fields));
  app = createStandIn({
    log: { debug: keep, info: keep, warn: keep, error: keep },
    isWatched: (header) => header('x-headgate-trace') === '1',
    createContext: (input) => {
      contexts.push(input);
      return { ...input, operator: input.header('x-gateway-key') ?? undefined };
    },
  });
  ({ url } = await app.listen('127.0.0.1', 0));
});
afterEach(() => app.close());

const post = (query: string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
    ...(signal ? { signal } : {}),
  });
const read = async (response: Promise<Response>): Promise<Answer> => (await response).json() as Promise<Answer>;
const key = { 'x-gateway-key': 'shop' };

/** One that waits, and then others that come while it does. */
async function behindOne<T>(others: () => readonly Promise<T>[], query = '{ wait }'): Promise<readonly Promise<T>[]> {
  const first = post(query, key);
  await until(() => app.events.waiting === 1);
  const rest = others();
  await until(() => app.load().inFlight === 1 + rest.length);
  void first.catch(() => undefined);
  return rest;
}
/** Lets all go on, until the last is told. */
const finish = (count: number): Promise<void> =>
  until(() => {
    app.events.release();
    return lines.length === count;
  });

it('a body is never taken for the address of a GET, whatever it says', async () => {
  const search = new URLSearchParams({ query: '{ wait }' }).toString();
  const first = fetch(`${url}/graphql?${search}`, { headers: { ...key, accept: 'application/json' } });
  await until(() => app.events.waiting === 1);
  const answers = await Promise.all(
    [search, `?${search}`, `GET ${search}`, `\ud800${search}`].map((body) =>
      fetch(`${url}/graphql`, { method: 'POST', headers: { ...key, 'content-type': 'application/json' }, body }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  app.events.release();
  expect((await first).status).toBe(200);
});

it('equal posts are read once, and each has its own id and its own line', async () => {
  const ids = Array.from({ length: 20 }, (_none, index) => `request-${index}`);
  const rest = await behindOne(() => ids.map((id) => post('{ wait }', { ...key, 'x-request-id': id })));
  await finish(21);
  for (const [index, one] of rest.entries()) {
    const response = await one;
    expect(response.headers.get('x-request-id')).toBe(ids[index]);
    expect(await response.json()).toEqual({ data: { wait: 'done' } });
  }
  expect(contexts.length).toBeLessThan(21);
  const own = lines.filter(({ requestId }) => ids.includes(String(requestId)));
  expect(new Set(own.map(({ requestId }) => requestId))).toEqual(new Set(ids));
  expect(own).toHaveLength(ids.length);
  for (const line of own) expect(line).toMatchObject({ kind: 'query', name: null, operator: 'shop', codes: undefined });
});

it('errors that are shared name the request of each who reads them', async () => {
  const query = '{ wait fail(how: "forbidden") }';
  const rest = await behindOne(
    () => ['one', 'other'].map((id) => read(post(query, { ...key, 'x-request-id': id }))),
    query,
  );
  await finish(3);
  const errors = (await Promise.all(rest)).flatMap((answer) => answer.errors ?? []);
  expect(errors.map(({ extensions }) => [extensions['requestId'], extensions['code']])).toEqual([
    ['one', 'FORBIDDEN'],
    ['other', 'FORBIDDEN'],
  ]);
});

it.each<[string, Record<string, string>]>([
  ['another key', { 'x-gateway-key': 'other' }],
  ['no key', {}],
  ['a token besides', { ...key, 'x-pinning-token': 'token' }],
  ["a person's token", { ...key, authorization: 'Bearer token' }],
  ['the wish to see its calls', { ...key, 'x-headgate-trace': '1' }],
])('a post with %s gets a context of its own', async (_what, headers) => {
  const [other] = await behindOne(() => [read(post('{ wait }', headers))]);
  await until(() => contexts.length === 2);
  expect(contexts[1]?.header('x-gateway-key')).toBe(headers['x-gateway-key'] ?? null);
  await finish(2);
  expect(await other).toEqual({ data: { wait: 'done' } });
});

it('a post whose answer nobody takes is refused, though an equal one is under way', async () => {
  const first = post('{ wait }', key);
  await until(() => app.events.waiting === 1);
  expect((await post('{ wait }', { ...key, accept: 'image/png' })).status).toBe(406);
  await finish(2);
  expect((await first).status).toBe(200);
});

it('a mutation that began in between parts them', async () => {
  const first = read(post('{ wait }', key));
  await until(() => app.events.waiting === 1);
  const mutation = read(post('mutation { slow }', key));
  await until(() => app.events.waiting === 2);
  const second = read(post('{ wait }', key));
  await until(() => app.events.waiting === 3);
  await finish(3);
  await Promise.all([first, mutation, second]);
  expect(contexts).toHaveLength(3);
});

it('who joined one that leaves gets its answer all the same', async () => {
  const leaving = new AbortController();
  const first = post('{ wait }', { ...key, 'x-request-id': 'first' }, leaving.signal).catch(() => undefined);
  await until(() => app.events.waiting === 1);
  const second = read(post('{ wait }', key));
  await until(() => app.load().inFlight === 2);
  leaving.abort();
  await first;
  await sleep(20);
  await finish(2);
  expect(await second).toEqual({ data: { wait: 'done' } });
  expect([contexts.length, app.events.aborted]).toEqual([1, []]);
  expect(lines.find(({ requestId }) => requestId === 'first')).toMatchObject({ left: true, codes: undefined });
});

it('what all have left is stopped', async () => {
  const leaving = [new AbortController(), new AbortController()];
  const first = post('{ wait }', key, leaving[0]?.signal).catch(() => undefined);
  await until(() => app.events.waiting === 1);
  const second = post('{ wait }', key, leaving[1]?.signal).catch(() => undefined);
  await until(() => app.load().inFlight === 2);
  for (const one of leaving) one.abort();
  await Promise.all([first, second]);
  await until(() => lines.length === 2);
  expect(app.events.aborted).toEqual(['wait']);
  for (const line of lines) expect(line).toMatchObject({ left: true, codes: undefined });
});
