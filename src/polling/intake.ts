import { asError } from '../values/as-error.js';
import { monotonicNow } from '../values/clock.js';
import type { Misses } from './misses.js';
import type { PollReading, PollSource } from './polling.js';
import { NO_NEWS, type Look, type Reads } from './reads.js';
import type { Rhythm } from './rhythm.js';
import type { Watch } from './watch.js';
import type { Watches } from './watches.js';

/** What belongs to one source's poller. */
export interface IntakeParts<V> {
  readonly source: PollSource<V>;
  readonly rhythm: Rhythm;
  readonly watches: Watches<V>;
  readonly misses: Misses;
  readonly reads: Reads<V>;
  /** Told of what the source throws. */
  readonly report: (step: string, error: unknown) => void;
}

/** Takes in what a read told of one source's objects: what is to be believed of it, what each watch learns, and when to look again. */
export class Intake<V> {
  constructor(private readonly parts: IntakeParts<V>) {}

  /** The readings, with what one look alone does not prove turned into a look that failed. */
  believed(readings: ReadonlyMap<string, PollReading<V>>): ReadonlyMap<string, PollReading<V>> {
    const { misses } = this.parts;
    const believed = new Map(readings);
    for (const [id, reading] of readings) {
      if (reading !== null) {
        if (!(reading instanceof Error)) misses.forget(id);
      } else if (this.#isExpected(id) && !misses.isGone(id)) {
        believed.set(id, new Error('this look did not find it'));
      }
    }
    return believed;
  }

  /** What was hinted at meanwhile is due at once: the news may be later than the reading. */
  takeIn(ids: readonly string[], outcome: ReadonlyMap<string, Look<V>> | Error, hinted: ReadonlySet<string>): void {
    const { source, rhythm, watches, misses, reads } = this.parts;
    const now = monotonicNow();
    const stretch = 1 + (rhythm.random() * 2 - 1) * rhythm.jitter;
    const nextTick = watches.earliestWithout(ids);
    for (const id of ids) {
      const watch = watches.get(id);
      if (!watch) continue;
      const look = outcome instanceof Error ? outcome : outcome.get(id);
      const schedule = reads.scheduleOf(id);
      if (schedule?.paceMs !== undefined) watch.intervalMs = schedule.paceMs;
      const pace = watch.state && watch.intervalMs;
      if (
        look !== NO_NEWS &&
        this.#learn(watch, look === undefined ? new Error('the read said nothing about this object') : look)
      ) {
        watches.delete(id);
        reads.leave(id);
        continue;
      }
      const wait = Math.min(watch.intervalMs * stretch, misses.waitMs(id) ?? Infinity);
      watch.due = now + (schedule ? Math.max(0, Math.min(wait - schedule.ageMs, schedule.withinMs)) : wait);
      if (hinted.has(id)) watch.due = now;
      // One early read brings an object that sets out anew in step with the rest; from then on they cost one read together.
      const setsOut =
        watch.state !== undefined && watch.intervalMs === source.firstIntervalMs && pace !== watch.intervalMs;
      if (setsOut && nextTick >= now + watch.intervalMs * rhythm.slack) watch.due = Math.min(watch.due, nextTick);
    }
  }

  #isExpected(id: string): boolean {
    const { source, watches } = this.parts;
    if (source.removed?.(id) === true) return false;
    return watches.get(id)?.state !== undefined || source.expects?.(id) === true;
  }

  /** True when this object is done. */
  #learn(watch: Watch<V>, reading: PollReading<V>): boolean {
    try {
      return watch.learn(reading);
    } catch (error) {
      this.parts.report('judge', error);
      watch.fail(asError(error));
      return true;
    }
  }
}
