import type { Json } from '../values/json.js';
import type { WriteIdentity } from './identity.js';
import type { WriteRecord } from './record.js';
import { errorFields, faultOf, namesOf, type RunContext, takingsOf, unknownEnd } from './run-facts.js';
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
  { record, version }: KeptResult,
): Promise<R | undefined> {
  const { outcome, payload, startedAt } = record;
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
  await context.store.conclude(id, version, { state: 'RESULT', payload, startedAt, outcome: { value: effect } });
  context.log.info('write_found', namesOf(write));
  return effect;
}

/** What a kept result left open and a look can tell by now; undefined where the kept one stands. Never rejects. */
export async function toldMore<R extends Json>(
  context: RunContext,
  write: Write<R>,
  id: WriteIdentity,
  { record, version }: KeptResult,
): Promise<R | undefined> {
  const { outcome, payload, startedAt } = record;
  if ('refusal' in outcome || write.more === undefined) return undefined;
  try {
    // A value under this key is what an earlier run of the same write resolved with.
    const value = await write.more(outcome.value as R, lookOf(context, write, id, startedAt));
    if (value === undefined) return undefined;
    await context.store.conclude(id, version, { state: 'RESULT', payload, startedAt, outcome: { value } });
    context.log.info('write_found', namesOf(write));
    return value;
  } catch (error) {
    context.log.warn('write_look_failed', { ...namesOf(write), ...errorFields(error) });
    return undefined;
  }
}

function lookOf<R extends Json>(context: RunContext, write: Write<R>, id: WriteIdentity, startedAt: number): Attempt {
  const sent = (): Promise<never> => Promise.reject(new Error('a look sends nothing'));
  return { marker: id.marker, keyed: id.keyed, startedAt, sent, ...takingsOf(context, write, id) };
}
