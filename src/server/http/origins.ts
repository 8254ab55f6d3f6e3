import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/** Whether a page of the origin that a request names may open a WebSocket. */
export type OriginCheck = (request: IncomingMessage) => boolean;

/**
 * Makes the check: a browser lets any page open a WebSocket, and asks nobody before. Programs that are no pages name no origin; a page
 * of the gateway's own origin needs no list. Where no origin is listed none is kept out: behind a proxy that changes the host its own
 * pages could not be told from others. `proxies`: how many of them say by what scheme they were reached.
 */
export function createOriginCheck(corsOrigins: readonly string[], proxies: number): OriginCheck {
  const listed = new Set(corsOrigins.map(originOf));
  return (request) => {
    const { origin } = request.headers;
    if (listed.size === 0 || origin === undefined) return true;
    const named = originOf(origin);
    return named !== undefined && (listed.has(named) || named === ownOrigin(request, proxies));
  };
}

/** An origin as WHATWG's URLs write it: in lower case, without the scheme's own port; undefined for what is none. */
function originOf(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\\\s]+$/i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).origin;
}

/** The origin of pages that come from where this request was sent to. */
function ownOrigin(request: IncomingMessage, proxies: number): string | undefined {
  const scheme = schemeOf(request, proxies);
  return scheme && originOf(`${scheme}://${request.headers.host ?? ''}`);
}

/** As some proxies tell of WebSockets, and others of what began them. */
const schemes: Readonly<Record<string, 'http' | 'https'>> = { http: 'http', ws: 'http', https: 'https', wss: 'https' };

/** Read as the addresses beside it are: from the right, since what stands further to the left was written by the caller. */
function schemeOf({ socket, headers }: IncomingMessage, proxies: number): 'http' | 'https' | undefined {
  const told = headers['x-forwarded-proto'];
  const entries = proxies > 0 && typeof told === 'string' ? told.split(',').map((entry) => entry.trim()) : [];
  const entry = entries.at(-Math.min(proxies, entries.length));
  if (entries.length === 0 || entry === undefined) return socket instanceof TLSSocket ? 'https' : 'http';
  return schemes[entry.toLowerCase()];
}
