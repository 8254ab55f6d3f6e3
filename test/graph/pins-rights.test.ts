import { describe, expect, it } from 'vitest';
import type { GraphAnswer } from '../support/create-test-app.js';
import {
  callers,
  cids,
  closeAfterEach,
  codesIn,
  errorAt,
  expectClean,
  globalId,
  startPinsGraph,
  startService,
  wirePin,
  type PinsGraph,
} from '../support/graph-pins.js';

closeAfterEach();

type Headers = Record<string, string>;
type Ask = (graph: PinsGraph, headers: Headers) => Promise<GraphAnswer<Record<string, unknown>>>;

const query =
  (text: string): Ask =>
  (graph, headers) =>
    graph.query(text, {}, headers);
/** The first thing that a subscription says. */
const subscribe =
  (text: string): Ask =>
  async (graph, headers) => {
    const events = graph.subscribe<Record<string, unknown>>(text, {}, headers);
    const first = await events.next();
    await events.return(undefined);
    return first.done ? {} : first.value;
  };

const reads: Record<string, Ask> = {
  pin: query('{ field: pin(requestId: "x") { status } }'),
  pins: query('{ field: pins { totalCount nodes { status } } }'),
  node: query(`{ field: node(id: "${globalId('acme', 'x')}") { id } }`),
  pinStatus: subscribe('subscription { field: pinStatus(requestId: "x") { status } }'),
  pinStatuses: subscribe('subscription { field: pinStatuses(requestIds: ["x", "y"]) { status } }'),
};
const writes: Record<string, Ask> = {
  addPin: query(`mutation { field: addPin(input: { cid: "${cids.b}" }) { __typename } }`),
  replacePin: query(`mutation { field: replacePin(input: { requestId: "x", cid: "${cids.b}" }) { __typename } }`),
  removePin: query('mutation { field: removePin(input: { requestId: "y" }) { __typename } }'),
};

interface Caller {
  readonly headers: Headers;
  readonly read: string | null;
  readonly write: string | null;
}

/** Null = may. */
const matrix: Record<string, Caller> = {
  nobody: { headers: callers.anonymous, read: 'UNAUTHENTICATED', write: 'UNAUTHENTICATED' },
  'a wrong operator key': { headers: callers.stranger, read: 'UNAUTHENTICATED', write: 'UNAUTHENTICATED' },
  'an operator without the scope': { headers: callers.piOperator, read: 'FORBIDDEN', write: 'FORBIDDEN' },
  'an operator who may read': { headers: callers.reader, read: null, write: 'FORBIDDEN' },
  'an operator who may do both': { headers: callers.operator, read: null, write: null },
  'a token of the service': { headers: callers.token, read: null, write: null },
  'an empty token': { headers: callers.emptyToken, read: 'UNAUTHENTICATED', write: 'UNAUTHENTICATED' },
  'a malformed token': { headers: callers.malformedToken, read: 'UNAUTHENTICATED', write: 'UNAUTHENTICATED' },
  'an operator with an empty token': {
    headers: { ...callers.operator, ...callers.emptyToken },
    read: 'UNAUTHENTICATED',
    write: 'UNAUTHENTICATED',
  },
  'an operator with a malformed token': {
    headers: { ...callers.operator, ...callers.malformedToken },
    read: 'UNAUTHENTICATED',
    write: 'UNAUTHENTICATED',
  },
  'an operator without the scope, with a token': {
    headers: { ...callers.piOperator, ...callers.token },
    read: null,
    write: null,
  },
  'a Pi user': { headers: callers.piUser, read: 'FORBIDDEN', write: 'FORBIDDEN' },
  'a Pi user with a wrong operator key': {
    headers: { ...callers.piUser, ...callers.stranger },
    read: 'FORBIDDEN',
    write: 'FORBIDDEN',
  },
  'a credential of another provider': {
    headers: { 'x-bitminter-key': 'key' },
    read: 'UNAUTHENTICATED',
    write: 'UNAUTHENTICATED',
  },
};

describe('what each caller may do', () => {
  it.each(Object.entries(matrix))('%s', async (_name, { headers, read, write }) => {
    const graph = await startPinsGraph();
    graph.acme.put({ requestid: 'x', status: 'pinned', pin: { cid: cids.a } });
    graph.acme.put({ requestid: 'y', status: 'pinned', pin: { cid: cids.a } });
    const asked = [
      ...Object.entries(reads).map(([name, ask]) => [name, ask, read] as const),
      ...Object.entries(writes).map(([name, ask]) => [name, ask, write] as const),
    ];
    for (const [name, ask, code] of asked) {
      const before = graph.sent();
      const answer = await ask(graph, headers);
      expectClean(answer);
      if (code === null) {
        expect(answer.errors, name).toBeUndefined();
        expect(answer.data?.['field'], name).toBeTruthy();
        expect(graph.sent(), name).toBeGreaterThan(before);
        continue;
      }
      expect(codesIn(answer), name).toEqual([code]);
      expect(answer.errors?.[0]?.extensions).toMatchObject({ retryable: false, requestId: expect.any(String) });
      expect(answer.data?.['field'] ?? null, name).toBeNull();
      expect(graph.sent(), name).toBe(before);
    }
  });
});

