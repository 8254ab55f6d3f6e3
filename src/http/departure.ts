/** Something that stops when a client leaves. */
export interface Departing {
  /** Called once, with the signal's reason. */
  depart(reason: unknown): void;
}

const waiting = new WeakMap<AbortSignal, Set<Departing>>();

/**
 * Has it stopped when the signal aborts, which it must not have done yet. One listener serves all that share a signal:
 * an operation makes many calls at once, and more than ten listeners on a signal are taken for a leak.
 */
export function watchDeparture(signal: AbortSignal, one: Departing): void {
  const others = waiting.get(signal);
  if (others) {
    others.add(one);
    return;
  }
  const all = new Set([one]);
  waiting.set(signal, all);
  signal.addEventListener('abort', () => {
    // Each takes itself out on the way, which iterating over a set allows.
    for (const each of all) each.depart(signal.reason);
    all.clear();
  }, { once: true });
}

/** Forgets it again. */
export function unwatchDeparture(signal: AbortSignal, one: Departing): void {
  waiting.get(signal)?.delete(one);
}
