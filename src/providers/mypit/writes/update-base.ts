import { UpstreamError } from '../../../errors.js';
import { sleep } from '../../../values/sleep.js';
import type { State } from './former-states.js';
import { factsOf, type WriteContext } from './write-context.js';

const READS = 3;

/**
 * What an update starts from: it sends the whole object, so that one read from before a change made here would undo that change. Such
 * a read is made again; when it stays so, nothing is sent.
 */
export async function readBase<T>(
  context: WriteContext,
  operation: string,
  object: string,
  read: () => Promise<T>,
  stateOf: (read: T) => State,
): Promise<T> {
  for (let nth = 1; nth <= READS; nth += 1) {
    if (nth > 1) await sleep(context.readbackDelayMs);
    const base = await read();
    if (!context.former.isFormer(nameOf(context, object), stateOf(base))) return base;
  }
  throw changedMeanwhile(context, operation);
}

/** Remembers a change that was made. */
export function changed(context: WriteContext, object: string, before: State, after: State['fields']): void {
  context.former.changed(nameOf(context, object), before, after);
}

/** The object is not as it was seen; nothing was sent. */
export function changedMeanwhile(context: WriteContext, operation: string): UpstreamError {
  const facts = factsOf(context, operation);
  return new UpstreamError('conflict', { ...facts, delivery: 'answered', conflict: 'CHANGED_MEANWHILE' });
}

function nameOf({ caller }: WriteContext, object: string): string {
  return `${caller.scope.fingerprint} ${object}`;
}
