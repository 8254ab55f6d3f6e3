import type { ServerResponse } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Asked } from './asked.js';
import type { Given, Oddity } from './oddities.js';

export function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): void {
  response.writeHead(status, headers);
  response.end(body);
}

const page = '<!doctype html><html><body><h1>gateway</h1></body></html>';
type Headers = Readonly<Record<string, string>>;
type Bytes = (text: string) => string | Buffer;

const typed = ({ type }: Given): Headers => (type === '' ? {} : { 'content-type': type });
const answered = (more: Headers | (() => Headers), bytes: Bytes = (text) => text): Oddity => ({
  kind: 'harmless',
  send: (response, given) =>
    send(
      response,
      given.status,
      { ...typed(given), ...(typeof more === 'function' ? more() : more) },
      bytes(given.text),
    ),
});
const ruined = (oddity: Oddity): Oddity => ({ ...oddity, kind: 'ruinous' });
/** Of answers that have something in them. */
const filled = (oddity: Oddity): Oddity => ({ ...oddity, fits: (asked) => asked.request.method !== 'DELETE' });
const interim = (lines: string): Oddity => ({
  kind: 'harmless',
  send(response, given) {
    response.socket?.write(`${lines}\r\n\r\n`);
    send(response, given.status, typed(given), given.text);
  },
});
const html = (status: number): Oddity => ({
  kind: 'ruinous',
  send: (response) => send(response, status, { 'content-type': 'text/html' }, page),
});
const body = (kind: Oddity['kind'], status: number, text: string, headers: Headers = {}): Oddity => ({
  kind,
  send: (response) => send(response, status, { 'content-type': 'application/json', ...headers }, text),
});
const soon = (): string => String(Math.ceil(Date.now() / 1000) + 1);

/** A refusal in each provider's own words. */
const refusal = (status: number): Oddity => ({
  kind: 'refusal',
  // The pool has none; and a 400 to an id is how MyPit says that there is no such object.
  fits: ({ service, subject, isWrite }) =>
    service !== 'bitminter' && !(status === 400 && service === 'mypit' && subject !== undefined && !isWrite),
  send: (response, _given, _surroundings, { service }) =>
    send(response, status, { 'content-type': 'application/json' }, JSON.stringify(wordsOf[service](status))),
});
const wordsOf: Readonly<Record<Asked['service'], (status: number) => object>> = {
  pi: () => ({ error: 'no_such_luck', error_message: 'Not today' }),
  ledger: (status) => ({ type: 'https://stellar.org/horizon-errors/no', title: 'No', status }),
  mypit: (status) => ({ error: 'not today', status }),
  pinning: () => ({ error: { reason: 'NOT_TODAY', details: 'Not today' } }),
  bitminter: () => ({}),
};

