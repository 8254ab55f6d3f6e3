/** Those who wait, of many callers: each caller's first in turn, so that whoever asks for much waits for himself. */
export class Rounds<T> {
  /** The caller whose turn it is comes first. */
  private readonly waiting = new Map<string, Set<T>>();

  add(caller: string, one: T): void {
    const others = this.waiting.get(caller);
    if (others) others.add(one);
    else this.waiting.set(caller, new Set([one]));
  }

  /** Takes one out who may have left already. */
  delete(caller: string, one: T): void {
    const others = this.waiting.get(caller);
    others?.delete(one);
    if (others?.size === 0) this.waiting.delete(caller);
  }

  /** Takes out whose turn it is. */
  next(): T | undefined {
    for (const [caller, [one]] of this.waiting) {
      if (one === undefined) continue;
      this.delete(caller, one);
      const others = this.waiting.get(caller);
      if (others) {
        this.waiting.delete(caller);
        this.waiting.set(caller, others);
      }
      return one;
    }
    return undefined;
  }
}
