import { UpstreamError } from '../errors.js';
import type { Logger } from '../log.js';
import { asError } from '../values/as-error.js';
import { monotonicNow } from '../values/clock.js';
import type { Fleet } from './fleet.js';
import { Intake } from './intake.js';
import { Misses } from './misses.js';
import type { PollReading, PollSource } from './polling.js';
import { ownReads, type Look, type PollerSide, type Reads } from './reads.js';
import type { Rhythm } from './rhythm.js';
import { SharedReads } from './shared-reads.js';
import type { Subscription } from './subscription.js';
import { Watch } from './watch.js';
import { Watches } from './watches.js';

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
  readonly #watches = new Watches<V>();
  #timer: { readonly at: number; readonly handle: NodeJS.Timeout } | undefined;
  #reading: Reading | undefined;
  readonly #reads: Reads<V>;
  /** What a hint named while it was being read: the news may be later than the reading. */
  readonly #hinted = new Set<string>();
  readonly #misses: Misses;
  readonly #intake: Intake<V>;

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
    this.#intake = new Intake({
      source,
      rhythm,
      watches: this.#watches,
      misses: this.#misses,
      reads: this.#reads,
      report: (step, error) => this.#report(step, error),
    });
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
    const now = monotonicNow();
    for (const id of ids) {
      const watch = this.#watches.get(id);
      if (this.#reading?.ids.has(id)) this.#hinted.add(id);
      else if (watch) watch.due = now;
    }
    this.#planNext();
  }

  #add(id: string): Watch<V> {
    const due = monotonicNow() + this.rhythm.gatherMs;
    const watch = new Watch<V>(id, this.source, this.rhythm, due, (abandoned) => this.#drop(abandoned));
    this.#watches.add(watch);
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
    const delay = Math.ceil(Math.max(0, at - monotonicNow()));
    this.#timer = { at, handle: setTimeout(() => this.#tick(), Math.min(delay, LONGEST_TIMEOUT_MS)) };
  }

  #tick(): void {
    this.#timer = undefined;
    const now = monotonicNow();
    const holdMs = this.#reads.holdMs();
    if (holdMs > 0) return this.#wakeAt(now + holdMs);
    const ids = this.#watches.pick(now, this.rhythm.slack);
    if (ids.length > 0) void this.#read(ids);
    else this.#planNext();
  }

  #planNext(): void {
    const earliest = this.#watches.earliest();
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

  async #read(ids: readonly string[]): Promise<void> {
    const reading: Reading = { ids: new Set(ids), abort: new AbortController(), wanted: ids.length };
    this.#reading = reading;
    const outcome = await this.#ask(ids, reading.abort.signal);
    this.#reading = undefined;
    if (!reading.abort.signal.aborted) this.#intake.takeIn(ids, outcome, this.#hinted);
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
      return this.#intake.believed(readings);
    } finally {
      if (!signal.aborted) this.listeners.onRead?.(usable);
    }
  }

  async #ask(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Look<V>> | Error> {
    try {
      return await this.#reads.read(ids, this.#watches.known(ids), signal);
    } catch (error) {
      if (!signal.aborted) this.#report('read', error);
      return asError(error);
    }
  }

  #report(step: string, error: unknown): void {
    // Only our own errors have messages that are fit for the log.
    const reason = error instanceof UpstreamError ? error.message : asError(error).name;
    if (step === 'read') this.listeners.log.debug('polling_read_failed', { reason, watched: this.#watches.size });
    else this.listeners.log.error('polling_source_broken', { step, reason });
  }
}
