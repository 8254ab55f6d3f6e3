import type { Pin } from '../../src/providers/pinning/model.js';
import { instantFromMillis } from '../../src/values/instant.js';

/** A pin of which a service says no more than it must. */
export function plainPin(own: Partial<Pin>): Pin {
  return {
    service: 'acme',
    requestId: 'r1',
    status: 'PINNED',
    createdAt: instantFromMillis(0),
    cid: 'bafkreier7gxuyhdnsphoyk7x64oqs54fmbj27kqndbprpayzkiw4hoc2nu',
    name: null,
    origins: [],
    meta: {},
    marker: null,
    delegates: [],
    info: {},
    statusDetails: null,
    dagSize: null,
    rawSize: null,
    pinnedUntil: null,
    ...own,
  };
}
