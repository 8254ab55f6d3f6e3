import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { preciseNow } from '../../values/clock.js';
import { HOLD_MS } from './held-refusals.js';

/** How the operations of one connection are refused before anybody parses them. */
export interface EarlyRefusals {
  /** Answers to requests of this connection that were parsed and are under way; undefined when it is to be left alone. */
  running(): readonly ServerResponse[] | undefined;
  /** When there is too much to do, calls the refusal, now or soon; false = the request with this head is to be served. */
  turnAway(refuse: () => void, now: boolean, head: string): boolean;
  /** All bytes of the refusal for a request with this head. */
  refusal(head: string): string;
}

const START = 'POST /graphql HTTP/1.1\r\n';
/** Longer heads are left to the parser. */
const MOST_HEAD_BYTES = 4_096;
/** Whatever else makes a request more than a head and so many bytes, or ends the connection, is left to the parser. */
const LEFT = String.raw`content-length|transfer-encoding|expect|upgrade|(?:proxy-)?connection(?!: keep-alive\r)`;
const LINES = String.raw`(?:(?!${LEFT})[a-z0-9-]+: [\t -~\x80-\xff]*\r\n)*`;
/** All lines of a head in the plainest form, with one length: what is not written here cannot be read in two ways. */
const PLAIN = new RegExp(String.raw`${LINES}content-length: (\d{1,7})\r\n${LINES}\r\n`, 'iy');

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
  /** The head of a request whose refusal is held. */
  let held: string | null = null;
  let refusedAt = -Infinity;

  const end = (): void => {
    ended = true;
    socket.off('data', hear);
  };

  function hear(chunk: Buffer): void {
    // More came before the answer went out: whoever sends ahead is answered in order.
    refuse();
    const head = running()?.length === 0 ? headOfOne(chunk) : null;
    if (head !== null && seen) {
      held = head;
      if (turnAway(refuse, preciseNow() - refusedAt > HOLD_MS, head)) return;
      held = null;
    }
    parse(chunk);
    seen = true;
    if (ended || (head !== null && isOneWhole(running()))) return;
    end();
    // The listener itself: on an upgrade Node takes away what it has put there, and gives the parser to the next connection.
    socket.on('data', parser as (chunk: Buffer) => void);
  }

  function refuse(): void {
    if (held === null) return;
    const text = refusal(held);
    held = null;
    refusedAt = preciseNow();
    if (socket.writable) socket.write(text, 'latin1');
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
  const text = chunk.toString('latin1', 0, MOST_HEAD_BYTES);
  if (!text.startsWith(START)) return null;
  PLAIN.lastIndex = START.length;
  const [lines, length] = PLAIN.exec(text) ?? [];
  if (lines === undefined || START.length + lines.length + Number(length) !== chunk.length) return null;
  return text.slice(START.length - 2, START.length + lines.length - 2);
}
