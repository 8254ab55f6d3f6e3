import { parseCid } from './cid.js';

/** `ipfs://<cid>/…`, with the needless `ipfs/` that some write. */
const NATIVE = /^ipfs:\/\/(?:ipfs\/)?([^/?#]+)/i;
/** `https://gateway/ipfs/<cid>/…`. */
const GATEWAY_PATH = /^https?:\/\/[^/?#]+\/ipfs\/([^/?#]+)/i;
/** `https://<cid>.ipfs.gateway/…`. */
const GATEWAY_HOST = /^https?:\/\/([^./?#]+)\.ipfs\.[^/?#]+/i;

/** The CID that a URL shows content of, as the URL spells it; undefined when it shows none. */
export function findCidInUrl(url: string): string | undefined {
  for (const pattern of [NATIVE, GATEWAY_PATH, GATEWAY_HOST]) {
    const candidate = pattern.exec(url)?.[1];
    if (candidate !== undefined && parseCid(candidate)) return candidate;
  }
  return undefined;
}
