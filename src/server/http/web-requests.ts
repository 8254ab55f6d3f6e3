import { GONE, Stay } from '../../values/departure.js';
import { toEventStream } from '../events/streams.js';
import { httpCaller, requestIdFrom, type OperationCaller } from '../operation/caller.js';
import { bodyText } from '../operation/params.js';
import { objectionToGet, type RequestHead } from './negotiation.js';
import type { AnswerHeaders, Preflighted } from './headers.js';
import type { Preflights } from './preflights.js';
import type { HttpOptions } from './node-requests.js';

/** The head of a request that did not come through a port. */
export function fetchHead({ method, url, headers }: Request): RequestHead {
  const { pathname, search } = new URL(url);
  return {
    method,
    url: pathname + search,
    contentType: headers.get('content-type'),
    contentEncoding: headers.get('content-encoding'),
    accept: headers.get('accept'),
    ifNoneMatch: headers.get('if-none-match'),
  };
}

/** Who sent it. */
export function fetchCaller({ method, headers, signal }: Request, isPreflighted: Preflighted): OperationCaller {
  const header = (name: string) => headers.get(name);
  const objection = method === 'GET' ? objectionToGet(header('accept'), isPreflighted(header)) : undefined;
  return httpCaller(header, departureOf(signal), objection);
}

/** Answers an operation without a port, as on a port. */
export async function answerFetch(
  request: Request,
  head: RequestHead,
  { operations, answerHeaders, isPreflighted, maxBodyBytes }: Omit<HttpOptions, 'addressOf' | 'places'>,
): Promise<Response> {
  const caller = fetchCaller(request, isPreflighted);
  const bytes = head.method === 'POST' ? Buffer.from(await request.arrayBuffer()) : undefined;
  const body = bytes && (bytes.length > maxBodyBytes ? null : bodyText(bytes));
  const given = operations.write(await operations.run({ head, body, caller }), head);
  const headers = { ...answerHeaders(caller.requestId, request.headers.get('origin')), ...given.headers };
  const content = 'frames' in given ? toEventStream(given.frames, request.signal) : given.body;
  return new Response(content, { status: given.status, headers });
}

/** Answers a preflight without a port; null = this is none. */
export function answerFetchedPreflight(
  { method, headers }: Request,
  preflights: Preflights,
  answerHeaders: AnswerHeaders,
): Response | null {
  const requestId = requestIdFrom(headers.get('x-request-id'));
  const given = preflights.answer(method, (name) => headers.get(name), requestId);
  if (given === null) return null;
  const { status, body } = given;
  const all = { ...answerHeaders(requestId, headers.get('origin')), ...given.headers };
  return new Response(status === 204 ? null : body, { status, headers: all });
}

/** Ends with the request's signal. */
function departureOf(signal: AbortSignal): Stay {
  const stay = new Stay(undefined);
  if (signal.aborted) stay.depart(GONE);
  else signal.addEventListener('abort', () => stay.depart(GONE), { once: true });
  return stay;
}
