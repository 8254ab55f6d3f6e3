import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../../error-codes.js';
import { requestIdFrom } from '../operation/caller.js';
import { errorBody } from '../operation/coded-errors.js';
import { JSON_TYPE, requestIdOf, RESULT_TYPE, toLines, type AnswerHeaders } from './headers.js';
import { refusalType } from './negotiation.js';

/** Refuses with a coded answer what never comes to the graph, and ends its connection. */
export interface Refusals {
  answer(response: ServerResponse, status: number, code: ErrorCode, message: string): void;
  /** For a socket that has no response object. `more`: headers besides. */
  socket(socket: Socket, status: number, code: ErrorCode, message: string, more?: Record<string, string>): void;
}

export function createRefusals(answerHeaders: AnswerHeaders): Refusals {
  const headersFor = (requestId: string, type: Readonly<Record<string, string>>, origin?: string) => ({
    ...type,
    ...answerHeaders(requestId, origin),
    connection: 'close',
  });
  return {
    answer(response, status, code, message) {
      const { headers } = response.req;
      const requestId = requestIdOf(headers);
      response.writeHead(status, headersFor(requestId, RESULT_TYPE[refusalType(headers.accept)], headers.origin));
      response.end(errorBody(code, message, requestId));
    },
    socket(socket, status, code, message, more = {}) {
      if (!socket.writable) return void socket.destroy();
      const requestId = requestIdFrom(null);
      const body = errorBody(code, message, requestId);
      // What it takes was not read, or it is a handshake, of which nobody reads the body.
      const headers = {
        ...headersFor(requestId, JSON_TYPE),
        ...more,
        'content-length': String(Buffer.byteLength(body)),
      };
      const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...toLines(headers)];
      socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
    },
  };
}
