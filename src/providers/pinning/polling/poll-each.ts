import { UpstreamError, type UpstreamErrorKind } from '../../../errors.js';
import { asError } from '../../../values/as-error.js';
import { inParallel } from '../../../values/in-parallel.js';
import type { Pin } from '../model.js';
import type { PinReadings } from './poll-listings.js';

const PARALLEL = 20;
/** After this many failures of the connection in a row the rest is not tried. */
const LOST_AFTER = 3;
/** The next call would meet the same. */
const settled: ReadonlySet<UpstreamErrorKind> = new Set(['rate_limited', 'circuit_open', 'unauthorized']);
const lost: ReadonlySet<UpstreamErrorKind> = new Set(['unavailable', 'timeout', 'overloaded', 'circuit_open']);

/** Whether the upstream could not be reached, so that asking it in another way is of no use. */
export function isOutOfReach(error: unknown): boolean {
  return error instanceof UpstreamError && lost.has(error.kind);
}

/**
 * Reads pins one by one, some at a time, and takes down each outcome: a pin, null when there is none, or why it could not be
 * read. Stops early when the upstream is out of reach or out of budget; answers the ids that were not asked for then.
 */
export async function readEach(
  ids: readonly string[],
  read: (id: string) => Promise<Pin>,
  readings: PinReadings,
): Promise<readonly string[]> {
  let failures = 0;
  let giveUp: Error | undefined;
  await inParallel(ids, PARALLEL, async (id) => {
    if (giveUp) return;
    try {
      readings.set(id, await read(id));
      failures = 0;
    } catch (thrown) {
      const error = asError(thrown);
      const kind = error instanceof UpstreamError ? error.kind : undefined;
      readings.set(id, kind === 'not_found' ? null : error);
      failures = isOutOfReach(error) ? failures + 1 : 0;
      if ((kind && settled.has(kind)) || failures >= LOST_AFTER) giveUp ??= error;
    }
  });
  const unasked: string[] = [];
  for (const id of ids) {
    if (readings.has(id) || !giveUp) continue;
    readings.set(id, giveUp);
    unasked.push(id);
  }
  return unasked;
}
