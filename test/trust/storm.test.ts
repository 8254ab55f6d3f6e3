import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { wireTemplate } from '../providers/mypit-support.js';
import { wirePayment } from '../providers/pi-support.js';
import { answerOf } from '../support/bitminter-bench.js';
import type { Script } from '../support/fake-upstream.js';
import { closeAll } from '../support/graph-payments.js';
import { wirePin } from '../support/graph-pins.js';
import {
  everybody,
  startWholeGraph,
  upstreamNames,
  type UpstreamName,
  type WholeGraph,
} from '../support/all-upstreams.js';

type Wire = Record<string, unknown>;

/** What each upstream truly holds, and what clients may read of it. */
const truths: Readonly<Record<UpstreamName, { readonly wire: Wire; readonly query: string }>> = {
  pi: {
    wire: wirePayment({ identifier: 'p1' }),
    query: '{ it: payment(paymentId: "p1") { paymentId amount state userUid direction createdAt } }',
  },
  mypit: {
    wire: wireTemplate({ _id: 't1' }),
    query: '{ it: badgeTemplate(templateId: "t1") { templateId name type price isActive createdAt } }',
  },
  'pinning:acme': {
    wire: wirePin('r1') as Wire,
    query: '{ it: pin(requestId: "r1") { requestId status cid createdAt } }',
  },
  bitminter: {
    wire: answerOf('getUserByName.ok').body as Wire,
    query: '{ it: miner(name: "hydro_shed") { name activeWorkers balances { chain amount } } }',
  },
};

const send = (
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string | Buffer,
): void => {
  response.writeHead(status, headers);
  response.end(body);
};
const json = { 'content-type': 'application/json' };
const html = '<html><body>gateway</body></html>';
const interim = (lines: string) => (response: ServerResponse, text: string) => {
  response.socket?.write(`${lines}\r\n\r\n`);
  send(response, 200, json, text);
};
const with200 =
  (headers: Record<string, string>, bytes: (text: string) => string | Buffer = (text) => text) =>
  (response: ServerResponse, text: string) =>
    send(response, 200, headers, bytes(text));
const page =
  (status: number, body: string, headers: Record<string, string> = { 'content-type': 'text/html' }) =>
  (response: ServerResponse) =>
    send(response, status, headers, body);

/** What befalls an answer on its way. */
const oddities: Readonly<Record<string, (response: ServerResponse, text: string) => void>> = {
  nothing: with200(json),
  'an unasked 100': interim('HTTP/1.1 100 Continue'),
  'a 102': interim('HTTP/1.1 102 Processing'),
  'a 103': interim('HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload'),
  'two 100s': interim('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue'),
  'no content type': with200({}),
  'a wrong content type': with200({ 'content-type': 'text/html' }),
  'content-encoding none': with200({ ...json, 'content-encoding': 'none' }),
  'content-encoding identity': with200({ ...json, 'content-encoding': 'identity' }),
  'content-encoding utf-8': with200({ ...json, 'content-encoding': 'utf-8' }),
  gzip: with200({ ...json, 'content-encoding': 'gzip' }, (text) => gzipSync(text)),
  'gzip that is none': with200({ ...json, 'content-encoding': 'gzip' }),
  'a strange encoding': with200({ ...json, 'content-encoding': 'br, gzip' }),
  'a byte order mark': with200(json, (text) => `\ufeff${text}`),
  'space around': with200(json, (text) => `\n  ${text}\r\n `),
  'bytes in Latin-1': with200(json, (text) => Buffer.from(text.replace('{', '{"é":1,'), 'latin1')),
  'half an answer': (response, text) => {
    response.writeHead(200, { ...json, 'content-length': String(text.length) });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  },
  'pieces of seven characters': (response, text) => {
    response.writeHead(200, json);
    for (let at = 0; at < text.length; at += 7) response.write(text.slice(at, at + 7));
    response.end();
  },
  'a closed connection behind it': with200({ ...json, connection: 'close' }),
  'a cut connection': (response) => void response.destroy(),
  'HTML with 200': page(200, html),
  'nothing with 200': page(200, ''),
  'an empty list': page(200, '[]', json),
  null: page(200, 'null', json),
  'an error with 200': page(200, '{"error":"oops"}', json),
  'HTML with 400': page(400, html),
  'HTML with 403': page(403, html),
  'HTML with 404': page(404, html),
  'HTML with 405': page(405, html),
  'HTML with 409': page(409, html),
  'HTML with 500': page(500, html),
  'HTML with 503': page(503, html),
  'a 429 without a word': page(429, ''),
  'a 401 without a body': page(401, ''),
  'a redirect': page(302, '', { location: 'http://127.0.0.1:1/' }),
  'somebody else’s object': (response, text) =>
    send(response, 200, json, text.replace(/"(p1|t1|r1|hydro_shed)"/g, '"another"')),
};

let graph: WholeGraph;
const sound = new Map<UpstreamName, unknown>();
let befall: keyof typeof oddities = 'nothing';

beforeAll(async () => {
  graph = await startWholeGraph({ UPSTREAM_CONCURRENCY: '1000', BREAKER_MIN_REQUESTS: '100000' });
  for (const name of upstreamNames) {
    const text = JSON.stringify(truths[name].wire);
    const script: Script = (_request, response) => {
      oddities[befall]?.(response, text);
      return undefined;
    };
    graph.answer(name, script);
    const answer = await graph.query<{ it: unknown }>(truths[name].query, {}, everybody);
    expect([name, answer.errors]).toEqual([name, undefined]);
    sound.set(name, answer.data?.it);
  }
}, 60_000);
afterAll(closeAll);

it('whatever befalls an answer, a field is right, or null with a code', async () => {
  const names = fc.constantFrom(...upstreamNames);
  const cases = fc.array(fc.tuple(names, fc.constantFrom(...Object.keys(oddities))), { minLength: 4, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(cases, async (steps) => {
      for (const [name, oddity] of steps) {
        befall = oddity;
        const answer = await graph.query<{ it: unknown }>(truths[name].query, {}, everybody);
        const code = answer.errors?.[0]?.extensions['code'];
        if (code === undefined) expect([name, oddity, answer.data?.it]).toEqual([name, oddity, sound.get(name)]);
        else
          expect([name, oddity, answer.data?.it, typeof code, code === 'INTERNAL_SERVER_ERROR']).toEqual([
            name,
            oddity,
            null,
            'string',
            false,
          ]);
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);
