import type { IncomingMessage } from 'node:http';
import { GRAPH } from './negotiation.js';

/** Names by which one machine calls itself. */
const OWN = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether a request may be answered that was sent to this `Host`. With a list, only to its names: a page of the internet can
 * point its own name at this machine and read what is answered there. Without one, to any.
 */
export function hostCheck(hosts: readonly string[] | undefined): (host: string) => boolean {
  if (hosts === undefined) return () => true;
  const known = new Set([...OWN, ...hosts.map((host) => (host.includes(':') ? `[${host}]` : host).toLowerCase())]);
  return (host) => known.has(host.toLowerCase().replace(/:\d*$/, ''));
}

const ABSOLUTE = /^https?:\/\/([\w.:[\]-]+)(\/.*|\?.*)?$/i;

/**
 * Makes a request line that names the whole address, as clients send it that believe to speak to a proxy, one like all others.
 * The host in it is the one that counts, whatever the header says (RFC 9112, 3.2.2).
 */
export function takeTarget(request: IncomingMessage): void {
  if (request.url?.startsWith('/') === true) return resolveDots(request);
  const [, host, target = ''] = ABSOLUTE.exec(request.url ?? '') ?? [];
  if (host === undefined) return;
  request.headers.host = host;
  request.url = target.startsWith('/') ? target : `/${target}`;
  resolveDots(request);
}

/** Backslashes and `%2e` are what they are to browsers. */
const DOTS = /[/\\\\](\.|%2e)/i;

/** An address is one however it is written: what is at `/a/../graphql` must not pass by what guards `/graphql`. */
function resolveDots(request: IncomingMessage): void {
  const { url = '' } = request;
  if (!DOTS.test(url) || !URL.canParse(`http://localhost${url}`)) return;
  const { pathname, search } = new URL(`http://localhost${url}`);
  request.url = pathname + search;
}

const HOST = /^[\w.:[\]-]+$/;
/** The last host of which an address could be made: most requests name the same one. */
let lastHost: string | undefined;

/** Whether an address can be made of the request line and the host header. */
export function isPlain({ url, headers, httpVersion }: IncomingMessage): boolean {
  const host = headers.host ?? (httpVersion === '1.0' ? 'localhost' : '');
  if (url === GRAPH && host === lastHost) return true;
  const plain =
    url !== undefined &&
    url.startsWith('/') &&
    !url.startsWith('//') &&
    HOST.test(host) &&
    URL.canParse(`http://${host}${url}`);
  if (plain) lastHost = host;
  return plain;
}
