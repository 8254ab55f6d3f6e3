import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { fakeUpstream } from '../support/fake-upstream.js';
import { harness, cleanup, failure, otherRead, scope, write } from './support.js';

const open = cleanup();
afterEach(() => open.run());

const html = '<html><body><h1>404 Not Found</h1></body></html>';
const bodies = { json: '{"error":"gone"}', text: 'default backend - 404', html, empty: '', blank: ' \n' } as const;
type Body = keyof typeof bodies;

/** Which bodies let a status be believed. */
const believed: Readonly<Record<number, readonly Body[]>> = {
  400: ['json'],
  402: ['json'],
  404: ['json', 'empty', 'blank'],
  405: ['json'],
  406: ['json'],
  410: ['json'],
  413: ['json'],
  422: ['json'],
  ...Object.fromEntries([401, 403, 409, 429].map((status) => [status, Object.keys(bodies) as Body[]])),
};
const reasons: Readonly<Record<Body, string>> = {
  json: '',
  text: 'not_json',
  html: 'html',
  empty: 'empty',
  blank: 'empty',
};

describe.each(Object.entries(believed))('a %s', (statusText, believedBodies) => {
  const status = Number(statusText);
  test.each(Object.keys(bodies) as Body[])('with a body that is %s', async (body) => {
    const upstream = open.add(
      // The type that is told proves nothing: gateways serve JSON as text, and pages as JSON.
      await fakeUpstream(() => ({ status, body: bodies[body], headers: { 'content-type': 'text/html' } })),
    );
    const { client } = open.add(harness(upstream.url));
    const refused = await failure(client.call(otherRead(), scope()));
    const written = await failure(client.call(write(), scope()));
    expect(upstream.requests).toHaveLength(2);
    if (believedBodies.includes(body)) {
      expect([refused.status, refused.delivery, written.delivery]).toEqual([status, 'answered', 'answered']);
      expect(refused.kind).not.toBe('bad_response');
      return;
    }
    const page = { kind: 'bad_response', status, reason: reasons[body], provider: 'acme' };
    expect(refused).toMatchObject({ ...page, delivery: 'answered', operation: 'getThing' });
    expect(written).toMatchObject({ ...page, delivery: 'unclear', operation: 'addThing' });
  });
});

test('a refusal that is longer than any explanation is none', async () => {
  const upstream = open.add(
    await fakeUpstream(() => ({ status: 404, body: JSON.stringify({ a: 'x'.repeat(100_000) }) })),
  );
  const { client } = open.add(harness(upstream.url));
  expect(await failure(client.call(otherRead(), scope()))).toMatchObject({ kind: 'bad_response', reason: 'too_large' });
});

test('a provider without a documented form of refusals is believed with any body but a page', async () => {
  for (const [kind, body] of Object.entries(bodies)) {
    const upstream = open.add(await fakeUpstream(() => ({ status: 404, body })));
    const { client } = open.add(harness(upstream.url));
    const error = await failure(client.call(otherRead({ refusesInText: true }), scope()));
    expect([kind, error.kind]).toEqual([kind, kind === 'html' ? 'bad_response' : 'not_found']);
  }
});

/** Ways to answer so that no body can be had. */
const unreadable: Readonly<Record<string, (status: number, response: ServerResponse) => void>> = {
  'in Latin-1': (status, response) => {
    response.writeHead(status, wait).end(Buffer.from('refus\u00e9', 'latin1'));
  },
  'packed with brotli': (status, response) => {
    response.writeHead(status, { ...wait, 'content-encoding': 'br' }).end('x');
  },
  'packed with deflate': (status, response) => {
    response.writeHead(status, { ...wait, 'content-encoding': 'deflate' }).end('x');
  },
  'that only claims to be gzip': (status, response) => {
    response.writeHead(status, { ...wait, 'content-encoding': 'gzip' }).end('not gzip at all');
  },
  'cut short': (status, response) => {
    response.writeHead(status, { ...wait, 'content-length': '500' }).write('{"err');
    setTimeout(() => response.destroy(), 5);
  },
  'over the cap': (status, response) => {
    response.writeHead(status, { ...wait, 'content-length': '5000' }).end('x'.repeat(5000));
  },
};
const wait = { 'retry-after': '30' };

describe.each([401, 403, 409, 429])('a %i', (status) => {
  test.each(Object.keys(unreadable))('with a body %s speaks by its status, and feeds no breaker', async (how) => {
    const upstream = open.add(
      await fakeUpstream((_request, response) => {
        unreadable[how]?.(status, response);
        return undefined;
      }),
    );
    const { client } = open.add(harness(upstream.url, { upstreamMaxBytes: 1000, breakerMinRequests: 2 }));
    const spoken = { status, delivery: 'answered' };
    for (const fingerprint of ['a', 'b', 'c']) {
      expect(await failure(client.call(otherRead(), scope({ fingerprint })))).toMatchObject(spoken);
      expect(client.pausedUntil(fingerprint) > 0).toBe(status === 429);
    }
    for (const fingerprint of ['d', 'e', 'f']) {
      const written = await failure(client.call(write(), scope({ fingerprint })));
      expect(written).toMatchObject(spoken);
      if (status === 429) expect(written.retryAfterMs).toBe(30_000);
    }
    expect(upstream.requests).toHaveLength(6);
    expect(client.state().circuit).toBe('CLOSED');
  });
});

test('a 429 whose body never ends speaks by its status when the time is up', async () => {
  const upstream = open.add(
    await fakeUpstream((_request, response) => {
      response.writeHead(429, wait).write('{"err');
      return undefined;
    }),
  );
  const { client } = open.add(harness(upstream.url, { writeTimeoutMs: 1_000 }));
  const spoken = { kind: 'rate_limited', delivery: 'answered', retryAfterMs: 30_000 };
  expect(await failure(client.call(write(), scope()))).toMatchObject(spoken);
  expect(client.pausedUntil('fp')).toBeGreaterThan(0);
});

test.each([404, 500])('a %i whose body cannot be read stays unclear', async (status) => {
  const upstream = open.add(
    await fakeUpstream((_request, response) => {
      unreadable['in Latin-1']?.(status, response);
      return undefined;
    }),
  );
  const { client } = open.add(harness(upstream.url));
  expect(await failure(client.call(write(), scope()))).toMatchObject({ reason: 'encoding', delivery: 'unclear' });
});
