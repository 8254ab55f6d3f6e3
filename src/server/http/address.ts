import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';

/** Tells from where a request came. */
export type AddressReader = (request: IncomingMessage) => string;

/** Somebody whose address cannot be read. */
const UNKNOWN = 'unknown';

/**
 * Makes the reader for a deployment with so many proxies in front of it, each of which adds to `x-forwarded-for` from whom it
 * heard. Read from the right: what stands further to the left was written by the caller. None = only the socket is believed.
 */
export function createAddressReader(proxies: number): AddressReader {
  return ({ socket, headers }) => {
    const peer = peerOf(socket);
    if (proxies === 0) return peer;
    const forwarded = headers['x-forwarded-for'];
    const entries = (typeof forwarded === 'string' ? forwarded : '').split(',').filter((entry) => entry.trim() !== '');
    const entry = entries.at(-Math.min(proxies, entries.length));
    return entries.length === 0 || entry === undefined ? peer : addressIn(entry);
  };
}

const peers = new WeakMap<Socket, string>();

/** Who is at the other end: the same for all requests of a connection, and read while it is open. */
function peerOf(socket: Socket): string {
  let peer = peers.get(socket);
  if (peer === undefined) {
    peer = addressIn(socket.remoteAddress ?? '');
    if (peer !== UNKNOWN) peers.set(socket, peer);
  }
  return peer;
}

/** An address as proxies write it: with or without a port, in brackets or not. Of IPv6 the half that one customer gets. */
export function addressIn(text: string): string {
  const trimmed = text.trim();
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  const plain = bare.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  const kind = isIP(plain);
  if (kind === 4) return plain;
  return kind === 6 ? network(plain) : UNKNOWN;
}

/** The first four groups: whoever has one address of a network has all of it. */
function network(address: string): string {
  const [left = '', right] = address.toLowerCase().split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
