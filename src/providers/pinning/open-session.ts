import type { Attempt } from '../../writes/writes.js';
import { callScope, type OperationScope, type ProviderDeps } from '../provider.js';
import { addPin, findAdded } from './writes/add-pin.js';
import type { PinningClient } from './client.js';
import { fitsUrl } from './listing/list-query.js';
import type { ListPins } from './listing/listing.js';
import { createPinLoaders, type PinLoaders } from './loaders.js';
import type { Pin, PinInput, PinQuery, PinSlice } from './model.js';
import { createPager, type HabitMemory } from './listing/pages.js';
import { createPollSource } from './polling/poll-source.js';
import type { Work } from './writes/read-back.js';
import { removePin } from './writes/remove-pin.js';
import { findReplaced, replacePin } from './writes/replace-pin.js';
import { checkRequestId, requestIdFault } from './request-id.js';
import type { ServiceMemory } from './service-memory.js';
import type { PinningCredential, PinningSession } from './session.js';
import { parsePinInput } from './validate.js';

/** One service with what is known about it, shared by all sessions. */
export interface OpenService {
  readonly client: PinningClient;
  readonly memory: ServiceMemory;
  readonly order: HabitMemory;
  readonly pollIntervalMs: number;
  readonly deps: Pick<ProviderDeps, 'readbackDelayMs' | 'upstreamTimeoutMs' | 'writeTimeoutMs'>;
}

/** Opens a service with one credential for one operation. */
export function openSession(
  service: OpenService,
  credential: PinningCredential,
  operation: OperationScope,
): PinningSession {
  return new ServiceSession(service, credential, operation);
}

/** What an operation does not use is not made: most of them read one thing. */
class ServiceSession implements PinningSession {
  readonly service: string;
  readonly fingerprint: string;
  readonly #work: Work;
  #loaders: PinLoaders | undefined;

  constructor(
    private readonly open: OpenService,
    private readonly credential: PinningCredential,
    operation: OperationScope,
  ) {
    const { client, memory, deps } = open;
    this.service = client.service;
    this.fingerprint = credential.fingerprint;
    this.#work = { client, token: credential.fields.token, scope: callScope(operation, credential), memory, deps };
  }

  readonly #list: ListPins = (request) => this.#work.client.getPins(this.#work.scope, this.#work.token, request);

  get #reads(): PinLoaders {
    const work = this.#work;
    const { provider, baseUrl } = work.client;
    return (this.#loaders ??= createPinLoaders({
      provider,
      baseUrl,
      credential: work.scope.credential,
      list: this.#list,
      get: (requestId) => work.client.getPinByRequestId(work.scope, work.token, requestId),
      seen: ({ requestId }) => this.open.memory.noteSeen(this.fingerprint, [requestId]),
    }));
  }

  /** Not `async`: a promise around a promise would cost each read of a pin three more turns of the queue of microtasks. */
  pin(requestId: string) {
    const fault = requestIdFault(requestId, 'requestId');
    return fault === undefined ? this.#reads.pinById(requestId) : Promise.reject(fault);
  }

  async pinsOfCid(cid: string) {
    const pins = await this.#reads.pinsOfCid(cid);
    this.#see(pins);
    return pins;
  }

  #see(pins: readonly Pin[]): void {
    this.open.memory.noteSeen(
      this.fingerprint,
      pins.map(({ requestId }) => requestId),
    );
  }

  async page(query: PinQuery, slice: PinSlice) {
    const { provider, baseUrl } = this.#work.client;
    const pager = createPager({
      provider,
      list: this.#list,
      order: this.open.order,
      urlFits: (request) => fitsUrl(baseUrl, request),
    });
    const page = await pager.page(query, slice);
    const reads = this.#reads;
    const ids: string[] = [];
    for (const { node } of page.edges) {
      if (node instanceof Error) continue;
      reads.prime(node);
      ids.push(node.requestId);
    }
    this.open.memory.noteSeen(this.fingerprint, ids);
    return page;
  }

  async add(input: PinInput, attempt: Attempt) {
    return this.#added(await addPin(this.#work, parsePinInput(input), attempt));
  }

  async findAdded(input: PinInput, attempt: Attempt) {
    const found = await findAdded(this.#work, parsePinInput(input), attempt);
    return found && this.#added(found);
  }

  #added<Added extends { readonly pin: Pin }>(added: Added): Added {
    this.open.memory.noteAdded(this.fingerprint, added.pin.requestId, added.pin.cid);
    return added;
  }

  async replace(requestId: string, input: PinInput, attempt: Attempt) {
    checkRequestId(requestId, 'input.requestId');
    try {
      const pin = await replacePin(this.#work, requestId, parsePinInput(input), attempt);
      this.open.memory.noteRemoved(this.fingerprint, requestId);
      return this.#added({ pin }).pin;
    } finally {
      this.#reads.forget(requestId);
    }
  }

  async findReplaced(requestId: string, input: PinInput, attempt: Attempt) {
    checkRequestId(requestId, 'input.requestId');
    return findReplaced(this.#work, requestId, parsePinInput(input), attempt);
  }

  async remove(requestId: string) {
    checkRequestId(requestId, 'input.requestId');
    try {
      await removePin(this.#work, requestId);
      this.open.memory.noteRemoved(this.fingerprint, requestId);
    } finally {
      this.#reads.forget(requestId);
    }
  }

  pollSource() {
    const { client, memory, pollIntervalMs, deps } = this.open;
    return createPollSource(
      client,
      this.credential,
      { firstIntervalMs: pollIntervalMs, attemptTimeoutMs: deps.upstreamTimeoutMs },
      memory,
    );
  }
}
