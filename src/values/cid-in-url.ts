import { parseCid } from './cid.js';

/** `ipfs://<cid>/…`, with the needless `ipfs/` that some write, and with more or fewer slashes. */
const NATIVE = /^ipfs:\/*(?:ipfs\/+)?([^/?#]+)/i;
/** The host (without who signs in there) and the path of a web address. */
const WEB = /^https?:\/\/(?:[^/?#@]*@)?([^/?#@]+)([^?#]*)/i;
/** `<cid>.ipfs.gateway`. */
const GATEWAY_HOST = /^([^.]+)\.ipfs\../i;

/** The CID that a URL shows content of, as the URL spells it (a host name in lower case); undefined when it shows none. */
export function findCidInUrl(url: string): string | undefined {
  const text = url.trim();
  const native = NATIVE.exec(text)?.[1];
  if (native !== undefined) return cidIn(native);
  const [, host = '', path = ''] = WEB.exec(text) ?? [];
  // Names of hosts have no case, and browsers write them small.
  return cidIn(GATEWAY_HOST.exec(host)?.[1]?.toLowerCase()) ?? cidInPath(path);
}

/** `…/ipfs/<cid>/…`: gateways may stand below a path of their own, and slashes may be doubled. */
function cidInPath(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  for (const [at, part] of parts.entries()) {
    if (part.toLowerCase() !== 'ipfs') continue;
    const cid = cidIn(parts[at + 1]);
    if (cid !== undefined) return cid;
  }
  return undefined;
}

function cidIn(text: string | undefined): string | undefined {
  return text !== undefined && parseCid(text) ? text : undefined;
}
