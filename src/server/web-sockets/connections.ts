import type { IncomingMessage } from 'node:http';
import { GraphQLError, GraphQLSchema, parse, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { CloseCode, makeServer, type Context, type SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { preciseNow } from '../../values/clock.js';
import { GONE } from '../../values/departure.js';
import { markInexactNumbers } from '../../values/exact-numbers.js';
import { jsonText } from '../../values/json-text.js';
import { busyError } from '../overload/busy-answer.js';
import { requestIdFrom, type OperationCaller } from '../operation/caller.js';
import { requestError, resultWithoutHttp } from '../operation/coded-errors.js';
import { isStream, type Outcome, type ResultStream } from '../operation/outcome.js';
import { checkParams } from '../operation/params.js';
import type { HeaderReader } from '../options.js';
import { createHandshakes } from './handshakes.js';
import { toGenerator } from './results.js';
import { GuardedSocket, SocketsBehind } from './socket.js';
import type { WebSocketConnections, WebSocketOptions } from './options.js';

/** One operation on a socket, until it is over or given up. */
interface Running {
  readonly abort: AbortController;
  streaming: boolean;
  /** Gives its place among the operations in flight free; streams have limits of their own. */
  leave: () => void;
}

interface Connection {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly running: Map<string, Running>;
  /** Reads the caller's headers; made once the connection has said hello. */
  header?: HeaderReader;
}

type ConnectionContext = Context<Record<string, unknown>, Connection>;
type Results = ExecutionResult | AsyncGenerator<ExecutionResult, void>;

const SERVICE_RESTART = 1012;
/** More than all credentials that a caller can bring, in number and length; clients add a few names of their own. */
const MOST_PARAMS = 100;
const LONGEST_PARAMS = 65_536;
/** Of the id that a client gives to an operation; libraries take some 36 characters. */
const LONGEST_ID = 512;

/** graphql-ws on `/graphql`: `connectionParams` carry the names of the HTTP headers; all else is the pipeline's. */
export function createConnections(options: WebSocketOptions): WebSocketConnections {
  const { pipeline, timings, lifecycle, overload, limits } = options;
  const handshakes = createHandshakes(options);
  const connections = new Set<Connection>();
  const behind = new SocketsBehind();

  const protocol = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: timings.connectionInitMs,
    onConnect: hello,
    onSubscribe: begin,
    execute: resultsOf,
    onComplete: (ctx, id) => end(ctx.extra, id),
  });

  /** Credentials are read once for all operations. What is no credential in kind or size is turned away, and not kept. */
  function hello(ctx: ConnectionContext): boolean {
    const params = ctx.connectionParams ?? {};
    const names = Object.keys(params);
    if (names.length > MOST_PARAMS) return false;
    const size = names.reduce((sum, name) => sum + name.length + lengthOf(params[name]), 0);
    if (size > LONGEST_PARAMS) return false;
    ctx.extra.header = headerReader(ctx.extra.request, params);
    return true;
  }

  async function begin(
    ctx: ConnectionContext,
    id: string,
    payload: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const connection = ctx.extra;
    if (id.length > LONGEST_ID) {
      // Each message about an operation holds its id: nothing that a client sends is sent back at length.
      connection.socket.close(CloseCode.BadRequest, `An id has at most ${LONGEST_ID} characters`);
      return [];
    }
    const running: Running = { abort: new AbortController(), streaming: false, leave: () => {} };
    const caller: OperationCaller = {
      requestId: requestIdFrom(null),
      header: connection.header ?? headerReader(connection.request),
      transport: 'websocket',
      startedAt: preciseNow(),
      signal: running.abort.signal,
      address: options.addressOf(connection.request),
    };
    const refusal = refusalOf(connection);
    if (refusal !== null) return errorsOf(pipeline.refuse(refusal, caller));
    connection.running.set(id, running);
    const entered = overload.enter(caller.header);
    const leave = entered instanceof Promise ? await entered : entered;
    if (leave === null) {
      end(connection, id);
      const { message, extensions } = busyError();
      return [new GraphQLError(message, { extensions: { ...extensions, requestId: caller.requestId } })];
    }
    running.leave = leave;
    const answer = await perform(payload, caller);
    leave();
    running.streaming = isStream(answer);
    if (lifecycle.draining) closeWhenIdle(connection);
    if (isStream(answer)) return carry(toGenerator(answer));
    // What could not begin is an error of the operation; what ran has a result.
    if (answer.result.data !== undefined) return carry(resultWithoutHttp(answer.result));
    end(connection, id);
    return errorsOf(answer);
  }

  async function perform(payload: SubscribePayload, caller: OperationCaller): Promise<Outcome | ResultStream> {
    try {
      caller.signal.throwIfAborted();
      return await pipeline.subscribe(checkParams({ ...payload }, jsonText(payload)), caller);
    } catch (reason) {
      return pipeline.refuse(reason, caller);
    }
  }

  function refusalOf({ running }: Connection): GraphQLError | null {
    if (lifecycle.draining)
      return requestError('OVERLOADED', 'This instance is stopping; send the request again.', 503);
    if (running.size >= limits.operationsPerSocket)
      return requestError('TOO_MANY_REQUESTS', 'Too many operations run on this connection.', 429);
    return null;
  }

  function end(connection: Connection, id: string): void {
    connection.running.get(id)?.leave();
    connection.running.delete(id);
    // Not before the operation's own `complete` message has gone out.
    if (lifecycle.draining) setImmediate(() => closeWhenIdle(connection));
  }

  function open(socket: WebSocket, request: IncomingMessage): void {
    const connection: Connection = { socket, request, running: new Map() };
    connections.add(connection);
    let receive: ((data: string) => Promise<void>) | null = null;
    const { messagesPerSecond, operationsPerSocket, bytesPerMessage } = limits;
    const burst = Math.max(messagesPerSecond + operationsPerSocket, options.maxPayloadBytes / bytesPerMessage);
    const guarded = new GuardedSocket(
      socket,
      { messagesPerSecond, burst, bytesPerMessage, pingMs: timings.webSocketPingMs },
      behind,
      (text) => {
        receive?.(markInexactNumbers(text)).catch(() =>
          socket.close(CloseCode.InternalServerError, 'Internal server error'),
        );
        const given = completedId(text);
        if (given !== null) abandon(connection, given);
      },
    );
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) => guarded.send(data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (callback) => void (receive = callback),
        // Without what the ping held: nothing that a client sends is sent back.
        onPing: () => guarded.send(PONG),
      },
      connection,
    );
    socket.once('close', (code, reason) => {
      connections.delete(connection);
      for (const id of connection.running.keys()) abandon(connection, id);
      closed(code, reason.toString()).catch(() => {});
    });
  }

  return {
    accept: (request, socket, head) => handshakes.handleUpgrade(request, socket, head, open),
    drain() {
      for (const connection of connections) closeWhenIdle(connection);
    },
    terminate() {
      for (const { socket } of connections) socket.terminate();
    },
  };
}

