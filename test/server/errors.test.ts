import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/error-codes.js';
import { canary, createStandIn, post, readAnswer } from './stand-in.js';

const app = createStandIn();
const first = async (query: string, variables?: Record<string, unknown>) =>
  (await post(app, query, variables)).errors[0];

describe('errors', () => {
  it.each([
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ hello(name: 1) }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query A { hello } query B { hello }', 'BAD_USER_INPUT'],
    ['{ fail(how: "bug") }', 'INTERNAL_SERVER_ERROR'],
    ['{ must }', 'INTERNAL_SERVER_ERROR'],
    ['{ fail(how: "forbidden") }', 'FORBIDDEN'],
    ['{ fail(how: "graphql") }', 'TOO_MANY_REQUESTS'],
    // To a caller who takes JSON alone: nothing is opened for them.
    ['subscription { refused }', 'BAD_USER_INPUT'],
  ])('%s gives %s, retryable and a request id', async (query, code) => {
    const answer = await post(app, query, {}, { 'x-request-id': 'req-1' });
    expect(answer.errors[0]?.extensions).toEqual({ code, retryable: code === 'TOO_MANY_REQUESTS', requestId: 'req-1' });
    expect(errorCodes).toContain(code);
    expect(answer.text).not.toContain(canary);
  });

  it.each([
    [
      'query A { hello } query B { hello }',
      undefined,
      'several operations, and operationName says which to run: A, B.',
    ],
    ['query A { hello } query B { hello }', 'C', 'no operation named "C"; it has A, B.'],
    ['{ hello }', 'C', 'no operation named "C"; it has one without a name.'],
    ['query A { hello }', 'x'.repeat(5_000), `no operation named "${'x'.repeat(100)}"; it has A.`],
    ['query A { hello }', `x${'👩'.repeat(500)}`, `no operation named "x${'👩'.repeat(99)}"; it has A.`],
    [
      Array.from({ length: 12 }, (_none, index) => `query Q${index} { hello }`).join(' '),
      'C',
      'no operation named "C"; it has Q0, Q1, Q2, Q3, Q4, Q5, Q6, Q7, Q8, Q9, ….',
    ],
    ['fragment a on Query { hello }', undefined, 'no operation, only fragments.'],
  ])('says of %s and the name %s which operations are there', async (query, operationName, words) => {
    const answer = await readAnswer(
      await app.fetch(
        new Request('http://headgate/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ query, operationName }),
        }),
      ),
    );
    expect(answer.errors).toMatchObject([
      { message: `The document has ${words}`, extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  it('takes an empty operationName for none', async () => {
    const body = JSON.stringify({ query: '{ hello }', operationName: '' });
    const request = new Request('http://headgate/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body,
    });
    expect(await readAnswer(await app.fetch(request))).toMatchObject({ data: { hello: 'hello world' } });
  });

  it('answers 200 when the operation ran, 500 when nothing could', async () => {
    expect((await post(app, '{ fail(how: "bug") }')).status).toBe(200);
    const broken = createStandIn({
      createContext: () => {
        throw new Error(canary);
      },
    });
    const answer = await post(broken, '{ hello }');
    expect(answer.status).toBe(500);
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      requestId: expect.any(String),
    });
    expect(answer.text).not.toContain(canary);
  });

  it('keeps the path and the neighbours of a field that failed', async () => {
    const { data, errors } = await post(app, '{ hello fail(how: "bug") }');
    expect(data).toEqual({ hello: 'hello world', fail: null });
    expect(errors[0]?.path).toEqual(['fail']);
  });

  it('suggests names outside production alone', async () => {
    expect((await first('{ helo }'))?.message).toContain('Did you mean');
    const production = createStandIn({ production: true });
    for (const query of ['{ helo }', '{ pins(filter: { nam: "x" }) { id } }', '{ pins { id ...on Pinn { id } } }']) {
      expect((await post(production, query)).text).not.toContain('Did you mean');
    }
    expect(
      (await post(production, 'query ($f: PinFilter) { pins(filter: $f) { id } }', { f: { nam: 'x' } })).text,
    ).not.toContain('Did you mean');
  });

  it('does not send a long name back', async () => {
    expect((await post(app, `{ ${'x'.repeat(50_000)} }`)).text.length).toBeLessThan(2_000);
  });

  it('introspects for those who may', async () => {
    const closed = createStandIn({ introspection: (header) => header('x-gateway-key') === 'k' });
    const query = '{ __schema { queryType { name } } }';
    expect((await post(closed, query)).errors[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
    expect((await post(closed, query, {}, { 'x-gateway-key': 'k' })).data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    });
    expect((await post(closed, query)).data).toBeUndefined();
  });
});

describe('input that a scalar refuses', () => {
  it.each([
    ['{ pin(requestId: "1", cid: "nope") { id } }', {}, 'cid'],
    ['{ pins(filter: { cids: ["QmA", "nope"] }) { id } }', {}, 'filter.cids[1]'],
    ['mutation { add(cid: 5) { id } }', {}, 'cid'],
    ['query ($c: CID) { pin(requestId: "1", cid: $c) { id } }', { c: 'nope' }, 'cid'],
    ['query ($f: PinFilter) { pins(filter: $f) { id } }', { f: { cids: ['QmA', 'QmB', 'nope'] } }, 'filter.cids[2]'],
    ['query ($c: [CID!]) { pins(filter: { cids: $c }) { id } }', { c: ['nope'] }, 'filter.cids[0]'],
    ['query ($id: ID!) { pin(requestId: $id) { id } }', {}, 'requestId'],
    ['query ($id: ID!) { pin(requestId: $id) { id } }', { id: null }, 'requestId'],
    ['query ($f: PinFilter) { pins(filter: $f) { id } }', { f: { limit: 'many' } }, 'filter.limit'],
    ['subscription ($n: Int!) { count(to: $n) }', { n: 'x' }, 'to'],
    ['query ($c: CID = "nope") { pin(requestId: "1", cid: $c) { id } }', {}, '$c'],
  ])('%s with %j names the argument', async (query, variables, argument) => {
    const error = await first(query, variables);
    expect(error?.message.startsWith(`${argument}: `)).toBe(true);
    expect(error?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it('is bad input when a nullable variable turns out null', async () => {
    const error = await first('query ($id: ID = "1") { pin(requestId: $id) { id } }', { id: null });
    expect(error?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it('is 400 for the newer media type', async () => {
    const response = await app.fetch(
      new Request('http://headgate/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body: JSON.stringify({
          query: 'query ($c: CID) { pin(requestId: "1", cid: $c) { id } }',
          variables: { c: 'nope' },
        }),
      }),
    );
    expect((await readAnswer(response)).status).toBe(400);
  });

  it('stops after ten faults', async () => {
    const { errors } = await post(app, 'query ($f: PinFilter) { pins(filter: $f) { id } }', {
      f: { cids: Array.from({ length: 50 }, () => 'no') },
    });
    expect(errors).toHaveLength(10);
  });
});
