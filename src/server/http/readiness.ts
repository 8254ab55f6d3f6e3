import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HeaderReader, ServerOptions } from '../options.js';
import { JSON_TYPE, nodeHeader, requestIdOf, type AnswerHeaders } from './headers.js';

/** What the routes need to know about the server's own life. */
export interface Lifecycle {
  readonly draining: boolean;
}

/** Whether this instance can serve, as `/health/ready` says it to whoever sends these headers. */
export type Readiness = (header: HeaderReader) => Promise<{ readonly status: number; readonly body: string }>;

export function createReadiness(
  { ready, healthDetail }: Pick<ServerOptions, 'ready' | 'healthDetail'>,
  lifecycle: Lifecycle,
): Readiness {
  async function isReady(): Promise<boolean | string> {
    try {
      return await ready();
    } catch {
      return false; // Whatever keeps the check from ending well keeps this instance from serving.
    }
  }

  return async (header) => {
    const answer = lifecycle.draining ? false : await isReady();
    const status = lifecycle.draining ? 'draining' : answer === true ? 'ready' : 'unavailable';
    const waitsFor = typeof answer === 'string' ? { waitsFor: answer } : {};
    return {
      status: answer === true ? 200 : 503,
      body: JSON.stringify({ status, ...waitsFor, ...healthDetail?.(header) }),
    };
  };
}

/** Whether a request asks for nothing but whether this instance can serve. */
export function asksForReadiness({ method, url }: IncomingMessage): boolean {
  return url === '/health/ready' && (method === 'GET' || method === 'HEAD');
}

/** Says so by the shortest way: whoever asks takes an instance that answers late out of service. */
export async function answerReadiness(
  request: IncomingMessage,
  response: ServerResponse,
  readiness: Readiness,
  answerHeaders: AnswerHeaders,
): Promise<null> {
  const { status, body } = await readiness(nodeHeader(request));
  const common = answerHeaders(requestIdOf(request.headers), request.headers.origin);
  response.writeHead(status, { ...common, ...JSON_TYPE, 'content-length': Buffer.byteLength(body) });
  response.end(body);
  return null;
}
