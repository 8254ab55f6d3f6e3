import { createHash, randomBytes } from 'node:crypto';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';

const SHA2_256 = 0x12;
const RAW = 0x55;
const DAG_PB = 0x70;
/** An identity multihash over a protobuf-encoded Ed25519 public key, up to the key itself: what peer ids begin with. */
const ED25519_PEER = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/** The three common forms of a CID: CIDv1 of a plain block, CIDv1 of a file tree, CIDv0 of a file tree. */
export type CidForm = 'raw' | 'v1' | 'v0';

function sha256(label: string): Buffer {
  return createHash('sha256').update(label).digest();
}

/** A valid CID that is always the same for a label; `v1` and `v0` of one label name the same content. */
export function cidOf(label: string, form: CidForm): string {
  const digest = createDigest(SHA2_256, sha256(label));
  return (form === 'v0' ? CID.createV0(digest) : CID.createV1(form === 'raw' ? RAW : DAG_PB, digest)).toString();
}

/** A peer id that is always the same for a label. */
export function peerIdOf(label: string): string {
  return base58btc.baseEncode(Uint8Array.from([...ED25519_PEER, ...sha256(label)]));
}

/** A UUID that is always the same for a label (version 8, custom). */
export function uuidOf(label: string): string {
  const hex = sha256(label).toString('hex');
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
