import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How the operations of one connection are refused before anybody parses them. */
export interface EarlyRefusals {
  /** Answers to requests of this connection that were parsed and are under way; undefined when it is to be left alone. */
  running(): readonly ServerResponse[] | undefined;
  /** When there is too much to do, takes the refusal, to call it soon; false = the request is to be served. */
  turnAway(refuse: () => void): boolean;
  /** All bytes of the refusal for a request with this head. */
  refusal(head: string): string;
}

const START = 'POST /graphql HTTP/1.1\r\n';
const NAME = 'content-length';
const COLON = ': ';
const DIGITS = /\d{1,7}\r\n/y;
/** Whatever makes a request more than a head and so many bytes, or could be read in two ways. */
const UNUSUAL = /\r\n(?:transfer-encoding|expect|upgrade|[ \t]|connection(?!: keep-alive\r\n))|(?<!\r)\n|\r(?!\n)/i;

/**
 * Node's HTTP server takes longer to parse a request, and to make the objects of its answer, than a refusal takes in all. So a
 * connection's bytes pass here first: while there is too much to do, one operation that comes whole and in the plainest form
 * gets its refusal, and the parser never sees it. Everything else goes to the parser; and so does all that follows, once it is
 * not certain that the parser stands between two requests. Returns what takes this away, for connections that are upgraded.
 */
export function refuseEarly(socket: Socket, { running, turnAway, refusal }: EarlyRefusals): () => void {
  const [parser, ...others] = socket.listeners('data');
  // That is how Node gives bytes to its parser; should it have another way one day, all is refused after parsing.
  if (parser === undefined || others.length > 0) return () => {};
  const parse = (chunk: Buffer): unknown => parser.call(socket, chunk);
  let ended = false;
  /** The first request is always parsed: only that shows whether the parser stands between two requests. */
  let seen = false;
  let pending: (() => void) | undefined;

  const end = (): void => {
    ended = true;
    socket.off('data', hear);
  };

  function hear(chunk: Buffer): void {
    // More came before the answer went out: whoever sends ahead is answered in order.
    pending?.();
    const head = running()?.length === 0 ? headOfOne(chunk) : null;
    if (head !== null && seen && turnAway(refuseOnce(head))) return;
    pending = undefined;
    parse(chunk);
    seen = true;
    if (ended || (head !== null && isOneWhole(running()))) return;
    end();
    socket.on('data', parse);
  }

  function refuseOnce(head: string): () => void {
    const refuse = (): void => {
      if (pending !== refuse) return;
      pending = undefined;
      if (socket.writable) socket.write(refusal(head), 'latin1');
    };
    return (pending = refuse);
  }

  socket.off('data', parser as (chunk: Buffer) => void);
  socket.on('data', hear);
  return end;
}

/** Whether one request is under way, and has come whole. */
function isOneWhole([one, ...others]: readonly ServerResponse[] = []): boolean {
  return one?.req.complete === true && others.length === 0;
}

/** The head, when these bytes are one whole operation and nothing else. */
function headOfOne(chunk: Buffer): string | null {
  const end = chunk.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = chunk.toString('latin1', 0, end + 2);
  if (!head.startsWith(START) || UNUSUAL.test(head)) return null;
  const lower = head.toLowerCase();
  const at = lower.indexOf(NAME);
  if (
    at < 0 ||
    at !== lower.lastIndexOf(NAME) ||
    !lower.startsWith('\r\n', at - 2) ||
    !lower.startsWith(COLON, at + NAME.length)
  )
    return null;
  DIGITS.lastIndex = at + NAME.length + COLON.length;
  const digits = DIGITS.exec(head)?.[0];
  return digits !== undefined && end + 4 + Number.parseInt(digits, 10) === chunk.length ? head : null;
}