describe('which credential goes where', () => {
  const bearers = (service: PinsGraph['acme']) => [
    ...new Set(service.requests.map((request) => request.headers.authorization)),
  ];

  it("the server's own, each to its own service", async () => {
    const graph = await startPinsGraph();
    await graph.query('{ a: pin(requestId: "x") { id } b: pin(requestId: "x", service: "other") { id } }');
    expect(bearers(graph.acme)).toEqual(['Bearer acme-token-CANARY']);
    expect(bearers(graph.other)).toEqual(['Bearer other-token-CANARY']);
  });

  it("the caller's in place of the server's, and no other header", async () => {
    const graph = await startPinsGraph();
    const headers = {
      ...callers.operator,
      ...callers.token,
      ...callers.piUser,
      'x-bitminter-key': 'bm',
      cookie: 'a=b',
    };
    await graph.query('{ pin(requestId: "x") { id } pins { totalCount } }', {}, headers);
    expect(bearers(graph.acme)).toEqual(['Bearer callers-own-token']);
    const received = JSON.stringify(graph.acme.requests.map((request) => request.headers));
    for (const secret of ['test-operator-key', 'some-pi-token', '"bm"', 'a=b', 'x-gateway-key', 'x-pinning-token'])
      expect(received).not.toContain(secret);
  });

  it('a token to one service only, the first that the operation names', async () => {
    const graph = await startPinsGraph();
    graph.acme.put({ requestid: 'x', pin: { cid: cids.a } });
    graph.other.put({ requestid: 'x', pin: { cid: cids.a } });
    for (const headers of [callers.token, { ...callers.operator, ...callers.token }]) {
      const forth = await graph.query(
        '{ a: pin(requestId: "x") { service } b: pin(requestId: "x", service: "other") { service } c: ' +
          `pins(service: "other") { totalCount } d: node(id: "${globalId('other', 'x')}") { id } e: ` +
          'pin(requestId: "x", service: "acme") { service } }',
        {},
        headers,
      );
      expect(forth.data).toEqual({ a: { service: 'acme' }, b: null, c: null, d: null, e: { service: 'acme' } });
      for (const path of ['b', 'c', 'd']) expect(errorAt(forth, path).extensions['code']).toBe('UNAUTHENTICATED');
    }
    expect(graph.other.requests).toEqual([]);
    const back = await graph.query(
      '{ b: pin(requestId: "x", service: "other") { service } a: pin(requestId: "x") { service } }',
      {},
      callers.token,
    );
    expect(back.data).toEqual({ b: { service: 'other' }, a: null });
  });

  it('a token to one service only, in changes as well', async () => {
    const graph = await startPinsGraph();
    const answer = await graph.query(
      `mutation { a: addPin(input: { cid: "${cids.a}", service: "other" }) { __typename } b: addPin(input: ` +
        `{ cid: "${cids.a}" }) { __typename } }`,
      {},
      callers.token,
    );
    expect(answer.data).toEqual({ a: { __typename: 'AddPinPayload' }, b: null });
    expect(errorAt(answer, 'b').extensions['code']).toBe('UNAUTHENTICATED');
    expect(graph.acme.requests).toEqual([]);
  });

  it('nothing read with one credential is seen with another', async () => {
    const graph = await startPinsGraph();
    graph.acme.answer((request) => ({
      body: wirePin('x', { pin: { cid: cids.a, name: request.headers.authorization } }),
    }));
    const [mine, theirs] = await Promise.all(
      [callers.token, callers.operator].map((headers) =>
        graph.query<{ pin: { name: string } }>('{ pin(requestId: "x") { name } }', {}, headers),
      ),
    );
    expect(mine?.data?.pin.name).toBe('Bearer callers-own-token');
    expect(theirs?.data?.pin.name).toBe('Bearer acme-token-CANARY');
  });
});

