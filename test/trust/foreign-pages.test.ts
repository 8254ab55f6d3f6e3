import { describe, expect, it } from 'vitest';
import type { FakeAnswer, Script, SeenRequest } from '../support/fake-upstream.js';
import { cids } from '../support/graph-pins.js';
import { closeAfterEach } from '../support/graph-payments.js';
import { codesOf, everybody, startWholeGraph, upstreamNames, type UpstreamName } from '../support/all-upstreams.js';

closeAfterEach();

const page = (status: number): FakeAnswer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>404 Not Found</title></head><body>nginx</body></html>',
});
const text = (status: number): FakeAnswer => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body: 'no such app',
});
const foreign = { 'an HTML page': page, 'plain text': text };

const objects = {
  pi: '{ payment(paymentId: "p1") { paymentId } }',
  mypit: '{ holder(holderId: "h1") { name } badgeTemplate(templateId: "t1") { name } }',
  'pinning:acme': '{ pin(requestId: "r1") { requestId } }',
  bitminter: '{ miner(name: "hydro_shed") { name } }',
  ledger: '{ ledgerTransaction(paymentId: "p1") { txid } }',
} as const satisfies Record<UpstreamName, string>;

const missing: Readonly<Record<UpstreamName, FakeAnswer>> = {
  pi: { status: 404, body: { error: 'payment_not_found' } },
  mypit: { status: 404, body: { error: 'Holder not found', status: 404 } },
  'pinning:acme': { status: 404, body: { error: { reason: 'NOT_FOUND' } } },
  bitminter: { status: 404, body: '' },
  ledger: { status: 404, body: { type: 'https://stellar.org/horizon-errors/not_found', status: 404 } },
};

/** Answers every write with this, and reads as a sound upstream would. */
function writesMeet(answer: FakeAnswer, reads: Script): Script {
  return (request, response) => (request.method === 'POST' ? answer : reads(request, response));
}

/** Nothing of the ledger is an object that may be missing: an account that it does not know may be another ledger's. */
const neverMissing: readonly UpstreamName[] = ['ledger'];

describe.each(upstreamNames)('%s', (name) => {
  it.each(Object.entries(foreign))('an object that is answered by 404 with %s is not missing', async (_kind, make) => {
    const graph = await startWholeGraph();
    // What the pool refuses with is documented nowhere: text may be its own, a page cannot.
    const told = name === 'bitminter' ? page : make;
    for (const status of [400, 404, 405]) {
      graph.answer(name, () => told(status));
      const answer = await graph.query(objects[name], {}, everybody);
      const fields = Object.keys(answer.data ?? {});
      expect(fields.length).toBeGreaterThan(0);
      expect(codesOf(answer)).toEqual(fields.map((field) => `${field}: UPSTREAM_INVALID_RESPONSE`).toSorted());
    }
  });

  it('an object that the provider itself calls missing is null', async () => {
    const graph = await startWholeGraph();
    const [field] = /\w+/.exec(objects[name]) ?? [];
    const codes = neverMissing.includes(name) ? [`${field}: UPSTREAM_INVALID_RESPONSE`] : [];
    for (const answer of [missing[name], { status: 404, body: '' }]) {
      graph.answer(name, () => answer);
      expect(codesOf(await graph.query(objects[name], {}, everybody))).toEqual(codes);
    }
  });
});

/** What gateways and frameworks answer in JSON where no service stands behind the address. */
const routes: Readonly<Record<string, object>> = {
  Kong: { message: 'no Route matched with those values' },
  Fastify: { message: 'Route GET:/pins/r1 not found', error: 'Not Found', statusCode: 404 },
  Express: { statusCode: 404, message: 'Cannot GET /pins/r1', error: 'Not Found' },
};

describe.each(['mypit', 'pinning:acme', 'bitminter'] as const)('%s', (name) => {
  it.each(Object.keys(routes))('an object is not missing by the words of a gateway (%s)', async (gateway) => {
    const graph = await startWholeGraph();
    graph.answer(name, () => ({ status: 404, body: routes[gateway] ?? {} }));
    const answer = await graph.query(objects[name], {}, everybody);
    const fields = Object.keys(answer.data ?? {});
    expect(codesOf(answer)).toEqual(fields.map((field) => `${field}: UPSTREAM_INVALID_RESPONSE`).toSorted());
  });
});

it('nothing of the pool but a named account can be missing', async () => {
  const graph = await startWholeGraph();
  graph.answer('bitminter', () => ({ status: 404, body: { error: 'not found' } }));
  const answer = await graph.query(
    '{ poolStats { activeUsers } poolRound { activeUsers } topMiners { rank } miner { name } named: miner(name: "x") { name } }',
    {},
    everybody,
  );
  expect(codesOf(answer)).toEqual(
    ['miner', 'poolRound', 'poolStats', 'topMiners'].map((field) => `${field}: UPSTREAM_INVALID_RESPONSE`),
  );
});

