import { invalidInput, UpstreamError } from '../../../errors.js';
import {
  endWithoutEffect,
  isForeignPage,
  isForeignRefusal,
  isRefusedAlike,
  openEnd,
  outcomeUnknown,
} from '../../../unclear-ends.js';
import { cidKey, parseCid } from '../../../values/cid.js';
import type { Attempt } from '../../../writes/writes.js';
import { isUnclear } from '../errors.js';
import type { Pin, PinInput } from '../model.js';
import {
  checkThere,
  factsOf,
  findOwn,
  learnFrom,
  nameOf,
  notThere,
  pinOrNull,
  preRead,
  readbackPause,
  rowsOf,
  takes,
  type Finding,
  type Work,
} from './read-back.js';
import { aftermathScope } from '../../write-scope.js';

const OPERATION = 'replacePinByRequestId';
const LOOKS = 2;

/** What one look after a replacement saw; undefined where it failed, null where there is no such pin. */
interface Sight {
  readonly found: Finding | undefined;
  readonly old: Pin | null | undefined;
  /** Why the old pin could not be read. */
  readonly failure: UpstreamError | undefined;
}

/**
 * Replaces a pin at most once. The old id vanishes with it, so a second sending comes only after looks that all saw the old
 * pin still there, and no new one. Rejects with `outcome_unknown` when it stays unclear, with any other kind when nothing was replaced.
 */
export async function replacePin(work: Work, requestId: string, input: PinInput, attempt: Attempt): Promise<Pin> {
  refuseSameContent(requestId, input);
  const earlier = await preRead(work, input, attempt, OPERATION);
  if (earlier) return earlier;
  // What was removed here is likely to be gone, and a service that confirms anything would make a new pin of it.
  await checkThere(work, requestId, OPERATION, work.memory.wasRemoved(work.scope.fingerprint, requestId));
  await attempt.sent();
  try {
    const pin = await work.client.replacePinByRequestId(work.scope, work.token, requestId, input, attempt.marker);
    if (pin) return learned(work, pin, attempt);
  } catch (error) {
    learnFrom(work, OPERATION, error);
    if (!isUnclear(error)) throw error;
    return recover(work, requestId, input, attempt, error);
  }
  return identify(work, requestId, input, attempt);
}

/** One look for the effect of an earlier sending; undefined when it is not there. */
export async function findReplaced(
  work: Work,
  requestId: string,
  input: PinInput,
  attempt: Attempt,
): Promise<Pin | undefined> {
  const scope = aftermathScope(work.scope, work.deps.upstreamTimeoutMs);
  const [seen, old] = await Promise.all([rowsOf(work, input.cid, scope), pinOrNull(work, requestId, scope)]);
  const found = await findOwn(work, seen, input, attempt, work.memory.existingBefore(attempt.marker));
  if (old?.marker === attempt.marker) return old;
  if (found === 'ambiguous') throw outcomeUnknown(factsOf(work, OPERATION), undefined);
  return found === 'none' ? undefined : found;
}

/** Where the request id is the CID, replacing a pin by the same content adds nothing and then unpins it. */
function refuseSameContent(requestId: string, input: PinInput): void {
  const old = parseCid(requestId);
  if (old && old.key === cidKey(input.cid))
    throw invalidInput('input.cid', 'is the content of this pin already; this service would lose it');
}

async function learned(work: Work, pin: Pin, attempt: Attempt): Promise<Pin> {
  work.memory.learnMarkers(work.scope.fingerprint, pin.marker !== null);
  await takes(work, attempt, pin);
  return pin;
}

/** The service confirmed without telling the new pin: it is to be found. */
async function identify(work: Work, requestId: string, input: PinInput, attempt: Attempt): Promise<Pin> {
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await readbackPause(work);
    const seen = await lookAround(work, requestId, input, attempt);
    if (isPin(seen.found)) return seen.found;
    if (seen.old && (await replacedInPlace(work, seen.old, input, attempt, true))) return seen.old;
  }
  throw outcomeUnknown(factsOf(work, OPERATION), undefined);
}

