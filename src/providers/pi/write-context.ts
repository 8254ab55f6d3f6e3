import type { CallFacts, ConflictReason, UpstreamError } from '../../errors.js';
import type { CallScope } from '../../upstream/http.js';
import type { Logger } from '../../log.js';
import type { PiClient } from './client.js';
import { PaymentConflict, type Payment, type PiNetwork } from './model.js';

/** What a write is done with. Times are in milliseconds. */
export interface WriteContext {
  readonly client: PiClient;
  readonly apiKey: string;
  /** The operation's. It bounds what is read before anything is sent, and nothing after that. */
  readonly scope: CallScope;
  /** The network that this gateway is for; undefined = not compared. */
  readonly network: PiNetwork | undefined;
  readonly readbackDelayMs: number;
  readonly upstreamTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly log: Logger;
}

/** What errors made by a write itself have in common with those of its calls. */
export function factsOf({ client, scope }: WriteContext, operation: string): CallFacts {
  return { provider: client.provider, operation, credential: scope.credential };
}

/** A conflict with this payment: for the reason given, or in the words of the upstream's own refusal. */
export function conflictWith(
  payment: Payment | null,
  facts: CallFacts,
  conflict: ConflictReason | undefined,
  refusal?: UpstreamError,
): PaymentConflict {
  return new PaymentConflict(
    {
      ...facts,
      delivery: 'answered',
      conflict: conflict ?? refusal?.conflict,
      detail: refusal?.detail,
      status: refusal?.status,
      upstreamCode: refusal?.upstreamCode,
      upstreamDetails: refusal?.upstreamDetails,
    },
    payment,
  );
}
