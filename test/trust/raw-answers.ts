import { connect, type Socket } from 'node:net';
import { errorCodes } from '../../src/error-codes.js';
import type { GraphAnswer } from '../support/create-test-app.js';
import { spentOn } from '../support/spent-on.js';

const knownCodes: ReadonlySet<unknown> = new Set(errorCodes);

/** What came back on a socket, and how long that took. */
export interface RawAnswer {
  readonly text: string;
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

type Bytes = string | Buffer | ((socket: Socket) => void);

/** Writes bytes to a port as they are and collects the answer until the other side ends, or an answer is complete, or time is up. */
export async function sendRaw(port: number, bytes: Bytes, patienceMs = 2_500): Promise<RawAnswer> {
  const { value, ms } = await spentOn(() => collect(port, bytes, patienceMs));
  return { ...value, ms };
}

function collect(port: number, bytes: Bytes, patienceMs: number): Promise<Omit<RawAnswer, 'ms'>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('utf8');
      const [head = '', ...rest] = text.split('\r\n\r\n');
      resolve({
        text,
        status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
        body: unchunk(head, rest.join('\r\n\r\n')),
      });
    };
    const timer = setTimeout(done, patienceMs);
    socket.on('connect', () => (typeof bytes === 'function' ? bytes(socket) : socket.write(bytes)));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (isWhole(Buffer.concat(chunks))) done();
    });
    socket.on('error', done);
    socket.on('close', done);
  });
}

function isWhole(bytes: Buffer): boolean {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = bytes.subarray(0, end).toString('latin1');
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) return bytes.length >= end + 4 + Number(length);
  return /transfer-encoding: chunked/i.test(head) && bytes.subarray(-5).toString() === '0\r\n\r\n';
}

function unchunk(head: string, body: string): string {
  return /transfer-encoding: chunked/i.test(head)
    ? body.replace(/(^|\r\n)[0-9a-f]+\r\n/gi, '').replace(/\r\n$/, '')
    : body;
}

/** Faults of an answer's errors: none may be without a known code, its request id and the flag `retryable`. */
export function uncoded(answer: GraphAnswer<unknown>): string[] {
  return (answer.errors ?? [])
    .filter(({ message, extensions }) => {
      const whole =
        knownCodes.has(extensions?.['code']) &&
        typeof extensions['requestId'] === 'string' &&
        typeof extensions['retryable'] === 'boolean';
      return (
        !whole ||
        extensions['code'] === 'INTERNAL_SERVER_ERROR' ||
        /Cannot return null|TypeError|undefined is not|is not a function|\n\s+at /.test(message)
      );
    })
    .map((error) => JSON.stringify(error));
}
