import type { IncomingMessage } from 'node:http';
import { GraphQLError, type ExecutionArgs } from 'graphql';
import { CloseCode, type Context, type SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { preciseNow } from '../../values/clock.js';
import { GONE } from '../../values/departure.js';
import { jsonText } from '../../values/json-text.js';
import { busyError } from '../overload/busy-answer.js';
import { requestIdFrom, type OperationCaller } from '../operation/caller.js';
import { requestError, resultWithoutHttp } from '../operation/coded-errors.js';
import { isStream, type Outcome, type ResultStream } from '../operation/outcome.js';
import { checkParams } from '../operation/params.js';
import type { HeaderReader } from '../options.js';
import { carry } from './carried.js';
import type { WebSocketOptions } from './options.js';
import { headerReader } from './params.js';
import { toGenerator } from './results.js';

/** One operation on a socket, until it is over or given up. */
interface Running {
  readonly abort: AbortController;
  streaming: boolean;
  /** Gives its place among the operations in flight free; streams have limits of their own. */
  leave: () => void;
}

/** One WebSocket and its operations. */
export interface Connection {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly running: Map<string, Running>;
  /** Reads the caller's headers; made once the connection has said hello. */
  header?: HeaderReader;
}

export type ConnectionContext = Context<Record<string, unknown>, Connection>;

const SERVICE_RESTART = 1012;
/** Of the id that a client gives to an operation; libraries take some 36 characters. */
export const LONGEST_ID = 512;

/** How an operation that comes over a WebSocket begins and ends; what it does is the pipeline's. */
export function createOperations({ pipeline, lifecycle, overload, limits, addressOf }: WebSocketOptions) {
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
      address: addressOf(connection.request),
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

  return { begin, end };
}

function errorsOf({ result }: Outcome): readonly GraphQLError[] {
  return resultWithoutHttp(result).errors ?? [];
}

/** The caller gave an operation up: what it reads is aborted. */
export function abandon(connection: Connection, id: string): void {
  const running = connection.running.get(id);
  running?.abort.abort(GONE);
  running?.leave();
  connection.running.delete(id);
}

/** Streams end with the socket; a query or a mutation gets its answer first. */
export function closeWhenIdle({ socket, running }: Connection): void {
  if ([...running.values()].every(({ streaming }) => streaming)) socket.close(SERVICE_RESTART, 'Service restart');
}
