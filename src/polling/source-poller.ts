import { UpstreamError } from '../errors.js';
import type { Logger } from '../log.js';
import type { Fleet } from './fleet.js';
import type { PollReading, PollSource } from './polling.js';
import { Misses } from './misses.js';
import { NO_NEWS, ownReads, type Look, type PollerSide, type Reads } from './reads.js';
import type { Rhythm } from './rhythm.js';
import { SharedReads } from './shared-reads.js';
import type { Subscription } from './subscription.js';
import { Watch } from './watch.js';
import { monotonicNow } from '../values/clock.js';

/** Who hears of what happens at a source. */
export interface Listeners {
  readonly log: Logger;
  readonly onRead: ((usable: boolean) => void) | undefined;
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

interface Reading {
  readonly ids: ReadonlySet<string>;
  readonly abort: AbortController;
  /** How many of the ids somebody still watches. */
  wanted: number;
}

/** Everything watched at one source: one timer, and one read at a time. */
export class SourcePoller<V> {
  readonly #watches = new Map<string, Watch<V>>();
  #timer: { readonly at: number; readonly handle: NodeJS.Timeout } | undefined;
  #reading: Reading | undefined;
  readonly #reads: Reads<V>;
  /** What a hint named while it was being read: the news may be later than the reading. */
  readonly #hinted = new Set<string>();
  readonly #misses: Misses;

  constructor(
    private readonly source: PollSource<V>,
    private readonly rhythm: Rhythm,
    private readonly listeners: Listeners,
    /** Told when nothing is watched and nothing is being read, with the promise that other instances may take over. */
    private readonly onIdle: (left: Promise<void>) => void,
    /** With whom the reading is shared; nobody when undefined. */
    fleet: Fleet | undefined,
  ) {
    this.#misses = new Misses(rhythm.goneAfterMs);
    const side: PollerSide<V> = {
      read: (ids, known, signal) => this.#readSource(ids, known, signal),
      holdMs: () => this.#holdMs(),
      paceOf: (id) => this.#watches.get(id)?.intervalMs ?? source.firstIntervalMs,
      hint: (ids) => this.hint(ids),
    };
    this.#reads = fleet ? new SharedReads(source.key, fleet, side) : ownReads(side);
  }

  get watched(): number {
    return this.#watches.size;
  }

  /** Lets a subscriber follow an object, watched already or from now on. */
  join(id: string, subscriber: Subscription<V>): void {
    (this.#watches.get(id) ?? this.#add(id)).join(subscriber);
  }

  /** Stops at once; resolves when other instances may take over. */
  stop(): Promise<void> {
    this.#watches.clear();
    this.#rest();
    return this.#reads.close();
  }

  /** There may be news of these objects: those that are watched are looked at now. */
  hint(ids: readonly string[]): void {
    const now = performance.now();
    for (const id of ids) {
      const watch = this.#watches.get(id);
      if (this.#reading?.ids.has(id)) this.#hinted.add(id);
      else if (watch) watch.due = now;
    }
    this.#planNext();
  }

  #add(id: string): Watch<V> {
    const due = performance.now() + this.rhythm.gatherMs;
    const watch = new Watch<V>(id, this.source, this.rhythm, due, (abandoned) => this.#drop(abandoned));
    this.#watches.set(id, watch);
    if (this.#reading?.ids.has(id)) this.#reading.wanted += 1;
    this.#wakeAt(due);
    return watch;
  }

  #drop(watch: Watch<V>): void {
    if (!this.#watches.delete(watch.id)) return;
    this.#misses.forget(watch.id);
    this.#reads.leave(watch.id);
    const reading = this.#reading;
    if (reading?.ids.has(watch.id)) {
      reading.wanted -= 1;
      if (reading.wanted === 0) reading.abort.abort();
    }
    if (this.#watches.size === 0) this.#rest();
  }

  /** Clears the timer; a read in flight is given up, and until it has settled no other begins. */
  #rest(): void {
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
    if (this.#reading) this.#reading.abort.abort();
    else this.onIdle(this.#reads.close());
  }

  #wakeAt(at: number): void {
    if (this.#reading || (this.#timer && this.#timer.at <= at)) return;
    clearTimeout(this.#timer?.handle);
    const delay = Math.ceil(Math.max(0, at - performance.now()));
    this.#timer = { at, handle: setTimeout(() => this.#tick(), Math.min(delay, LONGEST_TIMEOUT_MS)) };
  }

  #tick(): void {
    this.#timer = undefined;
    const now = performance.now();
    const holdMs = this.#reads.holdMs();
    if (holdMs > 0) return this.#wakeAt(now + holdMs);
    const ids = this.#pick(now);
    if (ids.length > 0) void this.#read(ids);
    else this.#planNext();
  }

  #planNext(): void {
    let earliest = Infinity;
    for (const watch of this.#watches.values()) earliest = Math.min(earliest, watch.due);
    if (earliest < Infinity) this.#wakeAt(earliest);
  }

  #holdMs(): number {
    try {
      return Math.max(0, this.source.notBefore() - monotonicNow());
    } catch (error) {
      this.#report('notBefore', error);
      return 0;
    }
  }

  /** What is due, and what may as well be read with it; nothing when nothing is due. */
  #pick(now: number): string[] {
    const ids: string[] = [];
    let due = false;
    for (const watch of this.#watches.values()) {
      due ||= watch.due <= now;
      if (watch.due - now <= watch.intervalMs * this.rhythm.slack) ids.push(watch.id);
    }
    return due ? ids : [];
  }

  async #read(ids: readonly string[]): Promise<void> {
    const reading: Reading = { ids: new Set(ids), abort: new AbortController(), wanted: ids.length };
    this.#reading = reading;
    const outcome = await this.#ask(ids, reading.abort.signal);
    this.#reading = undefined;
    if (!reading.abort.signal.aborted) this.#takeIn(ids, outcome);
    this.#hinted.clear();
    if (this.#watches.size === 0) this.#rest();
    else this.#planNext();
  }

  async #readSource(
    ...[ids, known, signal]: Parameters<PollSource<V>['read']>
  ): Promise<ReadonlyMap<string, PollReading<V>>> {
    let usable = false;
    try {
      const readings = await this.source.read(ids, known, signal);
      usable = true;
      return this.#believed(readings);
    } finally {
      if (!signal.aborted) this.listeners.onRead?.(usable);
    }
  }

  /** The readings, with what one look alone does not prove turned into a look that failed. */
  #believed(readings: ReadonlyMap<string, PollReading<V>>): ReadonlyMap<string, PollReading<V>> {
    const believed = new Map(readings);
    for (const [id, reading] of readings) {
      if (reading !== null) {
        if (!(reading instanceof Error)) this.#misses.forget(id);
      } else if (this.#isExpected(id) && !this.#misses.isGone(id)) {
        believed.set(id, new Error('this look did not find it'));
      }
    }
    return believed;
  }

  #isExpected(id: string): boolean {
    if (this.source.removed?.(id) === true) return false;
    return this.#watches.get(id)?.state !== undefined || this.source.expects?.(id) === true;
  }