describe('writes that a page answers', () => {
  const addPin = `mutation ($cid: CID!) { addPin(input: { cid: $cid, idempotencyKey: "k1" }) {
    __typename ... on AddPinPayload { pin { requestId } } } }`;
  const payout = `mutation { createPayment(input: { userUid: "u", amount: "1", memo: "m", idempotencyKey: "k1" }) { __typename } }`;
  const none: Script = ({ path }: SeenRequest) =>
    path.includes('incomplete') ? { body: { incomplete_server_payments: [] } } : { body: { count: 0, results: [] } };

  it.each([400, 404, 405])('addPin: %s is no answer that is kept, and the key adds the pin later', async (status) => {
    const graph = await startWholeGraph();
    graph.answer('pinning:acme', writesMeet(page(status), none));
    const refused = await graph.query(addPin, { cid: cids.a }, everybody);
    expect(codesOf(refused)).toEqual(['addPin: UPSTREAM_INVALID_RESPONSE']);
    graph.answer('pinning:acme', writesMeet({ status: 202, body: wirePinOf(cids.a) }, none));
    expect((await graph.query(addPin, { cid: cids.a }, everybody)).data).toEqual({
      addPin: { __typename: 'AddPinPayload', pin: { requestId: 'r1' } },
    });
  });

  it('addPin: a page whose looks fail too leaves the end open', async () => {
    const graph = await startWholeGraph();
    let sent = false;
    graph.answer('pinning:acme', (request, response) => {
      if (request.method !== 'POST') return sent ? page(404) : none(request, response);
      sent = true;
      return page(404);
    });
    expect(await graph.query(addPin, { cid: cids.a }, everybody)).toEqual({
      data: { addPin: { __typename: 'OutcomeUnknownError' } },
    });
  });

  const replacePin = `mutation ($cid: CID!) {
    replacePin(input: { requestId: "old", cid: $cid, idempotencyKey: "k2" }) {
      __typename ... on ReplacePinPayload { pin { requestId } } } }`;
  const withOld: Script = (request, response) =>
    request.path === '/pins/old' ? { body: { ...wirePinOf(cids.b), requestid: 'old' } } : none(request, response);

  it.each([400, 404, 405])('replacePin: %s is no answer that is kept, and the key replaces later', async (status) => {
    const graph = await startWholeGraph();
    graph.answer('pinning:acme', writesMeet(page(status), withOld));
    const refused = await graph.query(replacePin, { cid: cids.a }, everybody);
    expect(codesOf(refused)).toEqual(['replacePin: UPSTREAM_INVALID_RESPONSE']);
    expect(graph.upstreams['pinning:acme'].requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    graph.answer('pinning:acme', writesMeet({ status: 202, body: wirePinOf(cids.a) }, withOld));
    expect((await graph.query(replacePin, { cid: cids.a }, everybody)).data).toEqual({
      replacePin: { __typename: 'ReplacePinPayload', pin: { requestId: 'r1' } },
    });
  });

  it('replacePin: a page stays unclear when a look fails, or the old pin is gone after it', async () => {
    const looks: Readonly<Record<string, FakeAnswer>> = {
      'a look that fails': page(404),
      'an old pin that is gone': missing['pinning:acme'],
    };
    for (const [what, look] of Object.entries(looks)) {
      const graph = await startWholeGraph();
      let sent = false;
      graph.answer('pinning:acme', (request, response) => {
        if (request.method !== 'POST') return sent && request.path === '/pins/old' ? look : withOld(request, response);
        sent = true;
        return page(404);
      });
      expect([what, await graph.query(replacePin, { cid: cids.a }, everybody)]).toEqual([
        what,
        { data: { replacePin: { __typename: 'OutcomeUnknownError' } } },
      ]);
    }
  });

  it.each([400, 404, 405])('createPayment: %s is looked for under its key and never sent again', async (status) => {
    const graph = await startWholeGraph({ PAYOUT_MAX_PER_CALL: '10', PAYOUT_MAX_PER_DAY: '20' });
    graph.answer('pi', writesMeet(page(status), none));
    for (let repeat = 0; repeat < 2; repeat += 1)
      expect(await graph.query(payout, {}, everybody)).toEqual({
        data: { createPayment: { __typename: 'OutcomeUnknownError' } },
      });
    const posts = graph.upstreams.pi.requests.filter(({ method }) => method === 'POST');
    expect(posts).toHaveLength(1);
  });
});

/** Pi's 403 with the server's key: only its own code says that the payment is another app's. */
describe("a 403 to the server's key", () => {
  const own = ['payment_not_found', 'forbidden'].map((error) => ({ status: 403, body: { error } }));
  const others: FakeAnswer[] = [
    page(403),
    text(403),
    { status: 403, body: '' },
    { status: 403, body: {} },
    { status: 403, body: { error: 'invalid_api_key' } },
  ];
  const complete = `mutation { completePayment(input: { paymentId: "p1", txid: "${'ab'.repeat(32)}" }) { __typename } }`;

  it('is another app’s payment, null and not found, when Pi says so', async () => {
    for (const answer of own) {
      const graph = await startWholeGraph();
      graph.answer('pi', (request) => (request.path.endsWith('/me') ? { status: 401, body: '' } : answer));
      expect(await graph.query(objects.pi)).toEqual({ data: { payment: null } });
      expect(await graph.query(complete)).toEqual({ data: { completePayment: { __typename: 'NotFoundError' } } });
    }
  });

  it('is a refused key otherwise: on reads, writes and watches', async () => {
    for (const answer of others) {
      const graph = await startWholeGraph();
      graph.answer('pi', (request) => (request.path.endsWith('/me') ? { status: 401, body: '' } : answer));
      expect(codesOf(await graph.query(objects.pi))).toEqual(['payment: UPSTREAM_AUTH_FAILED']);
      expect(codesOf(await graph.query(complete))).toEqual(['completePayment: UPSTREAM_AUTH_FAILED']);
      const events = [];
      for await (const event of graph.subscribe('subscription { paymentStatus(paymentId: "p1") { state } }'))
        events.push(event);
      expect(events.flatMap((event) => event.errors ?? []).map(({ extensions }) => extensions['code'])).toEqual([
        'UPSTREAM_AUTH_FAILED',
      ]);
    }
  });
});

function wirePinOf(cid: string): object {
  return {
    requestid: 'r1',
    status: 'queued',
    created: new Date().toISOString(),
    delegates: [],
    info: {},
    pin: { cid },
  };
}
