import { UpstreamError } from '../../../errors.js';
import { believed, isForeignRefusal, isRefusedAlike, isToldByStatus, openEnd } from '../../../unclear-ends.js';
import type { MyPitCaller } from '../client.js';
import { isNotFound, isUnclear } from '../errors.js';
import { aftermathCaller, factsOf, sendCaller, type WriteContext } from './write-context.js';
import { sleep } from '../../../values/sleep.js';

/**
 * What one look at the object showed: the effect, no effect, or, of a deletion, that there is no such object. The last may be
 * a blink of the upstream's, so that one look alone does not prove it.
 */
export type Sight = 'done' | 'open' | 'missing';

/** A write that has the same effect however often it is sent, and whose effect can be read off the object. */
export interface Change {
  readonly operation: string;
  send(caller: MyPitCaller): Promise<void>;
  look(caller: MyPitCaller): Promise<Sight>;
}

const LOOKS = 2;
/** So many looks in a row have to agree that an object is missing until it counts as deleted. */
const PROOF = 3;
/** Of an object that was missing in one look, so many are made in all. */
const LOOKS_FOR_PROOF = 4;

/**
 * Sends, and believes nothing but a clear answer: after any other end the object is read back, and only a look that shows the
 * change missing lets it be sent once more. A refusal that is not in the upstream's own words is told once a look bears it out, and
 * nothing is sent against it.
 */
export async function change(context: WriteContext, what: Change): Promise<void> {
  const first = await trySend(what, sendCaller(context));
  if (first === undefined) return;
  if (!isUnclear(first)) throw first;
  const refused = isForeignRefusal(first);
  let error = first;
  /** Looks that showed no object, since it was last seen. */
  let missing = 0;
  let blinked = false;
  let resent = false;
  for (let look = 1; look <= (blinked ? LOOKS_FOR_PROOF : LOOKS); look += 1) {
    if (look > 1) await sleep(context.readbackDelayMs);
    const sight = await tryLook(what, aftermathCaller(context));
    if (refused && isRefusedAlike(first, sight)) throw believed(first);
    missing = sight === 'missing' ? missing + 1 : sight === 'open' ? 0 : missing;
    if (sight === 'done') return;
    if (refused && missing > 0 && isNotFound(first)) throw believed(first);
    // Of what nobody has seen, a refusal of the credential or the pace may be the truth.
    if (missing >= PROOF && refused && isToldByStatus(first)) break;
    if (missing >= PROOF) return;
    blinked ||= missing > 0;
    if (sight !== 'open') continue;
    if (refused) throw believed(first);
    // There is none of what was just seen: that was no answer either.
    if (!isUnclear(error) && !isNotFound(error)) throw error;
    if (resent || (look > 1 && !blinked)) continue;
    resent = true;
    const again = await trySend(what, aftermathCaller(context, context.writeTimeoutMs));
    if (again === undefined) return;
    error = again;
  }
  throw openEnd(factsOf(context, what.operation), error);
}

async function trySend(what: Change, caller: MyPitCaller): Promise<UpstreamError | undefined> {
  try {
    await what.send(caller);
    return undefined;
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
}

/** The failure when nobody could tell. */
async function tryLook(what: Change, caller: MyPitCaller): Promise<Sight | UpstreamError> {
  try {
    return await what.look(caller);
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
}

/** Reads the object of a deletion: `open` when it is there. */
export async function lookForDeleted(reading: Promise<Sight>): Promise<Sight> {
  try {
    return await reading;
  } catch (error) {
    if (isNotFound(error)) return 'missing';
    throw error;
  }
}
