import { describe, expect, it } from 'vitest';
import { callers, cids, closeAfterEach, startPinsGraph, type PinsGraph } from '../support/graph-pins.js';

closeAfterEach();
let graph: PinsGraph;

const add = `mutation ($input: AddPinInput!) { addPin(input: $input) {
  __typename ... on AddPinPayload { pin { name } } ... on InvalidInputError { issues { path } } } }`;

describe('a name', () => {
  it('has 255 characters, however many bytes: 200 Hangul letters are sent, 256 are too many', async () => {
    graph = await startPinsGraph();
    const named = (name: string) => graph.query(add, { input: { cid: cids.a, name } });
    for (const name of ['각'.repeat(200), '한'.repeat(255), '🌾'.repeat(255)])
      expect((await named(name)).data).toEqual({ addPin: { __typename: 'AddPinPayload', pin: { name } } });
    expect((await named('한'.repeat(256))).data).toEqual({
      addPin: { __typename: 'InvalidInputError', issues: [{ path: ['input', 'name'] }] },
    });
    expect([...graph.acme.pins.values()].map(({ pin }) => pin.name?.length)).toEqual([200, 255, 510]);
  });
});

describe('a plan that is not paid', () => {
  const paid = { reason: 'PAID_PLAN', details: 'The Pinning Service API requires a paid account' };
  const addTold = `mutation ($input: AddPinInput!) { addPin(input: $input) {
    __typename ... on UserError { code upstreamCode upstreamDetails } } }`;

  it('is no fault of the credential, and is told in the service’s words to those whose call it was', async () => {
    graph = await startPinsGraph();
    graph.acme.answer(() => ({ status: 403, body: { error: paid } }));
    for (const caller of [callers.operator, callers.token]) {
      const listed = await graph.query('{ pins(first: 1) { nodes { requestId } } }', {}, caller);
      expect(listed.errors?.map(({ extensions }) => extensions)).toMatchObject([
        { code: 'INSUFFICIENT_FUNDS', upstreamStatus: 403, upstreamCode: 'PAID_PLAN' },
      ]);
      // Without a key nothing has to be looked for first, so it is the sending that is refused.
      graph.acme.answer(({ method }) =>
        method === 'GET' ? { body: { count: 0, results: [] } } : { status: 403, body: { error: paid } },
      );
      expect((await graph.query(addTold, { input: { cid: cids.a } }, caller)).data).toEqual({
        addPin: {
          __typename: 'InsufficientFundsError',
          code: 'INSUFFICIENT_FUNDS',
          upstreamCode: 'PAID_PLAN',
          upstreamDetails: paid.details,
        },
      });
      graph.acme.answer(() => ({ status: 403, body: { error: paid } }));
    }
  });

  it('is one when the service says so', async () => {
    graph = await startPinsGraph();
    for (const reason of ['FORBIDDEN', 'UNPAIDFOR', 'REPAID', undefined]) {
      graph.acme.answer(() => ({ status: 403, body: { error: { reason } } }));
      const { errors } = await graph.query('{ pins(first: 1) { nodes { requestId } } }');
      expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['UPSTREAM_AUTH_FAILED']);
    }
  });
});
