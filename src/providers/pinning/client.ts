import type { CallScope, CircuitState, RateBudget } from '../../http/http.js';
import type { ListAnswer, ListRequest } from './listing.js';
import type { Pin, PinInput } from './model.js';

/** One pinning service on the wire: the five operations of the protocol, each a single call that is understood and checked. */
export interface PinningClient {
  /** The configured name of the service, such as `pinata`. */
  readonly service: string;
  /** As clients see it: `pinning:<service>`. */
  readonly provider: string;
  readonly baseUrl: string;
  getPins(scope: CallScope, token: string, request: ListRequest): Promise<ListAnswer>;
  /** `marker` is stored with the pin as `gw_idem`. Never sent twice by itself. */
  addPin(scope: CallScope, token: string, input: PinInput, marker: string): Promise<Pin>;
  /** Rejects with `not_found` when there is none. */
  getPinByRequestId(scope: CallScope, token: string, requestId: string): Promise<Pin>;
  /** Null when the service confirmed it without saying which pin it made. */
  replacePinByRequestId(scope: CallScope, token: string, requestId: string, input: PinInput, marker: string): Promise<Pin | null>;
  /** Rejects with `not_found` when there was none at the first try. */
  deletePinByRequestId(scope: CallScope, token: string, requestId: string): Promise<void>;
  /** What the service's rate headers last said about listings with this credential. */
  listBudget(fingerprint: string): RateBudget | undefined;
  /** Epoch milliseconds until which this credential (with `list`: its listings) should not be used; 0 when free. */
  pausedUntil(fingerprint: string, lane?: 'list'): number;
  state(): CircuitState;
}
