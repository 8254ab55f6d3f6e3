import type { Context } from '../../context.js';
import { detailsOf, UpstreamError } from '../../errors.js';
import type { Json } from '../../values/json.js';
import type { Attempt } from '../../writes/writes.js';
import { writeIdentity } from '../write-identity.js';

/**
 * Runs a write that has no idempotency key for its caller to send: one at a time for each `object`, and never twice by
 * itself. When its end stays unclear, the error carries no key.
 */
export async function writeOnce<R extends Json>(
  context: Context,
  operation: string,
  object: string,
  send: (attempt: Attempt) => Promise<R>,
): Promise<R> {
  try {
    return await context.writes.serially(object, () =>
      context.writes.once({
        ...writeIdentity(context.access, 'mypit', operation, undefined),
        provider: 'mypit',
        payload: null,
        send,
        // Nobody can come back with a key that was made up here.
        find: () => Promise.resolve(undefined),
        resend: 'never',
      }),
    );
  } catch (error) {
    throw error instanceof UpstreamError && error.idempotencyKey !== undefined ? withoutKey(error) : error;
  }
}

function withoutKey(error: UpstreamError): UpstreamError {
  return new UpstreamError(error.kind, { ...detailsOf(error), idempotencyKey: undefined });
}
