import { toMillis } from '../../../values/instant.js';
import { UpstreamError } from '../../../errors.js';
import { endWithoutEffect, isRefusedAlike, openEnd, outcomeUnknown } from '../../../unclear-ends.js';
import type { Attempt } from '../../../writes/writes.js';
import { isUnclear } from '../errors.js';
import type { Pin, PinInput } from '../model.js';
import {
  factsOf,
  findOwn,
  nameOf,
  newestFirst,
  pinsIn,
  preRead,
  readbackPause,
  rowsOf,
  showsNoneLike,
  takes,
  type Finding,
  type Work,
} from './read-back.js';
import { aftermathScope } from '../../write-scope.js';
import type { AddedPin } from '../session.js';

const OPERATION = 'addPin';
const LOOKS = 2;
/** A pin that claims to be older than the attempt by more than this was there before it. */
const CLEARLY_OLDER_MS = 2 * 60_000;

/**
 * Adds a pin at most once: looks before it sends where a look can matter, and looks again when the end is unclear. Rejects
 * with `outcome_unknown` when it stays unclear, with any other kind when nothing was added.
 */
export async function addPin(work: Work, input: PinInput, attempt: Attempt): Promise<AddedPin> {
  const earlier = await preRead(work, input, attempt, OPERATION);
  if (earlier) return { pin: earlier, alreadyPinned: false };
  await attempt.sent();
  try {
    const pin = await work.client.addPin(work.scope, work.token, input, attempt.marker);
    const alreadyPinned = wasThere(work, pin, attempt);
    if (!alreadyPinned) await takes(work, attempt, pin);
    return { pin, alreadyPinned };
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === 'conflict' && !isUnclear(error)) {
      return existingPin(work, input, attempt, error);
    }
    if (!isUnclear(error)) throw error;
    const found = await lookTwice(work, input, attempt, error);
    if (found === 'none') throw endWithoutEffect(factsOf(work, OPERATION), error);
    if (found === 'ambiguous') throw openEnd(factsOf(work, OPERATION), error);
    return { pin: found, alreadyPinned: false };
  }
}

/** One look for the pin of an earlier sending; undefined when it is not there, `outcome_unknown` when several could be it. */
export async function findAdded(work: Work, input: PinInput, attempt: Attempt): Promise<AddedPin | undefined> {
  const seen = await rowsOf(work, input.cid, aftermathScope(work.scope, work.deps.upstreamTimeoutMs));
  const found = await findOwn(work, seen, input, attempt, work.memory.existingBefore(attempt.marker));
  if (found === 'ambiguous') throw outcomeUnknown(factsOf(work, OPERATION), undefined);
  return found === 'none' ? undefined : { pin: found, alreadyPinned: false };
}

/**
 * Some services answer an addition with the pin that they have; what tells it apart is a foreign marker, or that a look saw it before.
 * Its age tells only where nobody has looked: the clock of a service may be wrong.
 */
function wasThere(work: Work, pin: Pin, attempt: Attempt): boolean {
  if (pin.marker !== null) {
    work.memory.learnMarkers(work.scope.fingerprint, true);
    return pin.marker !== attempt.marker;
  }
  const older = toMillis(pin.createdAt) < attempt.startedAt - CLEARLY_OLDER_MS;
  const there = work.memory.existingBefore(attempt.marker)?.has(pin.requestId) ?? older;
  if (!there) work.memory.learnMarkers(work.scope.fingerprint, false);
  return there;
}

/** A service that keeps content once refused it: its pin is the answer when it is what was asked for, else a conflict. */
async function existingPin(work: Work, input: PinInput, attempt: Attempt, conflict: UpstreamError): Promise<AddedPin> {
  let pins: readonly Pin[];
  try {
    pins = pinsIn((await rowsOf(work, input.cid, aftermathScope(work.scope, work.deps.upstreamTimeoutMs))).rows);
  } catch {
    throw conflict;
  }
  const own = pins.find((pin) => pin.marker === attempt.marker);
  if (own) return { pin: own, alreadyPinned: false };
  const [same] = newestFirst(pins).filter((pin) => pin.name === nameOf(input) && sameMeta(pin.meta, input.meta));
  if (!same) throw conflict;
  return { pin: same, alreadyPinned: true };
}

function sameMeta(a: Pin['meta'], b: PinInput['meta']): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

/**
 * A look that fails says nothing, so it is not the end of looking; `none` when every look was made and found none, or the credential is
 * let in nowhere.
 */
async function lookTwice(work: Work, input: PinInput, attempt: Attempt, cause: UpstreamError): Promise<Finding> {
  let clean = true;
  for (let look = 0; look < LOOKS; look++) {
    await readbackPause(work);
    try {
      const seen = await rowsOf(work, input.cid, aftermathScope(work.scope, work.deps.upstreamTimeoutMs));
      const found = await findOwn(work, seen, input, attempt, work.memory.existingBefore(attempt.marker));
      if (found !== 'none' && found !== 'ambiguous') return found;
      clean &&= found === 'none' && showsNoneLike(work, seen, input, attempt);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (isRefusedAlike(cause, error)) return 'none';
      clean = false;
    }
  }
  return clean ? 'none' : 'ambiguous';
}
