import { pause } from '../../../values/pause.js';
import { outcomeUnknown, UpstreamError } from '../../../errors.js';
import { parseCid } from '../../../values/cid.js';
import { isUnclear } from '../errors.js';
import { checkThere, factsOf, notThere, pinOrNull, type Work } from './read-back.js';
import { aftermathScope } from '../../write-scope.js';

const OPERATION = 'deletePinByRequestId';
const SENDINGS = 3;
/** Mean gap before another sending, times the number of sendings so far. */
const RESEND_GAP_MS = 100;

/**
 * Removes a pin. Removing twice does no harm, so an unclear end is tried again; `not_found` is a failure at the first
 * sending only. Rejects with `outcome_unknown` when neither an answer nor a look told the end.
 */
export async function removePin(work: Work, requestId: string): Promise<void> {
  await checkThere(work, requestId, OPERATION);
  let last: UpstreamError | undefined;
  for (let sending = 0; sending < SENDINGS; sending++) {
    if (sending > 0) await pause(RESEND_GAP_MS * sending * (0.5 + Math.random()));
    try {
      await work.client.deletePinByRequestId(work.scope, work.token, requestId);
      // It was removed here before, and nobody said that it is gone. An id that is a CID may have come back by another way.
      if (!last && !parseCid(requestId) && work.memory.wasRemoved(work.scope.fingerprint, requestId)) {
        work.memory.learnConfirmsAnything();
        throw notThere(work, OPERATION);
      }
      return;
    } catch (error) {
      if (!last && !isUnclear(error)) throw error;
      if (!(error instanceof UpstreamError)) break;
      if (last && error.kind === 'not_found') return;
      const spent = error.kind === 'timeout' && last?.kind === 'timeout';
      last = error;
      if (spent || !isUnclear(error)) break;
    }
  }
  if (await isGone(work, requestId)) return;
  throw outcomeUnknown(factsOf(work, OPERATION), last);
}

async function isGone(work: Work, requestId: string): Promise<boolean> {
  try {
    return (await pinOrNull(work, requestId, aftermathScope(work.scope, work.deps.upstreamTimeoutMs))) === null;
  } catch {
    return false;
  }
}
