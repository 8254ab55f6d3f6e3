import type { CallScope } from '../upstream/http.js';
import { monotonicNow } from '../values/clock.js';

/** For the sending itself: it has its full time, however long the reads before it took. */
export function sendScope(scope: CallScope, writeTimeoutMs: number): CallScope {
  return { ...scope, signal: undefined, deadline: monotonicNow() + writeTimeoutMs };
}

/**
 * For what follows a sending: neither the client's departure nor the operation's end stops it, and no limit refuses it
 * (it is counted all the same), because somebody has to learn what became of the write.
 */
export function aftermathScope(scope: CallScope, timeoutMs: number): CallScope {
  const { onAttempt } = scope;
  return {
    ...scope,
    signal: undefined,
    deadline: monotonicNow() + timeoutMs,
    ...(onAttempt && { onAttempt: (provider, operation) => countOnly(() => onAttempt(provider, operation)) }),
  };
}

async function countOnly(count: () => void | Promise<void>): Promise<void> {
  try {
    await count();
  } catch {
    // The refusal is for whoever asks for more, not for the end of what was begun.
  }
}