/**
 * Looks for what an unclear end has done, and sends once more what two looks show undone. A page or foreign words in place of an
 * answer are not sent against again: when every look is clean and shows the old pin alone, nothing was replaced; nor was it when
 * every look is clean and agrees with a foreign 404 about a pin that nobody has seen.
 */
async function recover(
  work: Work,
  requestId: string,
  input: PinInput,
  attempt: Attempt,
  cause: UpstreamError,
): Promise<Pin> {
  const refused = isForeignPage(cause) || isForeignRefusal(cause);
  const wasSeen = work.memory.wasSeen(work.scope.fingerprint, requestId);
  let missing = cause.kind === 'not_found' && !wasSeen;
  let resent = false;
  let untouched = true;
  let looks = LOOKS;
  for (let look = 0; look < looks; look++) {
    await readbackPause(work);
    const seen = await lookAround(work, requestId, input, attempt);
    if (isRefusedAlike(cause, seen.failure)) throw endWithoutEffect(factsOf(work, OPERATION), cause);
    if (isPin(seen.found)) return seen.found;
    if (seen.old && (await replacedInPlace(work, seen.old, input, attempt, false))) return seen.old;
    // Both answers are needed: a new pin may be there while the old one is on its way out.
    const undone = seen.found === 'none' && Boolean(seen.old);
    untouched &&= undone;
    missing &&= seen.found === 'none' && seen.old === null;
    // One look alone may have met a listing that lags and an old pin that can be read for a while.
    if (refused || resent || !untouched || look + 1 < LOOKS) continue;
    resent = true;
    looks = look + 2;
    const pin = await resend(work, requestId, input, attempt);
    if (pin) return learned(work, pin, attempt);
  }
  if (missing) throw notThere(work, OPERATION);
  throw untouched ? endWithoutEffect(factsOf(work, OPERATION), cause) : openEnd(factsOf(work, OPERATION), cause);
}

/** Whatever a second sending is refused with, the first one's end is what has to be found out; so failures end here. */
async function resend(work: Work, requestId: string, input: PinInput, attempt: Attempt): Promise<Pin | null> {
  try {
    await attempt.sent();
    const scope = aftermathScope(work.scope, work.deps.writeTimeoutMs);
    return await work.client.replacePinByRequestId(scope, work.token, requestId, input, attempt.marker);
  } catch (error) {
    if (error instanceof UpstreamError) return null;
    throw error;
  }
}

/**
 * Some services keep the id of what they replace. Without a marker to go by, the pin must look as asked; and unless the
 * service confirmed, it must not have been of this content before.
 */
async function replacedInPlace(
  work: Work,
  old: Pin,
  input: PinInput,
  attempt: Attempt,
  confirmed: boolean,
): Promise<boolean> {
  if (old.marker !== null || work.memory.keepsMarkers(work.scope.fingerprint)) return old.marker === attempt.marker;
  const existing = work.memory.existingBefore(attempt.marker);
  const changed = confirmed || (existing !== undefined && !existing.has(old.requestId));
  const asked = changed && cidKey(old.cid) === cidKey(input.cid) && old.name === nameOf(input);
  return asked && takes(work, attempt, old);
}

/** Looks for the new pin and at the old id, both within the time of one read. */
async function lookAround(work: Work, requestId: string, input: PinInput, attempt: Attempt): Promise<Sight> {
  const scope = aftermathScope(work.scope, work.deps.upstreamTimeoutMs);
  const [seen, old] = await Promise.all([
    orFailure(rowsOf(work, input.cid, scope)),
    orFailure(pinOrNull(work, requestId, scope)),
  ]);
  const existing = work.memory.existingBefore(attempt.marker);
  return {
    found: seen instanceof UpstreamError ? undefined : await findOwn(work, seen, input, attempt, existing),
    old: old instanceof UpstreamError ? undefined : old,
    failure: old instanceof UpstreamError ? old : undefined,
  };
}

async function orFailure<T>(promise: Promise<T>): Promise<T | UpstreamError> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
}

function isPin(found: Finding | undefined): found is Pin {
  return typeof found === 'object';
}
