/** Just enough HTTP/1.1 to make and take messages with a length: what measures must cost less than what is measured. */

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;

export interface Message {
  /** First line and headers, as sent. */
  readonly head: string;
  readonly body: string;
  /** Of the body, in bytes. */
  readonly length: number;
}

/** Takes whole messages out of a stream of bytes; `wantsBodies` false skips the decoding of bodies. */
export function createMessageReader(
  onMessage: (message: Message) => void,
  wantsBodies: boolean,
): (chunk: Buffer) => void {
  let left: Buffer | undefined;
  return (chunk) => {
    let bytes = left === undefined ? chunk : Buffer.concat([left, chunk]);
    left = undefined;
    while (bytes.length > 0) {
      const headEnd = bytes.indexOf(HEAD_END);
      if (headEnd < 0) break;
      const head = bytes.toString('latin1', 0, headEnd);
      const bodyStart = headEnd + HEAD_END.length;
      const length = Number(LENGTH.exec(head)?.[1] ?? 0);
      const bodyEnd = bodyStart + length;
      if (bytes.length < bodyEnd) break;
      onMessage({ head, body: wantsBodies ? bytes.toString('utf8', bodyStart, bodyEnd) : '', length });
      bytes = bytes.subarray(bodyEnd);
    }
    if (bytes.length > 0) left = bytes;
  };
}

/** Whether an answer is what was hoped for, as far as can be told at little cost. */
export function isGood({ head, body, length }: Message, size: number | undefined): boolean {
  if (!head.startsWith('HTTP/1.1 200') || body.includes('"errors"')) return false;
  return size === undefined || Math.abs(length - size) <= size * 0.2;
}

/** A whole JSON answer. */
export function answer(status: number, json: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
}

/** A whole request. */
export function request(method: string, path: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const lines = Object.entries({
    host: '127.0.0.1',
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
  }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
