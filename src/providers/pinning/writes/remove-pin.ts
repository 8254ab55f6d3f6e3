import { sleep } from '../../../values/sleep.js';
import { UpstreamError } from '../../../errors.js';
import { endWithoutEffect, isForeignRefusal, isRefusedAlike, openEnd, outcomeUnknown } from '../../../unclear-ends.js';
import { parseCid } from '../../../values/cid.js';
import { isUnclear } from '../errors.js';
import { checkThere, factsOf, learnFrom, notThere, pinOrNull, readbackPause, rowsOf, type Work } from './read-back.js';
import { aftermathScope } from '../../write-scope.js';

const OPERATION = 'deletePinByRequestId';
const SENDINGS = 3;
/** Mean gap before another sending, times the number of sendings so far. */
const RESEND_GAP_MS = 100;

/** So many answers have to agree that there is no such pin until it counts as removed: services blink. */
const PROOF = 3;

/**
 * Removes a pin. Removing twice does no harm, so an unclear end is tried again; `not_found` is a failure at the first
 * sending only, and afterwards the first sign that the pin is gone. Rejects with `outcome_unknown` when neither an answer nor
 * looks told the end.
 */
export async function removePin(work: Work, requestId: string): Promise<void> {
  const seen = await checkThere(work, requestId, OPERATION);
  let last: UpstreamError | undefined;
  let missing = false;
  for (let sending = 0; sending < SENDINGS; sending++) {
    if (sending > 0) await sleep(RESEND_GAP_MS * sending * (0.5 + Math.random()));
    try {
      await work.client.deletePinByRequestId(work.scope, work.token, requestId);
      // It was removed here before, and nobody said that it is gone, nor saw it now. An id that is a CID may have come back
      // by another way.
      if (!seen && !last && !parseCid(requestId) && work.memory.wasRemoved(work.scope.fingerprint, requestId)) {
        work.memory.learnConfirmsAnything(work.scope.fingerprint);
        throw notThere(work, OPERATION);
      }
      return;
    } catch (error) {
      learnFrom(work, OPERATION, error);
      if (!last && !isUnclear(error)) throw error;
      if (!(error instanceof UpstreamError)) break;
      if (!last && isForeignRefusal(error)) return settleRefused(work, requestId, error, seen);
      if (last && error.kind === 'not_found') {
        missing = true;
        break;
      }
      const spent = error.kind === 'timeout' && last?.kind === 'timeout';
      last = error;
      if (spent || !isUnclear(error)) break;
    }
  }
  if (await isGone(work, requestId, missing ? 1 : 0)) return;
  throw outcomeUnknown(factsOf(work, OPERATION), last);
}

/**
 * A refusal that need not be the service's own. A pin that is still there was not removed; one that was seen before and is gone
 * was; of one that nobody has seen a 404 is borne out by looks that find none, and of any other refusal nobody knows what it was for.
 */
async function settleRefused(work: Work, requestId: string, refusal: UpstreamError, seen: boolean): Promise<void> {
  const facts = factsOf(work, OPERATION);
  const known = seen || work.memory.wasSeen(work.scope.fingerprint, requestId);
  const scope = aftermathScope(work.scope, work.deps.upstreamTimeoutMs);
  const pin = await pinOrNull(work, requestId, scope).catch((error: unknown) => error);
  if (pin instanceof Error || pin === undefined) {
    if (isRefusedAlike(refusal, pin)) throw endWithoutEffect(facts, refusal);
  } else if (pin !== null) throw endWithoutEffect(facts, refusal);
  else if ((known || refusal.kind === 'not_found') && (await isGone(work, requestId, 1))) {
    if (known) return;
    throw notThere(work, OPERATION);
  }
  throw openEnd(facts, refusal);
}

/**
 * Whether looks agree with the answers that said so already; one that sees the pin, or fails, is no proof and the last. What was added
 * here a moment ago reads by id may not show yet, so of that a listing has to agree too.
 */
async function isGone(work: Work, requestId: string, saidSo: number): Promise<boolean> {
  const cid = work.memory.addedContent(work.scope.fingerprint, requestId);
  for (let missing = saidSo; missing < PROOF; missing += 1) {
    if (missing > 0) await readbackPause(work);
    const scope = aftermathScope(work.scope, work.deps.upstreamTimeoutMs);
    const pin = await pinOrNull(work, requestId, scope).catch(() => undefined);
    if (pin !== null) return false;
  }
  return cid === undefined || isListedNowhere(work, requestId, cid);
}

/** Whether a whole listing of this content lacks the pin, and holds no row that cannot be read. */
async function isListedNowhere(work: Work, requestId: string, cid: string): Promise<boolean> {
  try {
    const { rows, whole } = await rowsOf(work, cid, aftermathScope(work.scope, work.deps.upstreamTimeoutMs));
    return whole && rows.every(({ id, pin }) => id !== requestId && !(pin instanceof UpstreamError));
  } catch {
    return false;
  }
}