const PONG = JSON.stringify({ type: 'pong' });

/** The library wants a document to execute; what it is given was executed, and is carried to it as the context. */
const carrier = { schema: new GraphQLSchema({}), document: parse('{ __typename }') };

class Carried {
  constructor(readonly results: Results) {}
}

function carry(results: Results): ExecutionArgs {
  return { ...carrier, contextValue: new Carried(results) };
}

function resultsOf({ contextValue }: ExecutionArgs): Results {
  if (!(contextValue instanceof Carried)) throw new Error('an operation that was never begun');
  return contextValue.results;
}

function errorsOf({ result }: Outcome): readonly GraphQLError[] {
  return resultWithoutHttp(result).errors ?? [];
}

/** The caller gave an operation up: what it reads is aborted. */
function abandon(connection: Connection, id: string): void {
  const running = connection.running.get(id);
  running?.abort.abort(GONE);
  running?.leave();
  connection.running.delete(id);
}

/** Streams end with the socket; a query or a mutation gets its answer first. */
function closeWhenIdle({ socket, running }: Connection): void {
  if ([...running.values()].every(({ streaming }) => streaming)) socket.close(SERVICE_RESTART, 'Service restart');
}

/** Longer than any that says that an operation is complete, however it is spelled. */
const LONGEST_COMPLETE = 8 * LONGEST_ID;

/** The id in a client's `complete` message. */
function completedId(text: string): string | null {
  if (text.length > LONGEST_COMPLETE || !text.includes('"complete"')) return null;
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null || !('type' in message) || !('id' in message)) return null;
    return message.type === 'complete' && typeof message.id === 'string' ? message.id : null;
  } catch {
    return null;
  }
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : (JSON.stringify(value) ?? '').length;
}

/** Reads `connectionParams` first and the upgrade request second. A name that is there without a text counts as sent, and empty. */
function headerReader(request: IncomingMessage, params: Readonly<Record<string, unknown>> = {}): HeaderReader {
  const given = new Map(
    Object.entries(params).map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? value : '']),
  );
  return (name) => {
    const key = name.toLowerCase();
    const sent = request.headers[key];
    return given.get(key) ?? (Array.isArray(sent) ? sent.join(', ') : sent) ?? null;
  };
}
