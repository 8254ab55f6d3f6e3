import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

/** Stands in every header and body: must be seen nowhere else. */
export const CANARY = 'CANARY-9f2c';

/** Bytes, or what is done with the socket. */
export type HostileAnswer = string | Buffer | ((socket: Socket) => void);

const JSON_TYPE = 'content-type: application/json';

function answer(
  body: string | Buffer,
  {
    status = '200 OK',
    headers = [JSON_TYPE],
    length,
  }: { status?: string; headers?: readonly string[]; length?: number } = {},
): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return Buffer.concat([
    Buffer.from(
      [
        `HTTP/1.1 ${status}`,
        `x-internal: ${CANARY}`,
        ...headers,
        `content-length: ${length ?? bytes.length}`,
        '\r\n',
      ].join('\r\n'),
    ),
    bytes,
  ]);
}

const json = (value: unknown, status = '200 OK'): Buffer => answer(JSON.stringify(value), { status });
const html = `<!doctype html><title>${CANARY}</title><pre>at /srv/app.js:1 token=${CANARY}</pre>`;
const encoded = (name: string, bytes: Buffer): Buffer =>
  answer(bytes, { headers: [JSON_TYPE, `content-encoding: ${name}`] });
const head = (...lines: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\n${lines.join('\r\n')}${lines.length > 0 ? '\r\n' : ''}\r\n`;

/** Writes again and again until the other side has had enough. */
function endless(first: string, chunk: string, everyMs: number): (socket: Socket) => void {
  return (socket) => {
    socket.write(first);
    const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(chunk)), everyMs);
    socket.once('close', () => clearInterval(timer));
  };
}

const bomb = gzipSync(Buffer.alloc(20_000_000));

/** Answers that no upstream should send; `elsewhere` is where redirects lead. */
export function hostileAnswers(elsewhere: string): Readonly<Record<string, HostileAnswer>> {
  const redirects = Object.fromEntries(
    [301, 302, 303, 307, 308].map((status) => [
      `redirect ${status}`,
      answer(html, { status: `${status} Moved`, headers: [`location: ${elsewhere}/taken?${CANARY}`] }),
    ]),
  );
  const statuses = Object.fromEntries(
    [199, 204, 206, 304, 400, 402, 403, 404, 405, 409, 410, 422, 500, 502, 599, 999].map((status) => [
      `html with ${status}`,
      answer(html, { status: `${status} Status`, headers: ['content-type: text/html'] }),
    ]),
  );
  return {
    ...redirects,
    ...statuses,
    'redirect to a file': answer('', { status: '302 Found', headers: ['location: file:///etc/passwd'] }),
    'redirect without a place': answer('', { status: '307 Moved' }),
    'html with 200': answer(html, { headers: ['content-type: text/html'] }),
    'html as json': answer(html),
    nothing: answer(''),
    'nothing with 202': answer('', { status: '202 Accepted' }),
    spaces: answer(' \n\t '),
    null: json(null),
    true: json(true),
    'a number': json(7),
    'minus zero': answer('-0'),
    text: json(CANARY),
    'a list': json([]),
    'a list of nulls': json([null, null]),
    'an object': json({}),
    'a list of lists': json([[[[]]]]),
    NaN: answer('NaN'),
    infinity: answer('1e999'),
    digits: answer('9'.repeat(50_000)),
    'half an object': answer('{"requestid":"'),
    'trailing text': answer(`{}${CANARY}`),
    'two objects': answer('{}{}'),
    'single quotes': answer("{'a':1}"),
    'a comment': answer('{}//x'),
    'own proto': answer(
      '{"__proto__":{"status":"pinned","uid":"x","polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    ),
    'duplicate keys': answer('{"uid":"a","uid":"b","status":"x","status":{}}'),
    'deep lists': answer(`${'['.repeat(90_000)}${']'.repeat(90_000)}`),
    'deep objects': answer(`${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`),
    'unclosed lists': answer('['.repeat(150_000)),
    'deep in a field': answer(`{"results":${'['.repeat(80_000)}${']'.repeat(80_000)},"count":1}`),
    'many rows': answer(`{"count":1e9,"results":[${Array.from({ length: 20_000 }, () => '{}').join()}]}`),
    'many keys': answer(`{${Array.from({ length: 10_000 }, (_, index) => `"k${index}":1`).join()}}`),
    nuls: answer(Buffer.alloc(1_000)),
    controls: json({ error: '\u0000\u001b[31m\r\nx', error_message: CANARY }),
    'lone surrogates': answer('{"a":"\\ud800"}'),
    'invalid utf-8': answer(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])),
    'utf-16': answer(Buffer.from('{"a":1}', 'utf16le')),
    'a byte order mark': answer(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{}')])),
    'another type': answer('{}', { headers: ['content-type: text/plain; charset=utf-7'] }),
    'error as text': answer(JSON.stringify({ error: `it says ${CANARY} here` }), { status: '400 Bad' }),
    'error as object': json({ error: { reason: { a: CANARY }, details: [CANARY] } }, '400 Bad'),
    'error with a long code': json({ error: 'x'.repeat(50_000) }, '400 Bad'),
    'error with a strange code': json({ error: '<script>\r\n', error_message: CANARY }, '400 Bad'),
    'error as number': json({ error: 1e308, status: 'x' }, '400 Bad'),
    'error in 200': json({ error: CANARY, status: 500 }),
    'a gzip bomb': encoded('gzip', bomb),
    'gzip of nothing': encoded('gzip', gzipSync('')),
    'no gzip': encoded('gzip', Buffer.from('{}')),
    'half gzip': encoded('gzip', gzipSync(Buffer.from('{"a":1}'.repeat(100))).subarray(0, 15)),
    'gzip twice': encoded('gzip, gzip', gzipSync(gzipSync('{}'))),
    deflate: encoded('deflate', deflateSync('{}')),
    brotli: encoded('br', brotliCompressSync(Buffer.from('{}'))),
    'twenty encodings': encoded(Array.from({ length: 20 }, () => 'gzip').join(), gzipSync('{}')),
    'unknown encoding': encoded(CANARY, Buffer.from('{}')),
    'promised more': (socket) => socket.end(answer('{}', { length: 500 })),
    'promised less': answer('{"a":1}', { length: 2 }),
    'promised a terabyte': answer('{}', { length: 1e12 }),
    'two lengths': `${head('content-length: 2', 'content-length: 3')}{}x`,
    'negative length': `${head('content-length: -5')}{}`,
    'length of text': `${head('content-length: abc')}{}`,
    'length and chunks': `${head('content-length: 2', 'transfer-encoding: chunked')}2\r\n{}\r\n0\r\n\r\n`,
    'bad chunks': `${head('transfer-encoding: chunked')}zz\r\n{}\r\n`,
    'a huge chunk': `${head('transfer-encoding: chunked')}fffffffffffffffff\r\n{}`,
    'cut chunks': (socket) => socket.end(`${head('transfer-encoding: chunked')}5\r\n{}`),
    trailers: `${head('transfer-encoding: chunked')}2\r\n{}\r\n0\r\nx-evil: ${CANARY}\r\n\r\n`,
    silence: () => {},
    'only a head': head('content-length: 10'),
    reset: (socket) => socket.resetAndDestroy(),
    'closed at once': (socket) => socket.end(),
    'reset in the head': (socket) => {
      socket.write('HTTP/1.1 200 O');
      setTimeout(() => socket.resetAndDestroy(), 2);
    },
    'reset in the body': (socket) => {
      socket.write(`${head('content-length: 100')}{"a":`);
      setTimeout(() => socket.resetAndDestroy(), 2);
    },
    'endless body': endless(head(), 'x'.repeat(20_000), 1),
    'endless chunks': endless(head('transfer-encoding: chunked'), `4e20\r\n${'x'.repeat(20_000)}\r\n`, 1),
    'a dripping body': endless(head('content-length: 100000'), ' ', 20),
    'a dripping head': endless('HTTP/1.1 200 OK\r\n', `x-${CANARY}: 1\r\n`, 20),
    'a flood of 103': `${`HTTP/1.1 103 Early Hints\r\nlink: <${CANARY}>\r\n\r\n`.repeat(5_000)}${head('content-length: 2')}{}`,
    'endless 100': endless('', 'HTTP/1.1 100 Continue\r\n\r\n', 5),
    'an upgrade': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n\0\0',
    garbage: `${CANARY}\r\n\r\n`,
    'http 0.9': '{}',
    'http 2': Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    'status without a number': 'HTTP/1.1 OK\r\n\r\n',
    'status 0': 'HTTP/1.1 000 X\r\ncontent-length: 0\r\n\r\n',
    'many headers': `${head(...Array.from({ length: 3_000 }, (_, index) => `x-${index}: ${CANARY}`))}`,
    'a long header': head(`x-long: ${'x'.repeat(100_000)}`, 'content-length: 0'),
    'control characters in a header': head('x-a: a\x01b', 'content-length: 2').concat('{}'),
    'no colon in a header': head('nonsense', 'content-length: 2').concat('{}'),
    'a proto header': head('__proto__: x', 'constructor: y', 'content-length: 2').concat('{}'),
    'odd waits': answer('{}', { status: '503 Busy', headers: [JSON_TYPE, 'retry-after: 1e400'] }),
    'negative waits': answer('{}', {
      status: '503 Busy',
      headers: [JSON_TYPE, 'retry-after: -5', 'x-ratelimit-remaining: NaN'],
    }),
    cookies: answer('{}', { headers: [JSON_TYPE, `set-cookie: a=${CANARY}`] }),
    'too many requests': answer(html, {
      status: '429 Slow',
      headers: ['retry-after: __proto__', 'x-ratelimit-reset: 99999999999999999999', 'x-ratelimit-remaining: -1'],
    }),
    unauthorised: answer(html, { status: '401 No', headers: [`www-authenticate: ${CANARY}`] }),
  };
}
