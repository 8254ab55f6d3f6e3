import { bases } from 'multiformats/basics';
import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';
import { BASE_58, decodePositional } from './positional.js';

const DAG_PB = 0x70;
const SHA2_256 = 0x12;
/** Far more than any hash in use takes in any base; what is longer is not even looked at. */
export const LONGEST_CID = 512;
/** Version 0 has one form only: 34 bytes in base58, without a prefix. */
const VERSION_0 = /^Qm[1-9A-HJ-NP-Za-km-z]{44}$/;

const letters = 'abcdefghijklmnopqrstuvwxyz';
/** Bases that are not of whole bits, by their prefix. */
const positional: ReadonlyMap<string, string> = new Map([
  ['9', '0123456789'],
  ['k', `0123456789${letters}`],
  ['K', `0123456789${letters.toUpperCase()}`],
  ['z', BASE_58],
  ['Z', `123456789${BASE_58.slice(33)}${BASE_58.slice(9, 33)}`],
]);
/** All others that the library knows; those with a prefix that no text has are left out. */
const bitwise: ReadonlyMap<string, (typeof bases)[keyof typeof bases]> = new Map(
  Object.values(bases)
    .filter(({ prefix }) => prefix !== '\0' && !positional.has(prefix))
    .map((base) => [base.prefix, base] as const),
);

/** A content identifier: the text it came as, and what it stands for. */
export interface ParsedCid {
  readonly text: string;
  /** Equal for two CIDs when codec and multihash are: the base32 CIDv1 text. */
  readonly key: string;
  /** The texts under which a service may know it: one, or two (v0 and v1) for dag-pb with sha2-256. */
  readonly spellings: readonly string[];
}

/** Reads a CID of any version and multibase; undefined when the text is not one, or longer than 512 characters. */
export function parseCid(text: string): ParsedCid | undefined {
  if (text.length > LONGEST_CID) return undefined;
  try {
    const cid = decodeCid(text);
    const key = CID.createV1(cid.code, cid.multihash).toString(base32);
    const twoNames = cid.code === DAG_PB && cid.multihash.code === SHA2_256;
    return { text, key, spellings: twoNames ? [cid.toV0().toString(), key] : [key] };
  } catch {
    return undefined;
  }
}

/** The CID that a text stands for; throws when it is none. The caller bounds its length. */
export function decodeCid(text: string): CID {
  if (VERSION_0.test(text)) return CID.decode(decodePositional(text, BASE_58));
  const prefix = String.fromCodePoint(text.codePointAt(0) ?? 0);
  const alphabet = positional.get(prefix);
  const cid = CID.decode(
    alphabet === undefined ? decodeBitwise(text, prefix) : decodePositional(sameCase(text.slice(1), prefix), alphabet),
  );
  if (cid.version === 0) throw new RangeError('version 0 has no prefix');
  return cid;
}

function decodeBitwise(text: string, prefix: string): Uint8Array {
  const base = bitwise.get(prefix);
  if (base === undefined) throw new RangeError('not a multibase');
  return base.decode(text);
}

/** In base36 either case will do. */
function sameCase(digits: string, prefix: string): string {
  return prefix === 'k' ? digits.toLowerCase() : prefix === 'K' ? digits.toUpperCase() : digits;
}

/** The comparison key of an upstream's CID text; the text itself when it cannot be read, so that it equals only itself. */
export function cidKey(text: string): string {
  return parseCid(text)?.key ?? text;
}
