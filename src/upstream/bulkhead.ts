import { unwatchDeparture, watchDeparture, type Departing } from './departure.js';
import { Fault } from './fault.js';

const queueLimit = 100;
const queuePatienceMs = 250;

interface Waiter extends Departing {
  /** Its turn: the slot is its own. */
  admit(): void;
}

/**
 * Bounds the attempts in flight. A short queue takes up bursts; whoever waits longer than it is worth is sent away, also
 * when no slot gets free at all (a queue that looks at its clock only when a slot is free would hold them).
 */
export class Bulkhead {
  private active = 0;
  private readonly queue = new Set<Waiter>();

  constructor(private readonly limit: number) {}

  /** Attempts that hold a slot now. */
  get inFlight(): number {
    return this.active;
  }

  /** Attempts that wait for one. */
  get queued(): number {
    return this.queue.size;
  }

  /** Takes a slot if fewer than `limit` are taken: the common case, without a promise. */
  tryEnter(limit = this.limit): boolean {
    if (this.active >= limit) return false;
    this.active += 1;
    return true;
  }

  /** Waits for a slot, no longer than `maxMs`; rejects with an `overloaded` Fault or the signal's reason. */
  wait(maxMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.queue.size >= queueLimit || maxMs <= 0) return Promise.reject(overloaded());
    return new Promise((resolve, reject) => {
      const end = () => {
        this.queue.delete(waiter);
        clearTimeout(timer);
        if (signal) unwatchDeparture(signal, waiter);
      };
      const waiter: Waiter = {
        admit() {
          end();
          resolve();
        },
        depart(reason) {
          end();
          reject(reason);
        },
      };
      const timer = setTimeout(() => waiter.depart(overloaded()), Math.min(maxMs, queuePatienceMs));
      if (signal) watchDeparture(signal, waiter);
      this.queue.add(waiter);
    });
  }

  /** Gives a slot back and lets in who waits, the longest waiting first, while fewer than `limit` are taken. */
  leave(limit = this.limit): void {
    this.active -= 1;
    for (const waiter of this.queue) {
      if (this.active >= limit) return;
      this.active += 1;
      waiter.admit();
    }
  }

  /** Sends everybody away who waits. */
  dismiss(reason: unknown): void {
    for (const waiter of this.queue) waiter.depart(reason);
  }
}

function overloaded(): Fault {
  return new Fault('overloaded', 'unsent');
}
