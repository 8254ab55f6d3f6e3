import type { PollSource } from '../../polling/polling.js';
import type { Attempt } from '../../writes/writes.js';
import type { Credential, OperationScope, Provider } from '../provider.js';
import type { Pin, PinInput, PinPage, PinQuery, PinSlice } from './model.js';

/** What opens a pinning service. */
export type PinningCredential = Credential<{ readonly token: string }>;

export type AddedPin = {
  readonly pin: Pin;
  /** True when the service already kept this content for us and answered with that pin. */
  readonly alreadyPinned: boolean;
};

/**
 * One pinning service, opened with one credential for one operation. Reads are batched and shared within it; nothing in it
 * outlives the operation. Ids and inputs are checked here before anything is sent (InvalidInput).
 */
export interface PinningSession {
  readonly service: string;
  readonly fingerprint: string;
  /** One pin by its request id, null when there is none. One call per id, however often it is asked for. */
  pin(requestId: string): Promise<Pin | null>;
  /** The pins of one CID, newest first; asked together, ten spellings to a call. */
  pinsOfCid(cid: string): Promise<readonly Pin[]>;
  /** `query` comes from `parsePinQuery`. */
  page(query: PinQuery, slice: PinSlice): Promise<PinPage>;
  add(input: PinInput, attempt: Attempt): Promise<AddedPin>;
  /** Looks for the effect of an earlier `add` without sending anything that changes it. */
  findAdded(input: PinInput, attempt: Attempt): Promise<AddedPin | undefined>;
  replace(requestId: string, input: PinInput, attempt: Attempt): Promise<Pin>;
  findReplaced(requestId: string, input: PinInput, attempt: Attempt): Promise<Pin | undefined>;
  /** Resolves when it is gone; rejects with `not_found` when it was not there to begin with. */
  remove(requestId: string): Promise<void>;
  /** For watching pins; holds the credential but nothing of this operation. */
  pollSource(): PollSource<Pin>;
}

/** All configured pinning services. */
export interface Pinning extends Provider {
  /** In configured order: the first is the default. `token` is the server's own, undefined = pass-through only. */
  readonly services: readonly { readonly name: string; readonly baseUrl: string; readonly token: string | undefined }[];
  open(service: string, credential: PinningCredential, scope: OperationScope): PinningSession;
}
