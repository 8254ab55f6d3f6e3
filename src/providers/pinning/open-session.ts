import { callScope, type OperationScope, type ProviderDeps } from '../provider.js';
import { addPin, findAdded } from './add-pin.js';
import type { PinningClient } from './client.js';
import { fitsUrl } from './list-query.js';
import type { ListPins } from './listing.js';
import { createPinLoaders } from './loaders.js';
import { createPager, type OrderMemory } from './pages.js';
import { createPollSource } from './poll-source.js';
import { pinOrNull, type Work } from './read-back.js';
import { removePin } from './remove-pin.js';
import { findReplaced, replacePin } from './replace-pin.js';
import { checkRequestId } from './request-id.js';
import type { ServiceMemory } from './service-memory.js';
import type { PinningCredential, PinningSession } from './session.js';
import { parsePinInput, parsePinQuery } from './validate.js';

/** One service with what is known about it, shared by all sessions. */
export interface OpenService {
  readonly client: PinningClient;
  readonly memory: ServiceMemory;
  readonly order: OrderMemory;
  readonly pollIntervalMs: number;
  readonly deps: Pick<ProviderDeps, 'readbackDelayMs' | 'upstreamTimeoutMs' | 'writeTimeoutMs'>;
}

/** Opens a service with one credential for one operation. */
export function openSession(service: OpenService, credential: PinningCredential, operation: OperationScope): PinningSession {
  const { client, memory, order, pollIntervalMs, deps } = service;
  const scope = callScope(operation, credential);
  const { token } = credential.fields;
  const work: Work = { client, token, scope, memory, deps };
  const list: ListPins = (request) => client.getPins(scope, token, request);
  const loaders = createPinLoaders({
    provider: client.provider, baseUrl: client.baseUrl, credential: scope.credential, list,
    get: (requestId) => pinOrNull(work, requestId, scope),
  });
  const pager = createPager({ provider: client.provider, list, order, urlFits: (request) => fitsUrl(client.baseUrl, request) });
  return {
    service: client.service,
    fingerprint: credential.fingerprint,
    async pin(requestId) {
      checkRequestId(requestId, 'requestId');
      return loaders.pinById(requestId);
    },
    pinsOfCid: (cid) => loaders.pinsOfCid(cid),
    async page(query, slice) {
      const checked = parsePinQuery({ ...query, cids: query.cids.map((cid) => cid.text) });
      const page = await pager.page(checked, slice);
      for (const { pin } of page.edges) if (!(pin instanceof Error)) loaders.prime(pin);
      return page;
    },
    add: async (input, attempt) => addPin(work, parsePinInput(input), attempt),
    findAdded: async (input, attempt) => findAdded(work, parsePinInput(input), attempt),
    async replace(requestId, input, attempt) {
      checkRequestId(requestId, 'input.requestId');
      try {
        return await replacePin(work, requestId, parsePinInput(input), attempt);
      } finally {
        loaders.forget(requestId);
      }
    },
    async findReplaced(requestId, input, attempt) {
      checkRequestId(requestId, 'input.requestId');
      return findReplaced(work, requestId, parsePinInput(input), attempt);
    },
    async remove(requestId) {
      checkRequestId(requestId, 'input.requestId');
      try {
        await removePin(work, requestId);
      } finally {
        loaders.forget(requestId);
      }
    },
    pollSource: () => createPollSource(client, credential, { firstIntervalMs: pollIntervalMs, attemptTimeoutMs: deps.upstreamTimeoutMs }),
  };
}
