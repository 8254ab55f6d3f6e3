import { CID } from 'multiformats/cid';
import { base16 } from 'multiformats/bases/base16';
import { base32 } from 'multiformats/bases/base32';
import { base36 } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';

const DAG_PB = 0x70;
const SHA2_256 = 0x12;
const bases = base32.decoder.or(base58btc.decoder).or(base36.decoder).or(base16.decoder);

/** A content identifier: the text it came as, and what it stands for. */
export interface ParsedCid {
  readonly text: string;
  /** Equal for two CIDs when codec and multihash are: the base32 CIDv1 text. */
  readonly key: string;
  /** The texts under which a service may know it: one, or two (v0 and v1) for dag-pb with sha2-256. */
  readonly spellings: readonly string[];
}

/** Reads a CID of any version and common multibase; undefined when the text is not one. */
export function parseCid(text: string): ParsedCid | undefined {
  try {
    const cid = text.startsWith('Qm') ? CID.parse(text) : CID.parse(text, bases);
    const key = cid.toV1().toString(base32);
    const twoNames = cid.code === DAG_PB && cid.multihash.code === SHA2_256;
    return { text, key, spellings: twoNames ? [cid.toV0().toString(), key] : [key] };
  } catch {
    return undefined;
  }
}

/** The comparison key of an upstream's CID text; the text itself when it cannot be read, so that it equals only itself. */
export function cidKey(text: string): string {
  return parseCid(text)?.key ?? text;
}
