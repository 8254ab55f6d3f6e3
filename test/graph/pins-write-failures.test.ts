import { describe, expect, it } from 'vitest';
import type { Script } from '../support/fake-upstream.js';
import { cut, drip, html, patient, refuse, reset, settingsFor, silence } from '../support/graph-faults.js';
import {
  callers,
  canary,
  cids,
  closeAfterAll,
  errorAt,
  expectClean,
  startPinsGraph,
  tainted,
  wirePin,
  writesMeet,
} from '../support/graph-pins.js';

closeAfterAll();

type Outcome =
  { readonly member: string; readonly fields?: object } | { readonly code: string; readonly more?: object };
interface WriteFailure {
  readonly script: Script;
  readonly add: Outcome;
  readonly replace?: Outcome;
  readonly remove?: Outcome;
}

const unknown: Outcome = { member: 'OutcomeUnknownError', fields: { code: 'OUTCOME_UNKNOWN' } };
const removed: Outcome = { member: 'RemovePinPayload' };

/** How writes end when reads work and the write itself meets the failure; `replace` and `remove` are as `add` unless told. */
const writes: Record<string, WriteFailure> = {
  'a socket that is reset': { script: reset, add: unknown },
  'no headers in time': { script: silence, add: unknown },
  'a body that drips': { script: drip, add: unknown },
  'an answer that is cut': { script: cut, add: unknown },
  'HTML with 200': { script: html(200), add: unknown },
  'an error with 200': { script: refuse(200, 'INTERNAL'), add: unknown },
  'HTML with 500': { script: html(500), add: unknown },
  // Whatever else stands in the body of a 2xx, the pin is gone.
  'half a JSON text': { script: () => tainted(200, '{"requestid": "x",'), add: unknown, remove: removed },
  'wrong types': { script: () => tainted(202, wirePin('x', { created: canary })), add: unknown, remove: removed },
  'a missing field': { script: () => tainted(202, { requestid: 'x' }), add: unknown, remove: removed },
  '204': { script: () => ({ status: 204 }), add: unknown, remove: removed },
  'other content': {
    script: () => tainted(202, wirePin('x', { pin: { cid: cids.c } })),
    add: unknown,
    remove: removed,
  },
  'a redirect': { script: () => tainted(307, '', { location: `https://${canary}.example/` }), add: unknown },
  'too much': { script: () => tainted(200, canary.repeat(2_000)), add: unknown },
  '500': { script: refuse(500, 'INTERNAL'), add: unknown },
  '503': { script: refuse(503, 'DOWN'), add: unknown },
  '400': {
    script: refuse(400, 'BAD_REQUEST'),
    add: { member: 'InvalidInputError', fields: { code: 'BAD_USER_INPUT', upstreamCode: 'BAD_REQUEST' } },
  },
  '400 DUPLICATE_OBJECT': {
    script: refuse(400, 'DUPLICATE_OBJECT'),
    add: { member: 'ConflictError', fields: { code: 'CONFLICT', upstreamCode: 'DUPLICATE_OBJECT' } },
  },
  '401': {
    script: refuse(401, 'UNAUTHORIZED'),
    add: { code: 'UPSTREAM_AUTH_FAILED', more: { upstreamStatus: 401, retryable: false, outcome: 'not_applied' } },
  },
  '403': {
    script: refuse(403, 'FORBIDDEN'),
    add: { code: 'UPSTREAM_AUTH_FAILED', more: { upstreamStatus: 403, retryable: false, outcome: 'not_applied' } },
  },
  '404': { script: refuse(404, 'NOT_FOUND'), add: { member: 'NotFoundError', fields: { code: 'NOT_FOUND' } } },
  '409': {
    script: refuse(409, 'INSUFFICIENT_FUNDS'),
    add: {
      member: 'InsufficientFundsError',
      fields: { code: 'INSUFFICIENT_FUNDS', upstreamCode: 'INSUFFICIENT_FUNDS' },
    },
  },
  '429': {
    script: refuse(429, 'SLOW', { 'retry-after': '2' }),
    add: { code: 'RATE_LIMITED', more: { retryAfterMs: 2_000, retryable: true, outcome: 'not_applied' } },
  },
};

const userError =
  '__typename ... on UserError { code message upstreamCode } ... on OutcomeUnknownError { idempotencyKey }';
