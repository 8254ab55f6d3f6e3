import type { Client } from '@urql/core';
import { faultOf } from '../graph.js';
import { operations } from '../operations.js';
import type { ShownRefusal } from '../parts/refusal.js';
import { refusalOf } from '../payments/changes.js';
import type { Pin } from './pin-row.js';

/** The keys of presses that have had no answer: pressed again they ask for the same change, not for another. */
const keys = new Map<string, string>();

/**
 * Asks the service to try a failed pin again, by replacing it with itself: the service keeps the blocks that it has, and no
 * failed twin stays behind, as one would beside a pin that is added anew.
 */
export async function retryPin(graph: Client, pin: Pin): Promise<Pin | ShownRefusal> {
  const { requestId, service, cid, name, meta, origins } = pin;
  const key = keys.get(requestId) ?? `desk-retry-${requestId}-${randomWord()}`.slice(-255);
  keys.set(requestId, key);
  const input = {
    requestId,
    service,
    cid,
    meta,
    origins: origins.slice(0, MOST_ORIGINS),
    idempotencyKey: key,
    ...(name !== null && name !== undefined && { name }),
  };
  const { data, error } = await graph.mutation(operations.retryPin, { input }).toPromise();
  const result = data?.replacePin;
  if (!result) return faultOf(error) ?? { code: 'NO_ANSWER' };
  if (result.__typename === 'ReplacePinPayload') {
    keys.delete(requestId);
    return result.pin;
  }
  if (result.code !== 'OUTCOME_UNKNOWN') keys.delete(requestId);
  return refusalOf(result);
}

/** As many as one pin takes. */
const MOST_ORIGINS = 20;

/** Unlike those of every other press. */
export function randomWord(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join('');
}
