/** Something that stops when a client leaves. */
export interface Departing {
  /** Called once, with the signal's reason. */
  depart(reason: unknown): void;
}

/**
 * Arrays, not sets: a signal lives as long as its connection, and what a set has outgrown still points at what came after
 * it. Garbage that was kept once would keep every later request.
 */
const waiting = new WeakMap<AbortSignal, Departing[]>();

/**
 * Has it stopped when the signal aborts, which it must not have done yet. One listener serves all that share a signal:
 * an operation makes many calls at once, and more than ten listeners on a signal are taken for a leak.
 */
export function watchDeparture(signal: AbortSignal, one: Departing): void {
  const others = waiting.get(signal);
  if (others) {
    others.push(one);
    return;
  }
  const all = [one];
  waiting.set(signal, all);
  signal.addEventListener(
    'abort',
    () => {
      // Each takes itself out on the way.
      for (const each of all.splice(0)) each.depart(signal.reason);
    },
    { once: true },
  );
}

/** Forgets it again. */
export function unwatchDeparture(signal: AbortSignal, one: Departing): void {
  const all = waiting.get(signal);
  const index = all?.lastIndexOf(one) ?? -1;
  if (!all || index < 0) return;
  const last = all.pop();
  if (last !== undefined && index < all.length) all[index] = last;
}
