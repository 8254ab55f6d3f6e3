import { createServer, request, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStandIn } from './stand-in.js';

/** The two packages as far as they are needed here; neither brings types along. */
type Express = () => RequestListener & { use(handler: unknown): void };
const load = createRequire(import.meta.url);
const express: Express = load('express');
const compression: (options: { threshold: number }) => unknown = load('compression');

const gateway = createStandIn();
let front: Server;
let url = '';

/** An Express application that compresses whatever it may, and passes everything on to the gateway, as app teams do. */
beforeAll(async () => {
  const { url: target } = await gateway.listen('127.0.0.1', 0);
  const app = express();
  app.use(compression({ threshold: 0 }));
  app.use(((incoming, response) => {
    const { method, headers } = incoming;
    const passed = request(`${target}${incoming.url ?? '/'}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    response.on('close', () => passed.destroy());
    passed.on('error', () => response.destroy());
    incoming.pipe(passed);
  }) satisfies RequestListener);
  front = createServer(app);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
});
afterAll(async () => {
  front.closeAllConnections();
  await new Promise((resolve) => front.close(resolve));
  await gateway.close();
});

const post = (query: string, accept: string, signal?: AbortSignal): Promise<Response> =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, 'accept-encoding': 'gzip' },
    body: JSON.stringify({ query }),
    ...(signal ? { signal } : {}),
  });

/** What of a stream has come when this text is in it; the stream itself never ends. */
async function untilHas(response: Response, text: string): Promise<string> {
  const decoder = new TextDecoder();
  let seen = '';
  if (!response.body) throw new Error('no stream');
  for await (const chunk of response.body) {
    seen += decoder.decode(chunk, { stream: true });
    if (seen.includes(text)) break;
  }
  return seen;
}

it.each([
  ['an event stream', 'text/event-stream', 'event: next'],
  ['a multipart stream', 'multipart/mixed; subscriptionSpec=1.0, application/json', '"payload"'],
])('the first event of %s arrives through compression() while the stream is open', async (_name, accept, text) => {
  const abort = new AbortController();
  const response = await post('subscription { forever }', accept, abort.signal);
  expect(response.headers.get('content-encoding')).toBeNull();
  expect(await untilHas(response, text)).toContain(text);
  abort.abort();
});

it('all else is compressed by it', async () => {
  const response = await post('{ hello }', 'application/json');
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(await response.json()).toMatchObject({ data: {} });
});
