import { isJson, mediaTypeFor, tooLarge, type MediaType } from './negotiation.js';
import type { PlainNodeOptions } from './requests.js';
import { httpRequestState, nativeSignal } from '../operation/request-state.js';

/** Answers a request without a port: plain posts the short way, as on a port, and all else by `others`. */
export async function answerPlainFetch(
  request: Request,
  { posts, headersFor, maxBodyBytes, others }: PlainNodeOptions,
): Promise<Response> {
  const mediaType = plainMediaType(request);
  if (mediaType === null) return others(request);
  const header = (name: string): string | null => request.headers.get(name);
  const state = httpRequestState(header);
  const text = await request.text();
  const answer =
    Buffer.byteLength(text) > maxBodyBytes
      ? posts.refuse(state, tooLarge(), mediaType)
      : await posts.answer({ text, mediaType, state, signal: nativeSignal(request.signal) });
  if (answer === null)
    return others(
      new Request(request.url, { method: 'POST', headers: request.headers, body: text, signal: request.signal }),
    );
  return new Response(answer.body, {
    status: answer.status,
    headers: { ...headersFor(state.requestId, header('origin')), ...answer.headers },
  });
}

function plainMediaType(request: Request): MediaType | null {
  const { pathname, search } = new URL(request.url);
  if (
    request.method !== 'POST' ||
    pathname !== '/graphql' ||
    search !== '' ||
    !isJson(request.headers.get('content-type'))
  )
    return null;
  return mediaTypeFor(request.headers.get('accept'));
}
