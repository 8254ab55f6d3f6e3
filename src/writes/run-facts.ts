import { GatewayError, UpstreamError, type UpstreamErrorDetails } from '../errors.js';
import type { Logger } from '../log.js';
import type { ClaimContext } from './claim.js';
import type { WriteIdentity } from './identity.js';
import type { Notes } from './notes.js';
import type { OpenList } from './open-list.js';
import type { SentRecord } from './record.js';
import type { Takings } from './takings.js';
import type { Attempt, Write } from './writes.js';

/** What every run works with. */
export interface RunContext extends ClaimContext {
  readonly notes: Notes;
  readonly open: OpenList;
  readonly takings: Takings;
  readonly log: Logger;
  /** What markers are made with. */
  readonly secret: string | Buffer;
  readonly readbackDelayMs: number;
  readonly resendQuarantineMs: number;
}

type Named = Pick<Write<never>, 'provider' | 'operation'>;

/** What the log and the list of open writes call it. */
export function namesOf({ provider, operation }: Named): { provider: string; operation: string } {
  return { provider, operation };
}

/** What a run may take for its key, and what others have taken. */
export function takingsOf(
  { takings }: RunContext,
  { provider }: Named,
  id: WriteIdentity,
): Required<Pick<Attempt, 'takes' | 'taken'>> {
  return {
    takes: (object) => takings.take(provider, object, id),
    taken: (objects) => takings.takenByOthers(provider, objects, id),
  };
}

/** What a look for the effect of a sending is told. */
export function lookOf(context: RunContext, write: Named, id: WriteIdentity, startedAt: number): Attempt {
  const sent = (): Promise<never> => Promise.reject(new Error('a look sends nothing'));
  return { marker: id.marker, keyed: id.keyed, startedAt, sent, ...takingsOf(context, write, id) };
}

/** What to say about an unclear end when there is no error to tell it: that of the earlier sending, if any. */
export function faultOf(write: Named, earlier: SentRecord | undefined): UpstreamErrorDetails {
  const known = earlier?.state === 'UNKNOWN' ? earlier.fault : undefined;
  return known ?? { ...namesOf(write), delivery: 'unclear' };
}

/** The error of a write whose end is unclear: it names the key, under which the caller may ask again. */
export function unknownEnd({ key }: WriteIdentity, fault: UpstreamErrorDetails): UpstreamError {
  return new UpstreamError('outcome_unknown', { ...fault, delivery: 'unclear', idempotencyKey: key });
}

/** Never rejects: a write is not refused because it cannot be listed. */
export function putOnOpenList({ open }: RunContext, write: Named, { recordKey, marker }: WriteIdentity): Promise<void> {
  return open.add({ recordKey, marker, ...namesOf(write) });
}

/** Not open any more. Nobody waits for that: a list that says too much is put right by whoever reads it. */
export function takeOffOpenList({ open }: RunContext, { recordKey }: WriteIdentity): void {
  void open.remove(recordKey);
}

/** What the log may know of an error. */
export function errorFields(error: unknown): { error: string } {
  if (error instanceof UpstreamError) return { error: error.kind };
  return { error: error instanceof GatewayError ? error.code : error instanceof Error ? error.name : typeof error };
}
