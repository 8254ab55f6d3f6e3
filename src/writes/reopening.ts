import type { Json } from '../values/json.js';
import type { WriteIdentity } from './identity.js';
import type { WriteRecord } from './record.js';
import { errorFields, faultOf, lookOf, namesOf, type RunContext, unknownEnd } from './run-facts.js';
import type { Attempt, Write } from './writes.js';

/** A record that has its result. */
interface KeptResult {
  readonly record: Extract<WriteRecord, { state: 'RESULT' }>;
  readonly version: number;
}

/**
 * What a kept refusal missed: the effect of a write that was told as not made, once an answer has shown its marker. Undefined
 * where the kept end stands. Rejects with an unknown end when the marker was seen and its object cannot be looked at.
 */
export async function effectSeenSince<R extends Json>(
  context: RunContext,
  write: Write<R>,
  id: WriteIdentity,
  kept: KeptResult,
): Promise<R | undefined> {
  const { outcome, startedAt } = kept.record;
  // A value under this key is what an earlier run of the same write resolved with.
  // What people closed as carried out, which is there already, stays closed by their word.
  const saysNothingMade =
    'refusal' in outcome
      ? outcome.refusal.details.conflict !== 'DUPLICATE'
      : write.saysNothingMade?.(outcome.value as R) === true;
  if (!id.lasting || !saysNothingMade) return undefined;
  const objectId = await context.notes.read(id.marker);
  if (objectId === undefined) return undefined;
  const attempt: Attempt = { ...lookOf(context, write, id, startedAt), objectId };
  const effect = await write.find(attempt).catch((error: unknown) => {
    context.log.warn('write_look_failed', { ...namesOf(write), ...errorFields(error) });
    return undefined;
  });
  if (effect === undefined) throw unknownEnd(id, faultOf(write, undefined));
  return keep(context, write, id, kept, effect);
}

/** What a kept result left open and a look can tell by now; undefined where the kept one stands. Never rejects. */
export async function toldMore<R extends Json>(
  context: RunContext,
  write: Write<R>,
  id: WriteIdentity,
  kept: KeptResult,
): Promise<R | undefined> {
  const { outcome, startedAt } = kept.record;
  if ('refusal' in outcome || write.more === undefined) return undefined;
  try {
    // A value under this key is what an earlier run of the same write resolved with.
    const value = await write.more(outcome.value as R, lookOf(context, write, id, startedAt));
    if (value === undefined) return undefined;
    return await keep(context, write, id, kept, value);
  } catch (error) {
    context.log.warn('write_look_failed', { ...namesOf(write), ...errorFields(error) });
    return undefined;
  }
}

/** Keeps what was found in the place of what was kept, and answers it. */
async function keep<R extends Json>(
  context: RunContext,
  write: Write<R>,
  id: WriteIdentity,
  { record: { payload, startedAt }, version }: KeptResult,
  value: R,
): Promise<R> {
  await context.store.conclude(id, version, { state: 'RESULT', payload, startedAt, outcome: { value } });
  context.log.info('write_found', namesOf(write));
  return value;
}
