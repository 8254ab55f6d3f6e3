import { createHash, randomBytes } from 'node:crypto';
import { parseCid } from '../values/cid.js';

/** Base16 text of a CIDv1, up to the digest: multibase, version, codec, and the multihash's kind (SHA-256) and length. */
const RAW_PREFIX = 'f01551220';
const DAG_PB_PREFIX = 'f01701220';

/** The three common forms of a CID: CIDv1 of a plain block, CIDv1 of a file tree, CIDv0 of a file tree. */
export type CidForm = 'raw' | 'v1' | 'v0';

/** A valid CID that is always the same for a label; `v1` and `v0` of one label name the same content. */
export function cidOf(label: string, form: CidForm): string {
  const cid = parseCid((form === 'raw' ? RAW_PREFIX : DAG_PB_PREFIX) + sha256Hex(label));
  const text = form === 'v0' ? cid?.spellings[0] : cid?.key;
  if (text === undefined) throw new Error('A CID made from a digest must be readable');
  return text;
}

/** A peer id that is always the same for a label. The older kind, a SHA-256 multihash in base58, looks like a CIDv0. */
export function peerIdOf(label: string): string {
  return cidOf(`peer/${label}`, 'v0');
}

function sha256(label: string): Buffer {
  return createHash('sha256').update(label).digest();
}

/** A UUID that is always the same for a label (version 8, custom). */
export function uuidOf(label: string): string {
  const hex = sha256Hex(label);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A whole number from 0 to below `limit` (at most 2^32) that is always the same for a label. */
export function numberOf(label: string, limit: number): number {
  return sha256(label).readUInt32BE(0) % limit;
}

/** A secret nobody can guess; different at every call. */
export function randomSecret(): string {
  return randomBytes(24).toString('base64url');
}

/** Lower-case hex of the SHA-256 of a text's UTF-8 bytes. */
export function sha256Hex(text: string): string {
  return sha256(text).toString('hex');
}
