import { UpstreamError } from '../../../errors.js';
import { isRefusedAlike } from '../../../unclear-ends.js';
import { toMillis } from '../../../values/instant.js';
import { sleep } from '../../../values/sleep.js';
import type { Attempt } from '../../../writes/writes.js';
import { scan } from '../listing/scan.js';
import { openListings } from '../loaders.js';
import type { Holder, HolderInput } from '../model.js';
import { isSame, isSameName } from './made-objects.js';
import { aftermathCaller, CLOCK_TOLERANCE_MS, type WriteContext } from './write-context.js';

/** What two looks for a holder who may have been made tell. */
interface Found {
  readonly holderId: string | undefined;
  /** Whether both looks saw everything, and nobody who may be it; or the credential is let in nowhere. */
  readonly absent: boolean;
}

/** Who is looked for: what was asked for, when, and how that ended. */
interface Wanted {
  readonly input: HolderInput;
  readonly startedAt: number;
  readonly cause: UpstreamError;
}

/** Two looks with a gap between them, or one that finds it. */
export async function lookForNew(
  context: WriteContext,
  input: HolderInput,
  { startedAt }: Attempt,
  cause: UpstreamError,
): Promise<Found> {
  const wanted: Wanted = { input, startedAt, cause };
  let absent = true;
  for (const last of [false, true]) {
    if (last) await sleep(context.readbackDelayMs);
    for (const way of [byExternalId, byDid]) {
      const found = await way(context, wanted);
      if (found.holderId !== undefined || found === refusedAlike) return found;
      absent &&= found.absent;
    }
  }
  return { holderId: undefined, absent };
}

const none: Found = { holderId: undefined, absent: true };
const nobodyKnows: Found = { holderId: undefined, absent: false };
const refusedAlike: Found = { holderId: undefined, absent: true };

/** The upstream may refuse an id that is not its own as such, which says as much as that there is no such holder. */
async function byExternalId(context: WriteContext, wanted: Wanted): Promise<Found> {
  try {
    const { externalId } = wanted.input;
    return compare(await context.client.getHolderById(aftermathCaller(context), externalId, 'any'), wanted);
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    if (isRefusedAlike(wanted.cause, error)) return refusedAlike;
    return error.kind === 'not_found' || error.kind === 'rejected' ? none : nobodyKnows;
  }
}

async function byDid(context: WriteContext, wanted: Wanted): Promise<Found> {
  let found = none;
  try {
    const end = await scan(openListings(context.client, () => aftermathCaller(context)).holders, ({ node }) => {
      const seen = node instanceof UpstreamError ? nobodyKnows : compare(node, wanted);
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
 * them, or shows none and has the same e-mail address or none, may be it all the same; so may who has both and is otherwise called.
 * Who was there before is not.
 */
function compare(holder: Holder, { input, startedAt }: Wanted): Found {
  const { holderId, did, externalId, email, createdAt } = holder;
  if (createdAt !== undefined && toMillis(createdAt) < startedAt - CLOCK_TOLERANCE_MS) return none;
  const pairs = [
    [did, input.did],
    [externalId, input.externalId],
  ] as const;
  const shown = pairs.filter(([own]) => own !== null);
  if (shown.length === 0) return email === null || email === input.email ? nobodyKnows : none;
  if (shown.every(([own, wanted]) => own === wanted))
    return isCalled(holder, input) ? { holderId, absent: false } : nobodyKnows;
  return shown.some(([own, wanted]) => own === wanted) ? nobodyKnows : none;
}

/** Whether a holder's name and address are those asked for, as far as they are shown. */
function isCalled({ name, email }: Holder, input: HolderInput): boolean {
  return isSameName(name, input.name) && isSame(email, input.email);
}

/**
 * Whether a holder whom the upstream says to have made is the one asked for, as far as it shows them. Who is as they should be may have
 * been there before; but who shows neither of their ids has to be new.
 */
export function isAskedFor(holder: Holder, input: HolderInput, startedAt: number): boolean {
  const { did, externalId, createdAt } = holder;
  if (!isCalled(holder, input) || !isSame(did, input.did)) return false;
  if (externalId !== null && externalId.trim() !== input.externalId) return false;
  const isNew = createdAt === undefined || toMillis(createdAt) >= startedAt - CLOCK_TOLERANCE_MS;
  return isNew || did !== null || externalId !== null;
}
