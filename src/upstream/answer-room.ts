import type { Departing } from '../values/departure.js';
import type { Comer } from './bulkhead.js';

/** Shorter answers are as few as there are slots, and take no room to speak of. */
const COUNTED_BYTES = 131_072;

/**
 * Bounds the bytes that the long answers of one class of calls take: those that come in, and those that wait to be read. When
 * they are too many, the newest goes of whoever holds most; operators' go after everybody else's.
 */
export class AnswerRoom {
  private held = 0;
  /** Oldest first. */
  private readonly holdings = new Set<Holding>();

  constructor(private readonly mostBytes: number) {}

  /** Bytes held now. */
  get bytes(): number {
    return this.held;
  }

  /** A place for one answer; `refusal` is what it is refused with when there is no room. */
  holding(comer: Comer, refusal: () => Error): Holding {
    return new Holding(this, comer, refusal);
  }

  take(holding: Holding, bytes: number): void {
    this.holdings.add(holding);
    this.held += bytes;
    while (this.held > this.mostBytes) {
      const victim = this.victim();
      if (victim === undefined) return;
      victim.refuse();
    }
  }

  giveBack(holding: Holding, bytes: number): void {
    this.holdings.delete(holding);
    this.held -= bytes;
  }

  /** Of those that can still be refused; what is being read is read to its end. */
  private victim(): Holding | undefined {
    const all = [...this.holdings];
    const open = all.filter((one) => one.keeper !== undefined);
    const strangers = open.filter(({ comer }) => comer.byStranger);
    const those = strangers.length > 0 ? strangers : open;
    const heldBy = new Map<string, number>();
    for (const { comer, bytes } of all) heldBy.set(comer.caller, (heldBy.get(comer.caller) ?? 0) + bytes);
    const most = Math.max(...those.map(({ comer }) => heldBy.get(comer.caller) ?? 0));
    return those.findLast(({ comer }) => heldBy.get(comer.caller) === most);
  }
}

/** What one answer takes of the room. Whoever made it gives it back. */
export class Holding {
  private taken = 0;
  /** Has the answer in hand, and lets go of it when told; undefined while nobody is to let go. */
  keeper: Departing | undefined;

  constructor(
    private readonly room: AnswerRoom,
    readonly comer: Comer,
    private readonly refusal: () => Error,
  ) {}

  get bytes(): number {
    return this.taken;
  }

  /** It takes so much by now; its keeper may be told to let go before this returns. */
  hold(bytes: number): void {
    if (bytes <= COUNTED_BYTES && this.taken === 0) return;
    const more = bytes - this.taken;
    this.taken = bytes;
    this.room.take(this, more);
  }

  refuse(): void {
    const { keeper } = this;
    this.giveBack();
    keeper?.depart(this.refusal());
  }

  giveBack(): void {
    this.keeper = undefined;
    if (this.taken > 0) this.room.giveBack(this, this.taken);
    this.taken = 0;
  }
}
