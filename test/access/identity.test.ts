import { describe, expect, it } from 'vitest';
import type { FakeAnswer, Script } from '../support/fake-upstream.js';
import {
  ANN,
  callers,
  change,
  closeAfterEach,
  startPaymentsGraph,
  wireUser,
  type Wire,
} from '../support/graph-payments.js';
import { codesIn, errorAt } from '../support/graph-pins.js';
import { asked, holdClock, me, meAnswers, ok, pass, validFor } from './identity-support.js';

closeAfterEach();
holdClock();

describe('how long an answer of /me is used', () => {
  it('for ME_CACHE_TTL_MS, by every operation with that token and by no other', async () => {
    const graph = await startPaymentsGraph();
    expect(await me(graph)).toEqual(ok);
    pass(59_000);
    expect(await me(graph)).toEqual(ok);
    expect(asked(graph)).toBe(1);
    expect((await me(graph, callers.ben)).data?.me?.uid).toBe('uid-of-ben');
    pass(1_001);
    expect(await me(graph)).toEqual(ok);
    expect(asked(graph)).toBe(3);
    const always = await startPaymentsGraph({ ME_CACHE_TTL_MS: '0' });
    await me(always);
    await me(always);
    expect(asked(always)).toBe(2);
  });

  it('never later than 30 seconds before the token ends', async () => {
    const graph = await startPaymentsGraph();
    meAnswers(graph, { body: validFor(40) });
    expect(await me(graph)).toEqual(ok);
    pass(9_000);
    expect(await me(graph)).toEqual(ok);
    expect(asked(graph)).toBe(1);
    pass(1_000);
    expect(codesIn(await me(graph))).toEqual(['UNAUTHENTICATED']);
  });

  it.each([-3_600_000, 3_600_000])("by our own clock, whatever Pi's clock says (%i ms)", async (skewMs) => {
    const graph = await startPaymentsGraph();
    meAnswers(graph, {
      headers: { date: new Date(Date.now() + skewMs).toUTCString(), age: '0', 'cache-control': 'max-age=86400' },
      body: validFor(40),
    });
    expect(await me(graph)).toEqual(ok);
    pass(9_999);
    expect(await me(graph)).toEqual(ok);
    expect(asked(graph)).toBe(1);
    pass(1);
    expect(codesIn(await me(graph))).toEqual(['UNAUTHENTICATED']);
    meAnswers(graph, { headers: { date: new Date(Date.now() - 86_400_000).toUTCString() }, body: validFor(-1) });
    expect(codesIn(await me(graph)), 'a token that has ended').toEqual(['UNAUTHENTICATED']);
  });

  it('not for money when it is older than 10 seconds', async () => {
    const graph = await startPaymentsGraph();
    graph.pi.put('p1');
    await me(graph);
    pass(10_000);
    await change(graph, 'approvePayment', { paymentId: 'p1' }, callers.ann);
    expect(asked(graph)).toBe(1);
    pass(1);
    await change(graph, 'cancelPayment', { paymentId: 'p1' }, callers.ann);
    expect(asked(graph)).toBe(2);
    pass(10_001);
    meAnswers(graph, { status: 503, body: '' });
    const answer = await change(graph, 'completePayment', { paymentId: 'p1', txid: 'ab'.repeat(32) }, callers.ann);
    expect(errorAt(answer, 'result').extensions).toMatchObject({ code: 'AUTH_PROVIDER_UNAVAILABLE', retryable: true });
    expect(await me(graph), 'a read goes on with what is still valid').toEqual(ok);
  });

  it('not any more once Pi refuses the token', async () => {
    const graph = await startPaymentsGraph();
    await me(graph);
    pass(11_000);
    meAnswers(graph, { status: 401, body: '' });
    expect(codesIn(await change(graph, 'approvePayment', { paymentId: 'p1' }, callers.ann))).toEqual([
      'UNAUTHENTICATED',
    ]);
    expect(codesIn(await me(graph))).toEqual(['UNAUTHENTICATED']);
    expect(graph.pi.seen()).toEqual(['GET /me', 'GET /me']);
  });
});

