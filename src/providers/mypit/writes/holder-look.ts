import { UpstreamError } from '../../../errors.js';
import { sleep } from '../../../values/sleep.js';
import { scan } from '../listing/scan.js';
import { openListings } from '../loaders.js';
import type { Holder, HolderInput } from '../model.js';
import { aftermathCaller, type WriteContext } from './write-context.js';

/** What two looks for a holder who may have been made tell. */
interface Found {
  readonly holderId: string | undefined;
  /** Whether both looks saw everything, and nobody who may be it. */
  readonly absent: boolean;
}

/** Two looks with a gap between them, or one that finds it. */
export async function lookForNew(context: WriteContext, input: HolderInput): Promise<Found> {
  let absent = true;
  for (const last of [false, true]) {
    if (last) await sleep(context.readbackDelayMs);
    for (const way of [byExternalId, byDid]) {
      const found = await way(context, input);
      if (found.holderId !== undefined) return found;
      absent &&= found.absent;
    }
  }
  return { holderId: undefined, absent };
}

const none: Found = { holderId: undefined, absent: true };
const nobodyKnows: Found = { holderId: undefined, absent: false };

/** The upstream may refuse an id that is not its own as such, which says as much as that there is no such holder. */
async function byExternalId(context: WriteContext, input: HolderInput): Promise<Found> {
  try {
    return compare(await context.client.getHolderById(aftermathCaller(context), input.externalId, 'any'), input);
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return error.kind === 'not_found' || error.kind === 'rejected' ? none : nobodyKnows;
  }
}

async function byDid(context: WriteContext, input: HolderInput): Promise<Found> {
  let found = none;
  try {
    const end = await scan(openListings(context.client, () => aftermathCaller(context)).holders, ({ node }) => {
      const seen = node instanceof UpstreamError ? nobodyKnows : compare(node, input);
      if (seen !== none && found.holderId === undefined) found = seen;
      return found.holderId !== undefined;
    });
    return end === 'cut' ? nobodyKnows : found;
  } catch (error) {
    if (error instanceof UpstreamError) return nobodyKnows;
    throw error;
  }
}

/**
 * A holder is the one asked for when at least one of the names that make one is shown, and none differs. Who shares one of
 * them, or shows none and has the same e-mail address or none, may be it all the same.
 */
function compare({ holderId, did, externalId, email }: Holder, input: HolderInput): Found {
  const pairs = [
    [did, input.did],
    [externalId, input.externalId],
  ] as const;
  const shown = pairs.filter(([own]) => own !== null);
  if (shown.length === 0) return email === null || email === input.email ? nobodyKnows : none;
  if (shown.every(([own, wanted]) => own === wanted)) return { holderId, absent: false };
  return shown.some(([own, wanted]) => own === wanted) ? nobodyKnows : none;
}
