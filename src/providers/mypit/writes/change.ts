import { outcomeUnknown, UpstreamError } from '../../../errors.js';
import type { MyPitCaller } from '../client.js';
import { isUnclear } from '../errors.js';
import { aftermathCaller, factsOf, sendCaller, type WriteContext } from './write-context.js';
import { pause } from '../../../values/pause.js';

/** A write that has the same effect however often it is sent, and whose effect can be read off the object. */
export interface Change {
  readonly operation: string;
  send(caller: MyPitCaller): Promise<void>;
  /** Whether the object shows the effect. */
  isDone(caller: MyPitCaller): Promise<boolean>;
}

/**
 * Sends, and believes nothing but a clear answer: after any other end the object is read back, at most twice, and only a
 * look that shows the change missing lets it be sent once more.
 */
export async function change(context: WriteContext, what: Change): Promise<void> {
  const first = await trySend(what, sendCaller(context));
  if (first === undefined) return;
  if (!isUnclear(first)) throw first;
  let error = first;
  for (const look of ['first', 'last'] as const) {
    if (look === 'last') await pause(context.readbackDelayMs);
    const done = await tryLook(what, aftermathCaller(context));
    if (done === true) return;
    if (done === false && !isUnclear(error)) throw error;
    if (done === false && look === 'first') {
      const again = await trySend(what, aftermathCaller(context, context.writeTimeoutMs));
      if (again === undefined) return;
      error = again;
    }
  }
  throw outcomeUnknown(factsOf(context, what.operation), error);
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

/** Undefined when nobody could tell. */
async function tryLook(what: Change, caller: MyPitCaller): Promise<boolean | undefined> {
  try {
    return await what.isDone(caller);
  } catch (error) {
    if (error instanceof UpstreamError) return undefined;
    throw error;
  }
}