describe('a refused token', () => {
  it('is remembered for 5 seconds at most', async () => {
    for (const ttl of ['5000', '60000']) {
      const graph = await startPaymentsGraph({ ME_NEGATIVE_TTL_MS: ttl });
      meAnswers(graph, { status: 401, body: '' });
      expect(codesIn(await me(graph))).toEqual(['UNAUTHENTICATED']);
      meAnswers(graph, { body: wireUser(ANN) });
      pass(4_990);
      expect(codesIn(await me(graph))).toEqual(['UNAUTHENTICATED']);
      expect(asked(graph)).toBe(1);
      pass(20);
      expect(await me(graph)).toEqual(ok);
    }
  });

  it('is asked about each time when ME_NEGATIVE_TTL_MS is 0', async () => {
    const graph = await startPaymentsGraph({ ME_NEGATIVE_TTL_MS: '0' });
    await me(graph, callers.refusedBearer);
    await me(graph, callers.refusedBearer);
    expect(asked(graph)).toBe(2);
  });

  it('leaves public fields alone', async () => {
    const graph = await startPaymentsGraph();
    const answer = await graph.query('{ me { uid } providers { name } }', {}, callers.refusedBearer);
    expect(codesIn(answer)).toEqual(['UNAUTHENTICATED']);
    expect(answer.data).toMatchObject({ me: null, providers: expect.arrayContaining([{ name: 'pi' }]) });
  });
});

/** JSON that is no user: it says something, and nothing about anybody. Denied, and asked again the next time. */
const nobody: Record<string, unknown> = {
  'no object': ['uid'],
  'a string': '"uid"',
  null: 'null',
  'no uid': { ...wireUser(ANN), uid: undefined },
  'an empty uid': wireUser(''),
  'a number for a uid': { ...wireUser(ANN), uid: 7 },
  'no credentials': { uid: ANN },
  'no end': { uid: ANN, credentials: { scopes: [] } },
  'an end that is no moment': wireUser(ANN, { credentials: { scopes: [], valid_until: { iso8601: 'tomorrow' } } }),
  'an end that is text of digits': wireUser(ANN, {
    credentials: { scopes: [], valid_until: { timestamp: '4070908799' } },
  }),
  'an end in the past': wireUser(ANN, { credentials: { scopes: [], valid_until: { timestamp: 1767225599 } } }),
  'an end within 30 seconds': wireUser(ANN, {
    credentials: { scopes: [], valid_until: { timestamp: Date.UTC(2026, 2, 9, 12) / 1_000 + 30 } },
  }),
  'scopes of another type': wireUser(ANN, {
    credentials: { scopes: 'payments', valid_until: { timestamp: 4070908799 } },
  }),
  'the token of another app': wireUser(ANN, { app_id: 'another-app' }),
};

describe('an answer that names nobody', () => {
  it.each(Object.entries(nobody))('%s', async (_name, body) => {
    const graph = await startPaymentsGraph({ PI_APP_ID: 'this-app' });
    meAnswers(graph, { body });
    const answer = await me(graph);
    expect(errorAt(answer, 'me').extensions).toMatchObject({ code: 'UNAUTHENTICATED', retryable: false });
    expect(asked(graph)).toBe(1);
    meAnswers(graph, { body: wireUser(ANN, { app_id: 'this-app' }) });
    expect(await me(graph), 'nothing was remembered').toEqual(ok);
  });

  it('a number counts seconds or milliseconds, and a readable text goes before it', async () => {
    const now = Date.now();
    const ends: [Wire, string][] = [
      [{ timestamp: now / 1_000 + 3_600 }, '2026-03-09T13:00:00Z'],
      [{ timestamp: now + 3_600_000 }, '2026-03-09T13:00:00.000Z'],
      [{ timestamp: 1, iso8601: '2026-03-09T15:00:00.250+02:00' }, '2026-03-09T13:00:00.250Z'],
      [{ timestamp: now + 3_600_000, iso8601: 'soon' }, '2026-03-09T13:00:00.000Z'],
    ];
    for (const [valid_until, text] of ends) {
      const graph = await startPaymentsGraph();
      meAnswers(graph, { body: wireUser(ANN, { credentials: { scopes: ['a', 'b'], valid_until } }) });
      expect(await graph.query('{ me { tokenValidUntil scopes username walletAddress } }', {}, callers.ann)).toEqual({
        data: { me: { tokenValidUntil: text, scopes: ['a', 'b'], username: `name-${ANN}`, walletAddress: null } },
      });
    }
  });
});