  async #ask(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Look<V>> | Error> {
    const known = new Map<string, V>();
    for (const id of ids) {
      const state = this.#watches.get(id)?.state;
      if (state) known.set(id, state.value);
    }
    try {
      return await this.#reads.read(ids, known, signal);
    } catch (error) {
      if (!signal.aborted) this.#report('read', error);
      return asError(error);
    }
  }

  #takeIn(ids: readonly string[], outcome: ReadonlyMap<string, Look<V>> | Error): void {
    const now = performance.now();
    const stretch = 1 + (this.rhythm.random() * 2 - 1) * this.rhythm.jitter;
    const nextTick = this.#nextTickWithout(ids);
    for (const id of ids) {
      const watch = this.#watches.get(id);
      if (!watch) continue;
      const look = outcome instanceof Error ? outcome : outcome.get(id);
      const schedule = this.#reads.scheduleOf(id);
      if (schedule?.paceMs !== undefined) watch.intervalMs = schedule.paceMs;
      const pace = watch.state && watch.intervalMs;
      if (
        look !== NO_NEWS &&
        this.#learn(watch, look === undefined ? new Error('the read said nothing about this object') : look)
      ) {
        this.#watches.delete(id);
        this.#reads.leave(id);
        continue;
      }
      const wait = Math.min(watch.intervalMs * stretch, this.#misses.waitMs(id) ?? Infinity);
      watch.due = now + (schedule ? Math.max(0, Math.min(wait - schedule.ageMs, schedule.withinMs)) : wait);
      if (this.#hinted.has(id)) watch.due = now;
      // One early read brings an object that sets out anew in step with the rest; from then on they cost one read together.
      const setsOut =
        watch.state !== undefined && watch.intervalMs === this.source.firstIntervalMs && pace !== watch.intervalMs;
      if (setsOut && nextTick >= now + watch.intervalMs * this.rhythm.slack) watch.due = Math.min(watch.due, nextTick);
    }
  }

  /** When the next of the others is due that have been read before. */
  #nextTickWithout(ids: readonly string[]): number {
    const left = new Set(ids);
    let earliest = Infinity;
    for (const watch of this.#watches.values()) {
      if (watch.state && !left.has(watch.id)) earliest = Math.min(earliest, watch.due);
    }
    return earliest;
  }

  #learn(watch: Watch<V>, reading: PollReading<V>): boolean {
    try {
      return watch.learn(reading);
    } catch (error) {
      this.#report('judge', error);
      watch.fail(asError(error));
      return true;
    }
  }

  #report(step: string, error: unknown): void {
    // Only our own errors have messages that are fit for the log.
    const reason = error instanceof UpstreamError ? error.message : asError(error).name;
    if (step === 'read') this.listeners.log.debug('polling.read_failed', { reason, watched: this.#watches.size });
    else this.listeners.log.error('polling.source_broken', { step, reason });
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('something that is not an error was thrown');
}
