import { multiaddr } from '@multiformats/multiaddr';
import { decode } from 'multiformats/hashes/digest';
import { decodeCid } from './cid.js';
import { BASE_58, decodePositional } from './positional.js';

const LIBP2P_KEY = 0x72;
/** Longer than any address in use; what is longer is not even looked at. */
const LONGEST_ADDRESS = 1_024;

/**
 * Whether the text is a multiaddr of at most 1,024 characters that ends in `/p2p/<peer id>`: an address at which one known
 * peer can be dialled.
 */
export function isPeerAddress(text: string): boolean {
  if (text.length > LONGEST_ADDRESS) return false;
  try {
    const last = multiaddr(text).getComponents().at(-1);
    return last?.name === 'p2p' && last.value !== undefined && isPeerId(last.value);
  } catch {
    return false;
  }
}

/** A peer id is a bare base58 multihash or a CID of a libp2p key; the multiaddr library takes any text for one. */
function isPeerId(text: string): boolean {
  if (/^(1|Qm)/.test(text)) return decode(decodePositional(text, BASE_58)).size > 0;
  return decodeCid(text).code === LIBP2P_KEY;
}