const mutations = {
  add: `mutation { done: addPin(input: { cid: "${cids.a}" }) { ${userError} } }`,
  replace: `mutation { done: replacePin(input: { requestId: "x", cid: "${cids.b}" }) { ${userError} } }`,
  remove: `mutation { done: removePin(input: { requestId: "x" }) { ${userError} } }`,
} as const;

describe.concurrent('a write that fails', () => {
  it.each(Object.entries(writes))('%s', async (_name, failure) => {
    await Promise.all(
      (['add', 'replace', 'remove'] as const).map(async (mutation) => {
        const expected = failure[mutation] ?? failure.add;
        const graph = await startPinsGraph(settingsFor(failure.script));
        graph.acme.answer(writesMeet(failure.script));
        const answer = await graph.query<{ done: { __typename: string; idempotencyKey?: string | null } | null }>(
          mutations[mutation],
        );
        expectClean(answer);
        if ('member' in expected) {
          expect(answer.errors, mutation).toBeUndefined();
          expect(answer.data?.done, mutation).toMatchObject({ __typename: expected.member, ...expected.fields });
          if (expected === unknown)
            expect(answer.data?.done?.idempotencyKey).toEqual(
              mutation === 'remove' ? null : expect.stringMatching(/.{8,}/),
            );
        } else {
          expect(answer.data, mutation).toEqual({ done: null });
          expect(errorAt(answer, 'done').extensions).toMatchObject({
            code: expected.code,
            provider: 'pinning:acme',
            requestId: expect.any(String),
            ...expected.more,
          });
        }
        // Never twice without a look in between: an addition once, a replacement at most twice, a removal as often as it takes.
        const sendings = graph.acme.requests.filter((request) => request.method !== 'GET').length;
        expect(sendings).toBeLessThanOrEqual({ add: 1, replace: 2, remove: 3 }[mutation]);
      }),
    );
  });

  it('that could not be sent says so', async () => {
    for (const text of Object.values(mutations)) {
      const graph = await startPinsGraph(patient);
      await graph.acme.close();
      const answer = await graph.query(text);
      expect(errorAt(answer, 'done').extensions).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        retryable: true,
        outcome: 'not_applied',
        provider: 'pinning:acme',
      });
      expectClean(answer);
    }
  });

  it('when nothing works is unknown once it was sent, and surely not applied before', async () => {
    for (const script of [refuse(500, 'INTERNAL'), html(200), reset]) {
      const graph = await startPinsGraph(patient);
      graph.acme.answer(script);
      const unkeyed = await graph.query<{ done: object }>(mutations.add);
      expect(unkeyed.data?.done).toMatchObject({ __typename: 'OutcomeUnknownError' });
      expect(graph.acme.count('POST')).toBe(1);
      // With a key of the caller's there may be an earlier sending, and nobody can look for it.
      const keyed = await graph.query(mutations.add.replace('input: {', 'input: { idempotencyKey: "k",'));
      expect(errorAt(keyed, 'done').extensions).toMatchObject({ retryable: true, outcome: 'not_applied' });
      expect(graph.acme.count('POST')).toBe(1);
    }
  });

  it("of a caller's own credential", async () => {
    const graph = await startPinsGraph(patient);
    graph.acme.answer(refuse(401, 'NO'));
    for (const text of Object.values(mutations)) {
      expect(errorAt(await graph.query(text, {}, callers.token), 'done').extensions).toMatchObject({
        code: 'UNAUTHENTICATED',
        outcome: 'not_applied',
      });
    }
  });

  it('leaves its neighbours alone', async () => {
    const graph = await startPinsGraph(patient);
    graph.acme.answer(writesMeet(refuse(401, 'NO')));
    const answer = await graph.query<{ two: { pin: object } }>(
      'mutation { one: removePin(input: { requestId: "x" }) { __typename } two: addPin(input: { cid: ' +
        `"${cids.a}", service: "other" }) { ... on AddPinPayload { pin { service status } } } }`,
    );
    expect(errorAt(answer, 'one').extensions['code']).toBe('UPSTREAM_AUTH_FAILED');
    expect(answer.data?.two).toEqual({ pin: { service: 'other', status: 'QUEUED' } });
  });
});
