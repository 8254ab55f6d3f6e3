import type { IncomingMessage } from 'node:http';
import { getOperationAST, GraphQLError, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type Context, type SubscribePayload } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { markInexactNumbers } from '../../values/exact-numbers.js';
import { busyError } from '../overload/busy-answer.js';
import { codeResult, codesOf, requestError, resultWithoutHttp, withoutHttp } from '../operation/coded-errors.js';
import { isStream } from '../events/streams.js';
import { codeStream } from '../http/use-results.js';
import { requestIdFrom } from '../operation/request-state.js';
import type { HeaderReader, RequestState } from '../options.js';
import { withUpstreamCalls } from '../operation/upstream-calls.js';
import type { OperationSteps, WebSocketConnections, WebSocketOptions } from './upgrade.js';

/** One operation on a socket, until it is over or given up. */
interface Running {
  readonly abort: AbortController;
  streaming: boolean;
  /** Gives its place among the operations in flight free; streams have limits of their own. */
  leave: () => void;
}

/** One that is about to be executed. */
interface Begun {
  readonly running: Running;
  readonly state: RequestState;
  readonly steps: OperationSteps;
}

interface Connection {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly running: Map<string, Running>;
}

type ConnectionContext = Context<Record<string, unknown>, Connection>;

const SERVICE_RESTART = 1012;
const MOST_OPERATIONS = 1_000;

/** graphql-ws on `/graphql`: `connectionParams` carry the names of the HTTP headers; limits, validation and masking are those of HTTP. */
export function createConnections(options: WebSocketOptions): WebSocketConnections {
  const { toCoded, requestLog, timings, lifecycle, overload } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxPayloadBytes,
    handleProtocols,
    clientTracking: false,
  });
  const connections = new Set<Connection>();
  const byArgs = new WeakMap<ExecutionArgs, Begun>();

  const protocol = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: timings.connectionInitMs,
    onSubscribe: (ctx, id, payload) => begin(ctx, id, payload),
    execute: (args) => run(args, 'execute'),
    subscribe: (args) => run(args, 'subscribe'),
    onComplete: (ctx, id) => end(ctx.extra, id),
  });

  async function begin(
    ctx: ConnectionContext,
    id: string,
    payload: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const connection = ctx.extra;
    const header = headerReader(connection.request, ctx.connectionParams);
    const abort = new AbortController();
    const state: RequestState = {
      requestId: requestIdFrom(null),
      header,
      transport: 'websocket',
      startedAt: performance.now(),
      signal: abort.signal,
    };
    const operation = {
      ...state,
      params: {
        query: payload.query,
        operationName: payload.operationName ?? undefined,
        variables: payload.variables ?? undefined,
      },
    };
    const running: Running = { abort, streaming: false, leave: () => {} };
    try {
      if (lifecycle.draining)
        throw requestError('OVERLOADED', 'This instance is stopping; send the request again.', 503);
      if (connection.running.size >= MOST_OPERATIONS)
        throw requestError('TOO_MANY_REQUESTS', 'Too many operations run on this connection.', 429);
      connection.running.set(id, running);
      const entered = overload.enter();
      const leave = entered instanceof Promise ? await entered : entered;
      if (leave === null) {
        end(connection, id);
        return [withoutHttp(toCoded(busyError(), state.requestId))];
      }
      running.leave = leave;
      if (abort.signal.aborted)
        throw requestError('BAD_USER_INPUT', 'The operation was given up before it began.', 400);
      const steps = options.steps(operation);
      const document = steps.parse(payload.query);
      const found = getOperationAST(document, payload.operationName);
      if (!found) throw requestError('BAD_USER_INPUT', 'Could not determine what operation to execute.', 400);
      running.streaming = found.operation === 'subscription';
      const errors = steps.validate(steps.schema, document);
      if (errors.length > 0) {
        end(connection, id);
        return refuse(operation, errors);
      }
      const args: ExecutionArgs = {
        schema: steps.schema,
        document,
        operationName: payload.operationName ?? null,
        variableValues: payload.variables ?? null,
        contextValue: await steps.contextFactory(),
      };
      byArgs.set(args, { running, state: operation, steps });
      return args;
    } catch (error) {
      running.leave();
      end(connection, id);
      return refuse(operation, [error]);
    }
  }

  function refuse(state: RequestState, errors: readonly unknown[]): readonly GraphQLError[] {
    const coded = errors.map((error) => withoutHttp(toCoded(error, state.requestId)));
    requestLog(state, codesOf({ errors: coded }));
    return coded;
  }

  async function run(
    args: ExecutionArgs,
    step: 'execute' | 'subscribe',
  ): Promise<ExecutionResult | AsyncGenerator<ExecutionResult, void>> {
    const begun = byArgs.get(args);
    if (begun === undefined) throw new Error('an operation that was never begun');
    const { running, state, steps } = begun;
    try {
      const result = await steps[step](args);
      if (isStream(result)) return codeStream(result, state, toCoded, requestLog);
      return finish(state, isResult(result) ? result : {});
    } catch (error) {
      return finish(state, { errors: [toCoded(error, state.requestId)] });
    } finally {
      running.leave();
    }
  }

  function finish(state: RequestState, result: ExecutionResult): ExecutionResult {
    const coded = withUpstreamCalls(codeResult(result, state.requestId, toCoded), state);
    requestLog(state, codesOf(coded));
    return resultWithoutHttp(coded);
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
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) =>
          new Promise((resolve) =>
            socket.readyState === socket.OPEN ? socket.send(data, () => resolve()) : resolve(),
          ),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (callback) => void (receive = callback),
      },
      connection,
    );
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      receive?.(markInexactNumbers(text)).catch(() =>
        socket.close(CloseCode.InternalServerError, 'Internal server error'),
      );
      const given = completedId(text);
      if (given !== null) abandon(connection, given);
    });
    const stopPings = keepAlive(socket, timings.webSocketPingMs);
    socket.once('close', (code, reason) => {
      stopPings();
      connections.delete(connection);
      for (const id of connection.running.keys()) abandon(connection, id);
      closed(code, reason.toString()).catch(() => {});
    });
  }

  return {
    accept: (request, socket, head) => sockets.handleUpgrade(request, socket, head, open),
    drain() {
      for (const connection of connections) closeWhenIdle(connection);
    },
    terminate() {
      for (const { socket } of connections) socket.terminate();
    },
  };
}

/** The caller gave an operation up: what it reads is aborted. */
function abandon(connection: Connection, id: string): void {
  const running = connection.running.get(id);
  running?.abort.abort();
  running?.leave();
  connection.running.delete(id);
}

/** Streams end with the socket; a query or a mutation gets its answer first. */
function closeWhenIdle({ socket, running }: Connection): void {
  if ([...running.values()].every(({ streaming }) => streaming)) socket.close(SERVICE_RESTART, 'Service restart');
}

/** The id in a client's `complete` message. */
function completedId(text: string): string | null {
  if (!text.includes('"complete"')) return null;
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null || !('type' in message) || !('id' in message)) return null;
    return message.type === 'complete' && typeof message.id === 'string' ? message.id : null;
  } catch {
    return null;
  }
}

function isResult(value: unknown): value is ExecutionResult {
  return typeof value === 'object' && value !== null && ('data' in value || 'errors' in value);
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

/** Pings, and cuts a socket that did not answer the last one. */
function keepAlive(socket: WebSocket, everyMs: number): () => void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, everyMs);
  return () => clearInterval(timer);
}
