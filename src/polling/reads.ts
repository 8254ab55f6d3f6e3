import type { PollReading, PollSource } from './polling.js';

/** There is nothing to learn about this object right now. */
export const NO_NEWS: unique symbol = Symbol('no news');

/** What one look at one object told. */
export type Look<V> = PollReading<V> | typeof NO_NEWS;

/** When to look at an object again, where that is not for this poller alone to say. */
export interface Schedule {
  /** The interval at which the object was read, before what was learned from this reading. */
  readonly paceMs?: number | undefined;
  /** How old the reading is: so much of the next interval is over. */
  readonly ageMs: number;
  /** At the latest. */
  readonly withinMs: number;
}

/** How a poller comes by its readings: alone, or together with pollers of other instances. */
export interface Reads<V> {
  /** As a source's; what it says nothing about is a failure. */
  read(
    ids: readonly string[],
    known: ReadonlyMap<string, V>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Look<V>>>;
  /** For an object of the last read; undefined = at its own pace. */
  scheduleOf(id: string): Schedule | undefined;
  /** For how long nothing may be read at all. */
  holdMs(): number;
  /** Nobody here watches this object any more. */
  leave(id: string): void;
  /** Gives up everything; resolves when others may know. */
  close(): Promise<void>;
}

/** What a poller lends to its reads. */
export interface PollerSide<V> {
  /** Asks the source. */
  read(...args: Parameters<PollSource<V>['read']>): ReturnType<PollSource<V>['read']>;
  /** For how long the upstream does not want to be asked. */
  holdMs(): number;
  /** The interval of an object now. */
  paceOf(id: string): number;
  /** Takes note that others may have news of these objects. */
  hint(ids: readonly string[]): void;
}

/** Reads that concern nobody else. */
export function ownReads<V>(side: PollerSide<V>): Reads<V> {
  return {
    read: (ids, known, signal) => side.read(ids, known, signal),
    scheduleOf: () => undefined,
    holdMs: () => side.holdMs(),
    leave: () => undefined,
    close: () => Promise.resolve(),
  };
}
