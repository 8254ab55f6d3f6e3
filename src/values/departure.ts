/** Something that stops when a client leaves. */
export interface Departing {
  /** Called once, with the signal's reason. */
  depart(reason: unknown): void;
}

/** Who may leave: a signal, or one for whom others stay on. */
export type Presence = AbortSignal | Stay;

/**
 * The reason of every departure of a caller, one for all: an error of its own for each would cost more than all the rest of a
 * departure. With a path it counts as located, so that no executor makes a new error of it for each field that it stops.
 */
export const GONE = Object.assign(new DOMException('The caller is gone.', 'AbortError'), { path: [] });

/**
 * Arrays, not sets: a signal lives as long as its connection, and what a set has outgrown still points at what came after
 * it. Garbage that was kept once would keep every later request.
 */
const waiting = new WeakMap<AbortSignal, Departing[]>();

/**
 * Has it stopped when the signal aborts, which it must not have done yet. One listener serves all that share a signal:
 * an operation makes many calls at once, and more than ten listeners on a signal are taken for a leak.
 */
export function watchDeparture(signal: Presence, one: Departing): void {
  if (signal instanceof Stay) return signal.watch(one);
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
export function unwatchDeparture(signal: Presence, one: Departing): void {
  if (signal instanceof Stay) return signal.unwatch(one);
  const all = waiting.get(signal);
  if (all) takeOut(all, one);
}

function takeOut(all: Departing[], one: Departing): void {
  const index = all.lastIndexOf(one);
  if (index < 0) return;
  const last = all.pop();
  if (last !== undefined && index < all.length) all[index] = last;
}

/**
 * Stands between one who may leave and what was begun for him: others can join, and then it is stopped only when all have left.
 * While nobody joins and nothing is to be stopped, it listens to nothing.
 */
export class Stay implements Departing {
  readonly #first: Presence | undefined;
  #watching: Departing[] | undefined;
  #others = 0;
  #isListening = false;
  #isFirstGone = false;
  #stopped: { readonly reason: unknown } | undefined;

  constructor(first: Presence | undefined) {
    this.#first = first;
  }

  /** True once nobody is left. */
  get aborted(): boolean {
    return this.#stopped !== undefined || (this.#others === 0 && this.#first?.aborted === true);
  }

  get reason(): unknown {
    return this.#stopped === undefined ? this.#first?.reason : this.#stopped.reason;
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** Somebody else waits too; `leave` must follow, or `end`. */
  join(): void {
    this.#others += 1;
    this.#listen();
  }

  /** One who joined has left. */
  leave(reason: unknown): void {
    this.#others -= 1;
    if (this.#others > 0) return;
    if (this.#isFirstGone || this.#first?.aborted === true) this.#stop(reason);
    else this.#rest();
  }

  /** The first one has left. */
  depart(reason: unknown): void {
    this.#isListening = this.#isListening && this.#first?.aborted !== true;
    if (this.#others === 0) return this.#stop(reason);
    this.#isFirstGone = true;
    this.leftBehind(reason);
  }

  /** What was begun is over. */
  end(): void {
    this.#others = 0;
    this.#rest();
  }

  watch(one: Departing): void {
    if (this.#watching === undefined) this.#watching = [one];
    else this.#watching.push(one);
    this.#listen();
  }

  unwatch(one: Departing): void {
    if (this.#watching !== undefined) takeOut(this.#watching, one);
    this.#rest();
  }

  /** The first one has left, and others stay. */
  protected leftBehind(_reason: unknown): void {}

  /** Nobody is left. */
  protected stopped(): void {}

  #listen(): void {
    if (this.#isListening || this.#first === undefined || this.#first.aborted) return;
    this.#isListening = true;
    watchDeparture(this.#first, this);
  }

  /** A signal outlives what is begun under it: nothing stays with it for longer than needed. */
  #rest(): void {
    if (!this.#isListening || this.#others > 0 || (this.#watching?.length ?? 0) > 0) return;
    this.#isListening = false;
    if (this.#first !== undefined) unwatchDeparture(this.#first, this);
  }

  #stop(reason: unknown): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = { reason };
    this.stopped();
    for (const one of this.#watching?.splice(0) ?? []) one.depart(reason);
    this.#rest();
  }
}
