import type { CallFacts } from '../../../errors.js';
import type { CallScope } from '../../../upstream/http.js';
import type { Logger } from '../../../log.js';
import type { MyPitCaller, MyPitClient } from '../client.js';
import { monotonicNow } from '../../../values/clock.js';

/** What a write is done with. Times are in milliseconds. */
export interface WriteContext {
  readonly client: MyPitClient;
  /** The operation's. Its scope bounds what is read before anything is sent, and nothing after that. */
  readonly caller: MyPitCaller;
  readonly readbackDelayMs: number;
  readonly upstreamTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly log: Logger;
}

/** Clocks differ: an object older than the first sending by more than this was not made by it. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** What errors made by a write itself have in common with those of its calls. */
export function factsOf({ client, caller }: WriteContext, operation: string): CallFacts {
  return { provider: client.provider, operation, credential: caller.scope.credential };
}

/** For the sending itself: it has its full time, however long the reads before it took. */
export function sendCaller({ caller, writeTimeoutMs }: WriteContext): MyPitCaller {
  return { ...caller, scope: { ...caller.scope, signal: undefined, deadline: monotonicNow() + writeTimeoutMs } };
}

/**
 * For what follows a sending: neither the client's departure nor the operation's end stops it, and no limit refuses it
 * (it is counted all the same), because somebody has to learn what became of the write.
 */
export function aftermathCaller(
  { caller, upstreamTimeoutMs }: WriteContext,
  timeoutMs = upstreamTimeoutMs,
): MyPitCaller {
  const { onAttempt } = caller.scope;
  const scope: CallScope = {
    ...caller.scope,
    signal: undefined,
    deadline: monotonicNow() + timeoutMs,
    ...(onAttempt && { onAttempt: (provider, operation) => countOnly(() => onAttempt(provider, operation)) }),
  };
  return { ...caller, scope };
}

async function countOnly(count: () => void | Promise<void>): Promise<void> {
  try {
    await count();
  } catch {
    // The refusal is for whoever asks for more, not for the end of what was begun.
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
