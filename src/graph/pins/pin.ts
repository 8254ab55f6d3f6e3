import { InvalidInput } from '../../errors.js';
import type { Pin, PinStatus, TextMatch } from '../../providers/pinning/model.js';
import { checkRequestId } from '../../providers/pinning/request-id.js';
import { builder } from '../builder.js';
import { encodeGlobalId, nodeType } from '../node-type.js';
import { registerNode } from '../nodes.js';

export const PinStatusEnum = builder.enumType('PinStatus', {
  description: 'How far a pinning service has got with a pin.',
  values: {
    QUEUED: { description: 'Waiting; nothing is fetched yet. May last long for content that nobody provides.' },
    PINNING: { description: 'Being fetched from the network.' },
    PINNED: { description: 'Kept by the service.' },
    FAILED: { description: 'Given up by the service; `statusDetails` may say why.' },
    REMOVED: { description: 'Gone from the service: only as the last event of a watched pin.' },
    UNKNOWN: { description: 'A status that this gateway does not know.' },
  } satisfies Record<PinStatus, { description: string }>,
});

export const TextMatchEnum = builder.enumType('TextMatch', {
  description: 'How a name filter compares.',
  values: {
    EXACT: { description: 'The whole name, case counts.' },
    IEXACT: { description: 'The whole name, case does not count.' },
    PARTIAL: { description: 'Anywhere in the name, case counts.' },
    IPARTIAL: { description: 'Anywhere in the name, case does not count.' },
  } satisfies Record<TextMatch, { description: string }>,
});

export const PinRef = builder.objectRef<Pin>('Pin');

const localId = (service: string, requestId: string): string => `${service}:${requestId}`;

/** The global id of a pin that is not in hand. */
export function pinGlobalId(service: string, requestId: string): string {
  return encodeGlobalId(PinRef.name, localId(service, requestId));
}

nodeType(PinRef, {
  description: 'A request to a pinning service to keep content, and how far it has got.',
  id: {
    resolve: (pin) => localId(pin.service, pin.requestId),
    description: 'Global id: opaque, the same on every instance, and good for `node`.',
  },
  fields: (t) => ({
    requestId: t.exposeID('requestId', {
      description: "The service's own id of this request. Replacing a pin changes it.",
    }),
    service: t.exposeID('service', { description: 'The configured name of the pinning service.' }),
    status: t.expose('status', { type: PinStatusEnum, description: 'How far it has got.' }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the request reached the service; never changes.',
    }),
    cid: t.expose('cid', { type: 'CID', description: 'The content, pinned recursively; as the service spells it.' }),
    name: t.exposeString('name', { nullable: true, description: 'A name for people; null when none was given.' }),
    origins: t.exposeStringList('origins', {
      description: 'Multiaddrs that were said to provide the content; services may forget them.',
    }),
    meta: t.expose('meta', {
      type: 'JSONObject',
      description: "The caller's own key-value pairs; values are strings, unless the service shows something else.",
    }),
    delegates: t.exposeStringList('delegates', {
      description: "Multiaddrs of the service's peers that fetch the content.",
    }),
    info: t.expose('info', {
      type: 'JSONObject',
      description:
        'What the service says beyond the standard, as it says it; a number that a double does not hold exactly is text.',
    }),
    statusDetails: t.exposeString('statusDetails', {
      nullable: true,
      description: "The service's words on the status, such as a place in its queue.",
    }),
    dagSize: t.expose('dagSize', {
      type: 'BigInt',
      nullable: true,
      description: 'Size of the content with its DAG, in bytes; null when the service does not say.',
    }),
    rawSize: t.expose('rawSize', {
      type: 'BigInt',
      nullable: true,
      description: 'Size of the content alone, in bytes; null when the service does not say.',
    }),
    pinnedUntil: t.expose('pinnedUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'When a time-bound pin ends; null when it has no end or the service does not say.',
    }),
  }),
});

/** `<service>:<request id>`; names of services have no colon, request ids may. */
const LOCAL_ID = /^([a-z0-9-]+):([^]*)$/;

function splitLocalId(localId: string): { readonly service: string; readonly requestId: string } {
  const [, service = '', requestId = ''] = LOCAL_ID.exec(localId) ?? [];
  return { service, requestId };
}

registerNode('Pin', {
  fits: (localId) => LOCAL_ID.test(localId),
  check: (localId, path) => checkRequestId(splitLocalId(localId).requestId, path),
  async load(localId, context) {
    const { service, requestId } = splitLocalId(localId);
    try {
      return await context.access.of('pinning').open('pin:read', service).pin(requestId);
    } catch (error) {
      // A service that is not (or no longer) configured here: the id of nothing.
      if (error instanceof InvalidInput) return null;
      throw error;
    }
  },
});