/** What befalls an answer as a whole, on its way. */
export const transportOddities: Readonly<Record<string, Oddity>> = {
  'an unasked 100': interim('HTTP/1.1 100 Continue'),
  'a 102': interim('HTTP/1.1 102 Processing'),
  'a 103': interim('HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload'),
  'two 100s': interim('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue'),
  'no content type': { kind: 'harmless', send: (response, { status, text }) => send(response, status, {}, text) },
  'content-encoding none': answered({ 'content-encoding': 'none' }),
  'content-encoding identity': answered({ 'content-encoding': 'identity' }),
  'content-encoding utf-8': answered({ 'content-encoding': 'utf-8' }),
  gzip: filled(answered({ 'content-encoding': 'gzip' }, (text) => gzipSync(text))),
  'a byte order mark': filled(answered({}, (text) => `\ufeff${text}`)),
  'space around': filled(answered({}, (text) => `\n  ${text}\r\n `)),
  'a closed connection behind it': answered({ connection: 'close' }),
  'other people’s headers': answered({ 'set-cookie': 'a=b', via: '1.1 a, 1.1 b', 'x-cache': 'HIT', server: 'nginx' }),
  'a budget that is used up': answered(() => ({
    'x-ratelimit-limit': '1000',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': soon(),
  })),
  'pieces of seven bytes': {
    kind: 'harmless',
    send(response, given) {
      response.writeHead(given.status, typed(given));
      const bytes = Buffer.from(given.text);
      for (let at = 0; at < Math.min(bytes.length, 700); at += 7)
        response.write(bytes.subarray(at, Math.min(at + 7, 700)));
      response.end(bytes.subarray(700));
    },
  },
  'HTTP/1.0 to the end of the connection': {
    kind: 'harmless',
    send(response, given) {
      const type = given.type === '' ? '' : `content-type: ${given.type}\r\n`;
      response.socket?.end(`HTTP/1.0 ${given.status} OK\r\n${type}\r\n${given.text}`);
    },
  },
  'a little late': {
    kind: 'harmless',
    send(response, given) {
      setTimeout(() => send(response, given.status, typed(given), given.text), 30);
    },
  },

  silence: { kind: 'ruinous', send: () => undefined },
  'a cut connection': { kind: 'ruinous', send: (response) => void response.destroy() },
  'half an answer': filled({
    kind: 'ruinous',
    send(response, given) {
      response.writeHead(given.status, { ...typed(given), 'content-length': String(Buffer.byteLength(given.text)) });
      response.write(given.text.slice(0, given.text.length / 2), () => response.destroy());
    },
  }),
  'half a JSON text': filled(ruined(answered({}, (text) => text.slice(0, text.length - 2)))),
  'chunks that end too soon': filled({
    kind: 'ruinous',
    send(response, given) {
      response.writeHead(given.status, typed(given));
      response.write(given.text, () => response.destroy());
    },
  }),
  'gzip that is none': filled(ruined(answered({ 'content-encoding': 'gzip' }))),
  'gzip that is cut': filled(
    ruined(answered({ 'content-encoding': 'gzip' }, (text) => gzipSync(text).subarray(0, -12))),
  ),
  'an encoding nobody asked for': filled(
    ruined(answered({ 'content-encoding': 'deflate' }, (text) => deflateSync(text))),
  ),
  'bytes in Latin-1': filled(ruined(answered({}, (text) => Buffer.from(text.replace(/[{[]/, '$&\xe9'), 'latin1')))),
  'a drip that never ends': {
    kind: 'ruinous',
    send(response) {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    },
  },
  'HTML with 200': filled(html(200)),
  'nothing with 200': filled(body('ruinous', 200, '')),
  'a 204': filled(body('ruinous', 204, '')),
  'a bare list': filled(body('ruinous', 200, '["nothing"]')),
  'the word null': filled(body('ruinous', 200, 'null')),
  'an error with 200': filled(body('ruinous', 200, '{"error":"oops"}')),
  'HTML with 400': html(400),
  'HTML with 404': html(404),
  'HTML with 405': html(405),
  'HTML with 500': html(500),
  'HTML with 502': html(502),
  'an empty 503': body('ruinous', 503, ''),
  'a 504 in JSON': body('ruinous', 504, '{"error":"timeout"}'),
  'a redirect': body('ruinous', 302, '', { location: 'http://127.0.0.1:1/' }),

  'HTML with 403': { ...html(403), kind: 'refusal' },
  'HTML with 409': { ...html(409), kind: 'refusal' },
  'a 429 without a word': body('refusal', 429, ''),
  'a 429 and Retry-After: 1': body('refusal', 429, '', { 'retry-after': '1' }),
  'a 429 and Retry-After: 0': body('refusal', 429, '{}', { 'retry-after': '0' }),
  'a 401 without a body': body('refusal', 401, ''),
  'a 400 in its own words': refusal(400),
  'a 403 in its own words': refusal(403),
  'a 409 in its own words': refusal(409),
  'a blink': {
    kind: 'blink',
    fits: ({ isWrite, isList, subject, route }) =>
      !isList && subject !== undefined && (!isWrite || deletions.has(route)),
    send: (response, _given, _surroundings, { service }) =>
      send(response, 404, { 'content-type': 'application/json' }, JSON.stringify(missingIn[service])),
  },
};

const deletions: ReadonlySet<string> = new Set(['DELETE /pins/:id', 'POST /deleteHolder', 'POST /deleteBadgeTemplate']);

const missingIn: Readonly<Record<Asked['service'], object | string>> = {
  pi: { error: 'payment_not_found', error_message: 'There is none' },
  ledger: { type: 'https://stellar.org/horizon-errors/not_found', title: 'Resource Missing', status: 404 },
  mypit: { error: 'not found', status: 404 },
  pinning: { error: { reason: 'NOT_FOUND', details: 'There is none' } },
  bitminter: '',
};
