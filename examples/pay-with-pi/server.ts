import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { ClientError } from 'graphql-request';
import { lineOf } from '../line-of.js';
import { Refused, type Shop } from './shop.js';

const PAGE = readFileSync(new URL('./page/index.html', import.meta.url));
const STYLE = readFileSync(new URL('./page/shop.css', import.meta.url));
/** Stands in for the SDK where there is no Pi Browser: it speaks to the sandbox. */
const DOUBLE = readFileSync(new URL('./pi-double.js', import.meta.url));
const SDK = 'https://sdk.minepi.com/pi-sdk.js';

/** Where the sandbox plays the Pi Browser, and who is signed in there. */
export interface Browser {
  readonly url: string;
  readonly token: string;
}

/**
 * The shop over HTTP, with the page's program. With a `browser` the page gets the double of the SDK, which comes to the
 * sandbox through here. `say` gets a line for each call that failed, which buyers are not told.
 */
export function serveShop(shop: Shop, program: string, browser?: Browser, say = console.error): Server {
  return createServer(async (request, response) => {
    const reply = (status: number, json: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    };
    const { pathname } = new URL(request.url ?? '/', 'http://shop.invalid');
    const route = `${request.method} ${pathname}`;
    try {
      const script = (text: string | Buffer) =>
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(text);
      if (route === 'GET /') response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
      else if (route === 'GET /shop.css') response.writeHead(200, { 'content-type': 'text/css' }).end(STYLE);
      else if (route === 'GET /page.js') script(program);
      else if (route === 'GET /pi-sdk.js' && browser) script(DOUBLE);
      else if (route === 'GET /pi-sdk.js') response.writeHead(302, { location: SDK }).end();
      else if (pathname === '/pi-browser' && browser) reply(200, await relay(browser, request));
      else reply(200, await answer(shop, route, request));
    } catch (error) {
      // What the gateway could not do now may work in ten seconds, when the SDK asks again.
      if (error instanceof Refused) return reply(error.status, { message: error.message });
      say(`${route} failed: ${lineOf(error)}`);
      reply(error instanceof ClientError ? 502 : 500, { message: 'Not now; it will be tried again.' });
    }
  });
}

async function answer(shop: Shop, route: string, request: IncomingMessage): Promise<unknown> {
  if (route.startsWith('GET /orders/')) return shop.find(route.slice('GET /orders/'.length)) ?? {};
  const {
    item = '',
    paymentId = '',
    txid = '',
  } = JSON.parse((await textOf(request)) || '{}') as Record<string, string>;
  switch (route) {
    case 'POST /orders':
      return shop.order(item, /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
    case 'POST /approve':
      return { approved: await shop.approve(paymentId) };
    case 'POST /complete':
      return { delivered: await shop.complete(paymentId, txid) };
    case 'POST /incomplete':
      return { state: await shop.settle(paymentId) };
    default:
      throw new Refused(404, 'There is no such page.');
  }
}

async function relay({ url, token }: Browser, request: IncomingMessage): Promise<unknown> {
  const text = await textOf(request);
  const response = await fetch(url, {
    method: request.method ?? 'GET',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(text === '' ? {} : { body: text }),
  });
  return { token, answer: await response.json() };
}

const MOST_BYTES = 10_000;

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (Buffer.concat(chunks).length > MOST_BYTES) throw new Refused(413, 'Too much.');
  }
  return Buffer.concat(chunks).toString('utf8');
}
