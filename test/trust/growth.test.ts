import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/graph/index.js';
import { plainAnswer } from '../support/askings.js';
import { CannedUpstreams, cannedSettings } from '../support/canned-upstreams.js';
import { createTestApp, operatorHeaders, type TestApp } from '../support/create-test-app.js';
import { grownAnswers } from '../support/grown-answers.js';
import { grownRequests } from '../support/grown-requests.js';
import { longestTurn } from '../support/longest-turn.js';

/**
 * Whatever is grown to its limit, no turn is long. `npm run soak:growth` grows everything and tells the figures; here it is
 * every so many of them, and a turn may take five times as long as it should, since tests share the machine.
 */
const MOST_MS = 250;
/** Ten thousand objects in one answer, each of which the query reads. */
const MOST_MS_OF_MANY = 1_500;
const BYTES = 240_000;
/** Whether a provider can be reached, which is not asked each time. */
const REMEMBERED = /^hello\./;
/** Nothing asks for these by themselves: a search for a payment's transaction comes to them. */
const LEDGER = ['getNetwork', 'getAccountTransactions', 'getTransaction', 'getTransfers'];
const everybody = { ...operatorHeaders, authorization: 'Bearer ann-token' };

/** A prime, so that over time each kind of growth meets each kind of place. */
function* every<T>(step: number, all: Iterable<T>): Generator<T> {
  let index = 0;
  for (const one of all) if (index++ % step === 0) yield one;
}

describe('what is grown to its limit', () => {
  const upstreams = new CannedUpstreams();
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp(cannedSettings, { dispatcher: upstreams });
    await app.query('{ providers { name } }');
  });
  afterAll(() => app.close());

  const send = (body: string, headers: Record<string, string>, accept = 'application/json') => {
    const request = new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...headers },
      body,
    });
    return longestTurn(async () => {
      const { body: answer } = await app.app.fetch(request);
      // Of a stream its first word.
      const reader = answer?.getReader();
      await reader?.read();
      await reader?.cancel();
    });
  };

  it.each([
    [
      'CIDs of a filter',
      'query ($c: [CID!]) { pins(filter: { cids: $c }) { nodes { requestId } } }',
      { c: [`z${'2'.repeat(250_000)}`] },
    ],
    [
      'a CID to pin',
      'mutation ($i: AddPinInput!) { addPin(input: $i) { __typename } }',
      { i: { cid: `Qm${'z'.repeat(250_000)}` } },
    ],
    ['a literal', `mutation { addPin(input: { cid: "z${'2'.repeat(250_000)}" }) { __typename } }`, {}],
    [
      'origins',
      'mutation ($i: AddPinInput!) { addPin(input: $i) { __typename } }',
      { i: { cid: 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKU3nB', origins: [`/p2p/${'2'.repeat(250_000)}`] } },
    ],
  ])('%s, by nobody in particular and by an operator', async (_name, query, variables) => {
    for (const headers of [{}, operatorHeaders])
      expect((await send(JSON.stringify({ query, variables }), headers)).ms).toBeLessThan(MOST_MS);
  });

  it('every argument of the graph', async () => {
    upstreams.answer = (asked) => ({ status: 200, text: plainAnswer(asked) ?? '{}' });
    const slow: string[] = [];
    for (const { name, body } of every(79, grownRequests(schema, BYTES))) {
      const { ms } = await send(body(), everybody, name.includes('Status') ? 'text/event-stream' : undefined);
      if (ms > MOST_MS) slow.push(`${name}: ${ms.toFixed()} ms`);
    }
    expect(slow).toEqual([]);
  }, 60_000);

  it('every operation of each upstream, which is asked for what is grown', async () => {
    const asked = new Set<string>();
    for (const { name, query, variables, answers, text, otherwise } of grownAnswers(24)) {
      const operation = name.split('.')[0] ?? '';
      if (asked.has(operation)) continue;
      upstreams.answer = (request) => {
        if (answers(request)) asked.add(operation);
        return { status: 200, text: answers(request) ? text() : otherwise(request) };
      };
      const headers = { ...operatorHeaders, authorization: `Bearer asks-${upstreams.calls}` };
      await send(JSON.stringify({ query, variables }), headers);
      expect([...asked], `${name} was never asked for`).toContain(operation);
    }
    expect([...asked]).toEqual(expect.arrayContaining(LEDGER));
  });

  it('every field of an upstream', async () => {
    const slow: string[] = [];
    for (const { name, query, variables, answers, text, otherwise } of every(149, grownAnswers(BYTES))) {
      const grown = text();
      let answered = 0;
      upstreams.answer = (asked) => {
        if (answers(asked)) answered += 1;
        return { status: 200, text: answers(asked) ? grown : otherwise(asked) };
      };
      const { ms } = await send(JSON.stringify({ query, variables }), {
        ...operatorHeaders,
        authorization: `Bearer token-${upstreams.calls}`,
      });
      if (!REMEMBERED.test(name)) expect(answered, `${name} was never asked for`).toBeGreaterThan(0);
      if (ms > (/ (different )?members$| keys$/.test(name) ? MOST_MS_OF_MANY : MOST_MS))
        slow.push(`${name}: ${ms.toFixed()} ms`);
    }
    expect(slow).toEqual([]);
  }, 60_000);
});
