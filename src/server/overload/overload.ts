import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createBusyAnswer, type BusyAnswerOptions } from './busy-answer.js';
import { refuseEarly } from './early-refusals.js';
import { nodeHeader } from '../http/headers.js';
import type { HeaderReader, OperationLoad } from '../options.js';
import { onceASecond } from '../../values/once-a-second.js';
import { createGate } from './turn-gate.js';

/** The one thing of this folder that the rest of the server holds: README.md says how it decides. */
export interface Overload {
  /** Hears of the server's connections; to be called before any other listener for upgrades is added. */
  guard(server: Server, runningOn: RunningOn): void;
  /** A request that costs something: `run` begins it when its turn comes, or it is answered OVERLOADED. `over` must follow each `run`. */
  admit(request: IncomingMessage, response: ServerResponse, run: () => void): void;
  /** Of a request whose body has still to come: true = it is refused, now or soon, and nobody waits for the rest of it. */
  refuses(request: IncomingMessage, response: ServerResponse): boolean;
  /** The operation is answered, its caller is gone, or it is a stream by now, which has limits of its own. May be called again. */
  over(response: ServerResponse): void;
  /** An operation that came over a WebSocket: what gives its place free (once or more often), or null when it is refused. */
  enter(header: HeaderReader): Leave | null | Promise<Leave | null>;
  /** For what is no operation yet, such as a handshake: true = `refuse` will be called soon. */
  turnAway(refuse: () => void, header: HeaderReader): boolean;
  load(): OperationLoad;
}

export type Leave = () => void;

/** The answers that a connection still waits for; undefined when it was upgraded, or the server is closing. */
export type RunningOn = (socket: Socket) => readonly ServerResponse[] | undefined;

export interface OverloadOptions extends BusyAnswerOptions {
  /** Operations in flight beyond which all others are refused, however idle the processor is. */
  readonly maxInFlight: number;
  /** Whose operator key a request with these headers brings: those have room of their own behind a full line. */
  operatorName(header: HeaderReader): string | null;
  /** How many operators there can be, if that is known. */
  readonly operators?: number | undefined;
  /** Told of refusals, at most once a second. */
  readonly onRefused?: (refused: number) => void;
}

/** What an answer is to, until it is over: true = an operation that was let in, false = one that was refused. */
const admitted = Symbol('admitted');
type Admitted = ServerResponse & { [admitted]?: boolean | undefined };

/** Makes the guard of one server. */
export function createOverload(options: OverloadOptions): Overload {
  const { maxInFlight, operators, onRefused } = options;
  const gate = createGate({ maxInFlight, operators, ...(onRefused ? { onRefused: onceASecond(onRefused) } : {}) });
  const busy = createBusyAnswer(options);
  const filters = new WeakMap<Socket, () => void>();
  let runningOn: RunningOn = () => undefined;

  /** Only after a connection's first refusal: the filter costs a tenth of an operation. */
  function filter(socket: Socket): void {
    if (runningOn(socket) === undefined || filters.has(socket)) return;
    const unfilter = refuseEarly(socket, {
      running: () => runningOn(socket),
      turnAway: (refuse, now, head) =>
        gate.turnAway(refuse, now, () => options.operatorName((name) => headerIn(head, name))),
      refusal: busy.toHead,
    });
    filters.set(socket, unfilter);
  }

  function refuse(request: IncomingMessage, response: Admitted): void {
    response[admitted] = false;
    busy.answer(request, response);
  }

  function over(response: Admitted): void {
    const wasLetIn = response[admitted];
    if (wasLetIn === undefined) return;
    response[admitted] = undefined;
    if (wasLetIn) gate.left();
    else filter(response.req.socket);
  }

  return {
    guard(server, running) {
      runningOn = running;
      const unfilter = (_request: IncomingMessage, socket: Socket): void => filters.get(socket)?.();
      server.on('upgrade', unfilter);
      server.on('connect', unfilter);
    },
    admit(request, response: Admitted, run) {
      gate.arrived({
        go() {
          response[admitted] = true;
          // The caller may have gone while the operation waited.
          if (request.socket.destroyed) over(response);
          else run();
        },
        refuse: () => refuse(request, response),
        privilege: () => options.operatorName(nodeHeader(request)),
      });
    },
    refuses: (request, response) =>
      gate.turnAway(
        () => refuse(request, response),
        false,
        () => options.operatorName(nodeHeader(request)),
      ),
    over,
    enter(header) {
      let decided: Leave | null | undefined;
      let tell = (leave: Leave | null): void => void (decided = leave);
      gate.arrived({
        go: () => tell(once(gate.left)),
        refuse: () => tell(null),
        privilege: () => options.operatorName(header),
      });
      return decided === undefined ? new Promise((resolve) => (tell = resolve)) : decided;
    },
    turnAway: (refuse, header) => gate.turnAway(refuse, false, () => options.operatorName(header)),
    load: gate.load,
  };
}

const patterns = new Map<string, RegExp>();

/** A header of a head in the plainest form; its name is one of ours, which hold nothing that a pattern would take for more. */
function headerIn(head: string, name: string): string | null {
  let pattern = patterns.get(name);
  if (pattern === undefined) patterns.set(name, (pattern = new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i')));
  return pattern.exec(head)?.[1] ?? null;
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
