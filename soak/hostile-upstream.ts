import { createServer, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { hostileAnswers, type HostileAnswer } from '../test/trust/hostile-answers.js';

/** An upstream whose every answer is the one that is set. */
export interface HostileUpstream {
  readonly url: string;
  answer: HostileAnswer;
  /** Requests so far. */
  readonly asked: number;
  close(): Promise<void>;
}

export const tame: HostileAnswer = ok('{"error":"not found"}', '404 Not Found');

export async function startHostileUpstream(): Promise<HostileUpstream> {
  const sockets = new Set<Socket>();
  let asked = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let seen = '';
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      const end = seen.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? 0);
      if (end < 0 || seen.length < end + 4 + length) return;
      seen = '';
      asked += 1;
      if (typeof upstream.answer === 'function') upstream.answer(socket);
      else socket.write(upstream.answer);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const upstream: HostileUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: tame,
    get asked() {
      return asked;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return upstream;
}

function ok(body: string | Buffer, status = '200 OK', ...headers: readonly string[]): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return Buffer.concat([
    Buffer.from(
      [
        `HTTP/1.1 ${status}`,
        'content-type: application/json',
        ...headers,
        `content-length: ${bytes.length}`,
        '\r\n',
      ].join('\r\n'),
    ),
    bytes,
  ]);
}

const ROOM = 8_300_000;
const fill = (text: string): string => text.repeat(Math.floor(ROOM / text.length));
const list = (row: string): string => `[${fill(`${row},`)}${row}]`;

/** As large as an upstream's answer may be at the most, and as laborious. */
const large: Readonly<Record<string, string>> = {
  'rows of nothing': `{"count":1,"results":${list('{}')}}`,
  'pins without an id': `{"count":1,"results":${list('{"status":"pinned","created":"2026-01-01T00:00:00Z","pin":{"cid":"x"},"delegates":[],"info":{}}')}}`,
  'rows of numbers': `{"page":${list('123456789.123456789')},"isDone":true}`,
  'a list of numbers': list('1'),
  'long numbers': list('9'.repeat(1_000)),
  'one number': '9'.repeat(ROOM),
  'a list of texts': list('"a"'),
  'one text': `"${'x'.repeat(ROOM)}"`,
  escapes: `"${fill('\\u0041')}"`,
  'lists in lists': `${'['.repeat(ROOM / 2)}${']'.repeat(ROOM / 2)}`,
  'objects in objects': `${'{"a":'.repeat(ROOM / 6)}1${'}'.repeat(ROOM / 6)}`,
  keys: `{${Array.from({ length: 600_000 }, (_none, index) => `"k${index}":1`).join()}}`,
  'the same key': `{${fill('"a":1,')}"a":1}`,
  spaces: `${' '.repeat(ROOM)}{}`,
  html: `<!doctype html>${fill('<p>')}`,
  half: `{"results":[${fill('{},')}`,
};

/** Those of the tests, and large ones, plain and packed. */
export function allHostileAnswers(elsewhere: string): Readonly<Record<string, HostileAnswer>> {
  return {
    ...hostileAnswers(elsewhere),
    ...Object.fromEntries(Object.entries(large).map(([name, body]) => [`8 MB: ${name}`, ok(body)])),
    ...Object.fromEntries(
      Object.entries(large).map(([name, body]) => [
        `8 MB packed: ${name}`,
        ok(gzipSync(body, { level: 1 }), '200 OK', 'content-encoding: gzip'),
      ]),
    ),
  };
}