describe("a service without a token of the server's", () => {
  it('is for callers with their own', async () => {
    const bare = await startService();
    bare.put({ requestid: 'x', pin: { cid: cids.a } });
    const graph = await startPinsGraph({ PINNING_SERVICES: 'acme,bare', PINNING_BARE_URL: bare.url });
    const text = '{ pin(requestId: "x", service: "bare") { status } }';
    expect(errorAt(await graph.query(text), 'pin').extensions).toMatchObject({
      code: 'PROVIDER_DISABLED',
      provider: 'pinning:bare',
      retryable: false,
    });
    const added = await graph.query(`mutation { addPin(input: { cid: "${cids.a}", service: "bare" }) { __typename } }`);
    expect(errorAt(added, 'addPin').extensions['code']).toBe('PROVIDER_DISABLED');
    const watched = await subscribe('subscription { pinStatus(requestId: "x", service: "bare") { status } }')(
      graph,
      callers.operator,
    );
    expect(codesIn(watched)).toEqual(['PROVIDER_DISABLED']);
    expect(codesIn(await graph.query(text, {}, callers.anonymous))).toEqual(['UNAUTHENTICATED']);
    expect(codesIn(await graph.query(text, {}, callers.piOperator))).toEqual(['FORBIDDEN']);
    expect(bare.requests).toEqual([]);
    expect(await graph.query(text, {}, callers.token)).toEqual({ data: { pin: { status: 'QUEUED' } } });
  });

  it('shows in pinningServices, for each caller', async () => {
    const graph = await startPinsGraph({ PINNING_SERVICES: 'acme,bare', PINNING_BARE_URL: 'https://bare.example' });
    const usable = async (headers: Headers) =>
      (await graph.query('{ pinningServices { name usable } }', {}, headers)).data;
    const services = (acme: boolean, bare: boolean) => ({
      pinningServices: [
        { name: 'acme', usable: acme },
        { name: 'bare', usable: bare },
      ],
    });
    expect(await usable(callers.anonymous)).toEqual(services(false, false));
    expect(await usable(callers.reader)).toEqual(services(true, false));
    expect(await usable(callers.piOperator)).toEqual(services(false, false));
    expect(await usable(callers.token)).toEqual(services(true, true));
    expect(await usable({ ...callers.operator, ...callers.emptyToken })).toEqual(services(false, false));
    expect(graph.sent()).toBe(0);
  });
});

describe('a refusal', () => {
  it('of a change hides what is wrong with its input', async () => {
    const graph = await startPinsGraph();
    const bad = ['requestId: ".."', 'meta: { a: 1 }', 'service: "nowhere"', 'idempotencyKey: ""'];
    for (const [headers, code] of [
      [callers.anonymous, 'UNAUTHENTICATED'],
      [callers.reader, 'FORBIDDEN'],
      [callers.emptyToken, 'UNAUTHENTICATED'],
    ] as const) {
      for (const text of [
        ...bad.slice(1).map((field) => `addPin(input: { cid: "${cids.a}", ${field} }) { __typename }`),
        ...bad.map(
          (field) =>
            `replacePin(input: { ${field.startsWith('requestId') ? '' : 'requestId: "x",'} cid: "${cids.a}", ${field} }) { __typename }`,
        ),
        'removePin(input: { requestId: ".." }) { __typename }',
        'removePin(input: { requestId: "x", service: "nowhere" }) { __typename }',
      ]) {
        expect(codesIn(await graph.query(`mutation { ${text} }`, {}, headers)), text).toEqual([code]);
      }
    }
    expect(graph.sent()).toBe(0);
  });

  it('of a read hides it too', async () => {
    const graph = await startPinsGraph();
    for (const field of [
      'pin(requestId: "..") { id }',
      'pin(requestId: "x", service: "nowhere") { id }',
      'pins(first: 101) { totalCount }',
      'pins(after: "nonsense") { totalCount }',
      `node(id: "${globalId('nowhere', 'x')}") { id }`,
    ]) {
      expect(codesIn(await graph.query(`{ ${field} }`, {}, callers.anonymous)), field).toEqual(['UNAUTHENTICATED']);
    }
    for (const field of ['pinStatus(requestId: "..") { id }', 'pinStatus(requestId: "x", service: "nowhere") { id }']) {
      expect(codesIn(await subscribe(`subscription { ${field} }`)(graph, callers.anonymous)), field).toEqual([
        'UNAUTHENTICATED',
      ]);
    }
  });

  it('leaves public fields alone', async () => {
    const graph = await startPinsGraph();
    const answer = await graph.query(
      '{ pin(requestId: "x") { id } pinningServices { name } providers { name enabled circuit lastSuccessAt reachable } }',
      {},
      { ...callers.stranger, ...callers.malformedToken },
    );
    expect(codesIn(answer)).toEqual(['UNAUTHENTICATED']);
    expect(answer.data).toMatchObject({ pin: null, pinningServices: [{ name: 'acme' }, { name: 'other' }] });
    expect(answer.data).toHaveProperty(
      'providers',
      expect.arrayContaining([
        { name: 'pinning:acme', enabled: true, circuit: null, lastSuccessAt: null, reachable: null },
      ]),
    );
    expect(graph.sent()).toBe(0);
  });
});
