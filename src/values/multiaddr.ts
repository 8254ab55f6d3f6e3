import { multiaddr } from '@multiformats/multiaddr';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import { decode } from 'multiformats/hashes/digest';

const LIBP2P_KEY = 0x72;

/** Whether the text is a multiaddr that ends in `/p2p/<peer id>`: an address at which one known peer can be dialled. */
export function isPeerAddress(text: string): boolean {
  try {
    const last = multiaddr(text).getComponents().at(-1);
    return last?.name === 'p2p' && last.value !== undefined && isPeerId(last.value);
  } catch {
    return false;
  }
}

/** A peer id is a bare base58 multihash or a CID of a libp2p key; the multiaddr library takes any text for one. */
function isPeerId(text: string): boolean {
  if (/^(1|Qm)/.test(text)) return decode(base58btc.decode(`z${text}`)).size > 0;
  return CID.parse(text).code === LIBP2P_KEY;
}