const cut: Script = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '900' });
  response.write('{"uid":"uid-of-ann"');
  setTimeout(() => response.destroy(), 5);
  return undefined;
};
/** Nobody can tell who it is: worth another try, and nothing to remember. */
const outages: Record<string, FakeAnswer | Script> = {
  '500': { status: 500, body: '' },
  'HTML with 500': { status: 500, headers: { 'content-type': 'text/html' }, body: '<h1>oops</h1>' },
  '503': { status: 503, body: '' },
  '429': { status: 429, headers: { 'retry-after': '50' }, body: '' },
  '403': { status: 403, body: { error: 'forbidden' } },
  '404': { status: 404, body: '' },
  '400': { status: 400, body: '' },
  'HTML with 200': { headers: { 'content-type': 'text/html' }, body: '<html>log in</html>' },
  'nothing with 200': { status: 200 },
  'half a JSON text': { body: '{"uid":"uid-of-' },
  'a redirect': { status: 302, headers: { location: 'https://elsewhere.example/me' } },
  'a cut answer': cut,
  'a reset socket': (_request, response) => void response.destroy(),
  silence: () => undefined,
};

describe("a 401 that is not in Pi's words", () => {
  it.each<[string, FakeAnswer]>([
    ['a page', { status: 401, headers: { 'content-type': 'text/html' }, body: '<html>401</html>' }],
    ['JSON of a proxy', { status: 401, body: { message: 'Unauthorized' } }],
    ['a text', { status: 401, body: 'no' }],
  ])('(%s) denies, and is not kept', async (_what, refusal) => {
    const graph = await startPaymentsGraph();
    meAnswers(graph, refusal);
    expect(codesIn(await me(graph))).toEqual(['UNAUTHENTICATED']);
    meAnswers(graph, { body: wireUser(ANN) });
    expect(await me(graph)).toEqual(ok);
  });
});

describe('an answer that does not come', () => {
  it.each(Object.entries(outages))('%s', async (name, outage) => {
    const graph = await startPaymentsGraph({ UPSTREAM_TIMEOUT_MS: name === 'silence' ? '150' : '1000' });
    meAnswers(graph, outage);
    const answer = await graph.query('{ me { uid } providers { name } }', {}, callers.ann);
    expect(errorAt(answer, 'me').extensions).toMatchObject({
      code: 'AUTH_PROVIDER_UNAVAILABLE',
      retryable: true,
      provider: 'pi',
      requestId: expect.any(String),
    });
    expect(answer.data).toMatchObject({ me: null, providers: expect.arrayContaining([{ name: 'pi' }]) });
    expect(JSON.stringify(answer)).not.toContain('elsewhere');
    if (name === '429') pass(60_000);
    meAnswers(graph, { body: wireUser(ANN) });
    expect(await me(graph), 'nothing was remembered').toEqual(ok);
    meAnswers(graph, outage);
    expect(await me(graph), 'what is remembered and valid goes on').toEqual(ok);
  });

  it('a refused connection', async () => {
    const graph = await startPaymentsGraph();
    await graph.pi.close();
    expect(errorAt(await me(graph), 'me').extensions).toMatchObject({
      code: 'AUTH_PROVIDER_UNAVAILABLE',
      retryable: true,
    });
  });
});
