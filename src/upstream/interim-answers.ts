import type { Socket } from 'node:net';

/** `HTTP/1.1 1` and two digits more: as much of a first line as tells an interim answer from a final one. */
const INTERIM = /^HTTP\/1\.[01] 1\d\d$/;
const ENOUGH = 12;
const STATUS_AT = 9;
const ONE = 0x31;
const LONGEST_HEAD = 16_384;
const END_OF_HEAD = '\r\n\r\n';

/**
 * Takes interim answers (1xx) out of what the socket brings. A server may send any number of them before its answer, asked
 * or unasked (RFC 9110, 15.2); the HTTP library takes an unasked 100 or 101 for a broken connection, and a write that
 * happened would look lost.
 *
 * An answer can only begin after a request was written, since requests are not pipelined: whatever else arrives is left as
 * it is, for the library to judge.
 */
export function skipInterimAnswers<S extends Pick<Socket, 'read' | 'write'>>(socket: S): S {
  const read = socket.read.bind(socket) as () => Buffer | null;
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let held: Buffer | undefined;
  let atStart = false;

  socket.read = (): Buffer | null => {
    for (let chunk = read(); chunk !== null; chunk = read()) {
      if (!atStart) return chunk;
      if (held === undefined && isSurelyFinal(chunk)) {
        atStart = false;
        return chunk;
      }
      const rest = withoutInterim(held ? Buffer.concat([held, chunk]) : chunk);
      held = undefined;
      if ('final' in rest) {
        atStart = false;
        return rest.final;
      }
      held = rest.undecided.length > 0 ? rest.undecided : undefined;
    }
    return null;
  };
  // The library writes a request's head and body in one turn, before anything can have been answered.
  socket.write = ((...args: unknown[]) => {
    atStart = true;
    held = undefined;
    return write(...args);
  }) as S['write'];
  return socket;
}

/** Nearly all are: an answer whose first line has come, with another status than 1xx. */
function isSurelyFinal(bytes: Buffer): boolean {
  return bytes.length >= ENOUGH && bytes[STATUS_AT] !== ONE;
}

/** What is left behind the interim answers at the beginning; `undecided` as long as it may be, or is, part of one. */
function withoutInterim(bytes: Buffer): { readonly final: Buffer } | { readonly undecided: Buffer } {
  let rest = bytes;
  for (;;) {
    const start = rest.toString('latin1', 0, ENOUGH);
    if (start.length < ENOUGH) return couldBeInterim(start) ? { undecided: rest } : { final: rest };
    if (!INTERIM.test(start)) return { final: rest };
    const end = rest.indexOf(END_OF_HEAD);
    // A head without an end is handed over, so that the library refuses it.
    if (end < 0) return rest.length > LONGEST_HEAD ? { final: rest } : { undecided: rest };
    rest = rest.subarray(end + END_OF_HEAD.length);
  }
}

function couldBeInterim(start: string): boolean {
  return INTERIM.test(start + 'HTTP/1.1 100'.slice(start.length));
}
