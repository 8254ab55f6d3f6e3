import { MOST_WAITING } from '../values/call-room.js';
import { unwatchDeparture, watchDeparture, type Departing, type Presence } from '../values/departure.js';
import { noRoom } from './fault.js';

const QUEUE_PATIENCE_MS = 250;

/** Who wants a slot. */
export interface Comer {
  readonly caller: string;
  /** No operator asks: what such callers ask for may be slow by their choice. */
  readonly byStranger?: boolean | undefined;
}

interface Waiter extends Departing, Comer {
  /** Its turn: the slot is its own. */
  admit(): void;
}

/** How many attempts may be in flight: all together, of one caller, and of all who are no operators. */
export interface Room {
  readonly limit: number;
  readonly eachCaller: number;
  readonly strangers: number;
}

/**
 * Bounds the attempts in flight. A short queue takes up bursts; whoever waits longer than it is worth is sent away, also
 * when no slot gets free at all (a queue that looks at its clock only when a slot is free would hold them). A slot goes to
 * whose caller has the fewest, and a full queue makes room for a caller with fewer waiting: whoever asks for much waits for
 * himself. Some slots are for operators alone, whose calls move money.
 */
export class Bulkhead {
  private active = 0;
  private strangers = 0;
  /** By caller, of those who hold any. */
  private readonly held = new Map<string, number>();
  private readonly queue = new Set<Waiter>();

  constructor(private readonly room: Room) {}

  /** Attempts that hold a slot now. */
  get inFlight(): number {
    return this.active;
  }

  /** Attempts that wait for one. */
  get queued(): number {
    return this.queue.size;
  }

  /** Takes a slot if fewer than `limit` are taken: the common case, without a promise. */
  tryEnter(comer: Comer, limit = this.room.limit): boolean {
    if (this.active >= limit || this.heldBy(comer.caller) >= this.room.eachCaller || !this.isRoomFor(comer))
      return false;
    this.take(comer);
    return true;
  }

  /** Waits for a slot, no longer than `maxMs`; rejects with an `overloaded` Fault or the signal's reason. */
  wait({ caller, byStranger }: Comer, maxMs: number, signal?: Presence): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (maxMs <= 0 || (this.queue.size >= MOST_WAITING && !this.makeRoom(caller)))
      return Promise.reject(noRoom('unsent'));
    return new Promise((resolve, reject) => {
      const end = () => {
        this.queue.delete(waiter);
        clearTimeout(timer);
        if (signal) unwatchDeparture(signal, waiter);
      };
      const waiter: Waiter = {
        caller,
        byStranger,
        admit() {
          end();
          resolve();
        },
        depart(reason) {
          end();
          reject(reason);
        },
      };
      const timer = setTimeout(() => waiter.depart(noRoom('unsent')), Math.min(maxMs, QUEUE_PATIENCE_MS));
      if (signal) watchDeparture(signal, waiter);
      this.queue.add(waiter);
    });
  }

  /** Gives a slot back and lets in who waits while fewer than `limit` are taken. */
  leave({ caller, byStranger }: Comer, limit = this.room.limit): void {
    this.active -= 1;
    if (byStranger) this.strangers -= 1;
    const left = this.heldBy(caller) - 1;
    if (left <= 0) this.held.delete(caller);
    else this.held.set(caller, left);
    while (this.active < limit && this.queue.size > 0) {
      const next = this.nextInTurn();
      if (next === undefined) return;
      this.take(next);
      next.admit();
    }
  }

  /** Sends everybody away who waits. */
  dismiss(reason: unknown): void {
    for (const waiter of this.queue) waiter.depart(reason);
  }

  private heldBy(caller: string): number {
    return this.held.get(caller) ?? 0;
  }

  private isRoomFor({ byStranger }: Comer): boolean {
    return !byStranger || this.strangers < this.room.strangers;
  }

  private take({ caller, byStranger }: Comer): void {
    this.active += 1;
    if (byStranger) this.strangers += 1;
    this.held.set(caller, this.heldBy(caller) + 1);
  }

  /** Of those whose caller holds the fewest slots, whoever waits longest. */
  private nextInTurn(): Waiter | undefined {
    let next: Waiter | undefined;
    let fewest = this.room.eachCaller;
    for (const waiter of this.queue) {
      const held = this.heldBy(waiter.caller);
      if (held >= fewest || !this.isRoomFor(waiter)) continue;
      next = waiter;
      fewest = held;
    }
    return next;
  }

  /** Sends away the newest of the caller who has most waiting, if that is clearly more than this one has. */
  private makeRoom(caller: string): boolean {
    const waiting = new Map<string, number>();
    for (const waiter of this.queue) waiting.set(waiter.caller, (waiting.get(waiter.caller) ?? 0) + 1);
    const [most, count] = [...waiting].reduce((one, other) => (other[1] > one[1] ? other : one));
    if (count <= (waiting.get(caller) ?? 0) + 1) return false;
    [...this.queue].findLast((waiter) => waiter.caller === most)?.depart(noRoom('unsent'));
    return true;
  }
}
