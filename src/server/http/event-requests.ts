import type { IncomingMessage } from 'node:http';
import { markInexactNumbers } from '../../values/exact-numbers.js';
import type { EventAnswer } from '../events/frames.js';
import type { EventOperations, OpenedEvents } from '../events/event-operations.js';
import { departureOf, nodeHeader, readBody, toRequest, type PlainNodeOptions } from './requests.js';
import { eventHeaders } from './use-results.js';
import { isJson, readParams, type OperationParams } from './negotiation.js';
import { httpRequestState } from '../operation/request-state.js';

export interface EventRequestOptions extends Pick<PlainNodeOptions, 'headersFor' | 'maxBodyBytes' | 'others'> {
  readonly operations: EventOperations;
}

const QUERY = '/graphql?';

/** Whether this is a request in one of the two shapes in which event streams are asked for, by a caller who takes nothing else. */
export function asksForEvents({ method, url, headers }: IncomingMessage): boolean {
  if (headers.accept?.trim().toLowerCase() !== 'text/event-stream') return false;
  if (method === 'POST') return url === '/graphql' && isJson(headers['content-type'] ?? null);
  return method === 'GET' && url?.startsWith(QUERY) === true;
}

/** Reads and answers one of these; null when the caller has left. */
export async function answerEvents(
  request: IncomingMessage,
  { operations, headersFor, maxBodyBytes, others }: EventRequestOptions,
): Promise<EventAnswer | Response | null> {
  const state = httpRequestState(nodeHeader(request));
  const signal = departureOf(request.socket);
  const whole = ({ status, frames }: OpenedEvents): EventAnswer => ({
    status,
    frames,
    headers: { ...headersFor(state.requestId, request.headers.origin ?? null), ...eventHeaders },
  });
  const body = request.method === 'POST' ? await readBody(request, maxBodyBytes) : undefined;
  if (signal.aborted) return null;
  if (body === null) return whole(operations.refuseSize(state));
  const params = body === undefined ? paramsInQuery(request.url ?? '') : paramsInBody(body);
  const opened = params && (await operations.answer({ params, state, signal }));
  return opened ? whole(opened) : others(toRequest(request, body ?? null, signal));
}

/** Null when something is wrong with it, which others say. */
function paramsInBody(text: string): OperationParams | null {
  try {
    return readParams(text);
  } catch {
    return null;
  }
}

const KNOWN: ReadonlySet<string> = new Set(['query', 'operationName', 'variables']);

/** Null when there is anything beside a query, a name and variables, each once, or a number that would not stay what it is. */
function paramsInQuery(url: string): OperationParams | null {
  const search = new URLSearchParams(url.slice(QUERY.length));
  const { query, operationName, variables = '{}', ...more } = Object.fromEntries(search);
  if (
    query === undefined ||
    Object.keys(more).length > 0 ||
    [...search.keys()].some((name) => !KNOWN.has(name) || search.getAll(name).length > 1)
  )
    return null;
  if (markInexactNumbers(variables) !== variables) return null;
  try {
    return readParams(JSON.stringify({ query, operationName, variables: JSON.parse(variables) as unknown }));
  } catch {
    return null;
  }
}
