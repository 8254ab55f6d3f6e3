import { CID } from 'multiformats/cid';
import { base10 } from 'multiformats/bases/base10';
import * as base16 from 'multiformats/bases/base16';
import { base2 } from 'multiformats/bases/base2';
import { base256emoji } from 'multiformats/bases/base256emoji';
import * as base32 from 'multiformats/bases/base32';
import * as base36 from 'multiformats/bases/base36';
import * as base58 from 'multiformats/bases/base58';
import * as base64 from 'multiformats/bases/base64';
import { base8 } from 'multiformats/bases/base8';

const DAG_PB = 0x70;
const SHA2_256 = 0x12;
/** Every multibase that can be written: the one called identity is raw bytes. */
const families = [base16, base32, base36, base58, base64].map((family) => Object.values(family));
const bases = [...families.flat(), base2, base8, base10]
  .map(({ decoder }) => decoder)
  .reduce((all, decoder) => all.or(decoder), base32.base32.decoder.or(base58.base58btc.decoder));

/** A content identifier: the text it came as, and what it stands for. */
export interface ParsedCid {
  readonly text: string;
  /** Equal for two CIDs when codec and multihash are: the base32 CIDv1 text. */
  readonly key: string;
  /** The texts under which a service may know it: one, or two (v0 and v1) for dag-pb with sha2-256. */
  readonly spellings: readonly string[];
}

/** Reads a CID of any version and multibase; undefined when the text is not one. */
export function parseCid(text: string): ParsedCid | undefined {
  try {
    const cid = read(text);
    // Made anew, because a CID remembers the text that it was read from, and one base can spell the same bytes in several ways.
    const key = CID.createV1(cid.code, cid.multihash).toString(base32.base32);
    const twoNames = cid.code === DAG_PB && cid.multihash.code === SHA2_256;
    return { text, key, spellings: twoNames ? [cid.toV0().toString(), key] : [key] };
  } catch {
    return undefined;
  }
}

function read(text: string): CID {
  if (text.startsWith('Qm')) return CID.parse(text);
  // The library finds a base by one UTF-16 unit, and this one's mark has two.
  return CID.parse(text, text.startsWith(base256emoji.prefix) ? base256emoji.decoder : bases);
}

/** The comparison key of an upstream's CID text; the text itself when it cannot be read, so that it equals only itself. */
export function cidKey(text: string): string {
  return parseCid(text)?.key ?? text;
}
