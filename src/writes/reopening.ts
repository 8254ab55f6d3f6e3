import type { Json } from '../values/json.js';
import type { WriteIdentity } from './identity.js';
import type { WriteRecord } from './record.js';
import { errorFields, faultOf, namesOf, type RunContext, takingsOf, unknownEnd } from './run-facts.js';
import type { Attempt, Write } from './writes.js';

/**
 * What a kept refusal missed: the effect of a write that was told as not made, once an answer has shown its marker. Undefined
 * where the kept end stands. Rejects with an unknown end when the marker was seen and its object cannot be looked at.
 */
export async function effectSeenSince<R extends Json>(
  context: RunContext,
  write: Write<R>,
  id: WriteIdentity,
  { record, version }: { readonly record: Extract<WriteRecord, { state: 'RESULT' }>; readonly version: number },
): Promise<R | undefined> {
  const { outcome, payload, startedAt } = record;
  // A value under this key is what an earlier run of the same write resolved with.
  // What people closed as carried out, which is there already, stays closed by their word.
  const saysNothingMade =
    'refusal' in outcome
      ? outcome.refusal.details.conflict !== 'DUPLICATE'
      : write.saysNothingMade?.(outcome.value as R) === true;
  if (!id.lasting || !saysNothingMade) return undefined;
  const { marker, keyed } = id;
  const objectId = await context.notes.read(marker);
  if (objectId === undefined) return undefined;
  const sent = (): Promise<never> => Promise.reject(new Error('a look sends nothing'));
  const attempt: Attempt = { marker, keyed, startedAt, objectId, sent, ...takingsOf(context, write, id) };
  const effect = await write.find(attempt).catch((error: unknown) => {
    context.log.warn('write_look_failed', { ...namesOf(write), ...errorFields(error) });
    return undefined;
  });
  if (effect === undefined) throw unknownEnd(id, faultOf(write, undefined));
  await context.store.conclude(id, version, { state: 'RESULT', payload, startedAt, outcome: { value: effect } });
  context.log.info('write_found', namesOf(write));
  return effect;
}
