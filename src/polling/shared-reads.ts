import type { LeaseAnswer } from '../state/state.js';
import { FleetLine, type Fleet } from './fleet.js';
import { readNote, tellTheSame, writeNote } from './notes.js';
import type { PollReading } from './polling.js';
import { NO_NEWS, type Look, type PollerSide, type Reads, type Schedule } from './reads.js';

/** The part that this instance plays in one object. */
interface Part {
  held: boolean;
  /** Version of the last note taken in, or left. */
  seen: number | undefined;
  /** What that note says. */
  text: string | undefined;
  /** Whether somebody else's first reading has been waited for. */
  waited: boolean;
}

const LEASE_FLOOR_MS = 3_000;
/** How long a newcomer waits for the first reading of whoever holds the object. */
const PATIENCE_MS = 1_000;
/** Share of an interval by which somebody else's reading may be late before it is looked for. */
const LATENESS = 0.25;
/** Share of an interval after which a reading is too old to stand for one of our own. */
const RIPE = 0.8;

/**
 * Reads each object on one instance for all: on the one that holds its lease, which watches it itself. The others learn
 * from the note that the holder leaves at the lease. A hint tells them to look at once; without one they look once per
 * interval and when the lease ends, so that a lost hint costs time and nothing else. Without the fleet, everything is read
 * here.
 */
export class SharedReads<V> implements Reads<V> {
  readonly #parts = new Map<string, Part>();
  readonly #schedules = new Map<string, Schedule>();
  readonly #line: FleetLine;

  constructor(
    sourceKey: string,
    private readonly fleet: Fleet,
    private readonly side: PollerSide<V>,
  ) {
    // Of what is held here nobody else can have news.
    this.#line = new FleetLine(fleet, sourceKey, (ids) => side.hint(ids.filter((id) => !this.#parts.get(id)?.held)));
  }

  async read(
    ids: readonly string[],
    known: ReadonlyMap<string, V>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Look<V>>> {
    this.#schedules.clear();
    const looks = new Map<string, Look<V>>();
    const own = await this.#divide(ids, known, looks);
    const holdMs = own.length > 0 ? this.side.holdMs() : 0;
    if (holdMs > 0) {
      for (const id of own) this.#wait(id, looks, { ageMs: 0, withinMs: holdMs });
    } else if (own.length > 0 && !signal.aborted) {
      await this.#readOwn(own, known, signal, looks);
    }
    return looks;
  }

  scheduleOf(id: string): Schedule | undefined {
    return this.#schedules.get(id);
  }

  /** Others may have news while the upstream does not want to be asked: `read` sees to both. */
  holdMs(): number {
    return 0;
  }

  leave(id: string): void {
    const part = this.#parts.get(id);
    this.#parts.delete(id);
    if (part?.held) this.#line.release(id);
  }

  close(): Promise<void> {
    for (const id of this.#parts.keys()) this.leave(id);
    return this.#line.close();
  }

  /** Says which objects are to be read here, and what is known of the others. */
  async #divide(
    ids: readonly string[],
    known: ReadonlyMap<string, V>,
    looks: Map<string, Look<V>>,
  ): Promise<readonly string[]> {
    const holdMs = this.side.holdMs();
    const claims = ids.map((id) => {
      const part = this.#parts.get(id) ?? { held: false, seen: undefined, text: undefined, waited: false };
      this.#parts.set(id, part);
      return { name: id, ttlMs: this.#leaseMs(id) + holdMs, seen: part.seen };
    });
    const answers = await this.#line.claim(claims);
    return ids.filter((id, index) => {
      const part = this.#parts.get(id);
      const answer = answers?.[index];
      if (part && answer) return this.#isOwn(id, part, answer, known.has(id), looks);
      if (part) {
        part.held = false;
        return true;
      }
      // Left meanwhile. Should it be watched again by now, then from the beginning.
      if (answer?.held) this.#line.release(id);
      this.#wait(id, looks, { ageMs: 0, withinMs: 0 });
      return false;
    });
  }

  #isOwn(
    id: string,
    part: Part,
    { held, remainingMs, note }: LeaseAnswer,
    isKnown: boolean,
    looks: Map<string, Look<V>>,
  ): boolean {
    const takenOver = held && !part.held;
    part.held = held;
    const withinMs = held ? Infinity : remainingMs;
    if (note?.text !== undefined) {
      const { reading, paceMs } = readNote<V>(note.text);
      if (isKnown || note.ageMs < paceMs) {
        part.seen = note.version;
        part.text = note.text;
        looks.set(id, reading);
        this.#schedules.set(id, { paceMs, ageMs: held ? note.ageMs : note.ageMs - paceMs * LATENESS, withinMs });
        return false;
      }
    }
    const paceMs = this.side.paceOf(id);
    if (held) {
      if (!takenOver || !isKnown || !note || note.ageMs >= paceMs * RIPE) return true;
      return this.#wait(id, looks, { ageMs: note.ageMs, withinMs });
    }
    if (isKnown) return this.#wait(id, looks, { ageMs: 0, withinMs: Math.min(withinMs, paceMs * LATENESS) });
    if (!note && !part.waited) {
      part.waited = true;
      return this.#wait(id, looks, { ageMs: 0, withinMs: Math.min(withinMs, PATIENCE_MS) });
    }
    // Nobody tells how it is now: read it here, without the right to tell others.
    part.seen = note?.version;
    return true;
  }

  /** Nothing to learn and nothing to read. */
  #wait(id: string, looks: Map<string, Look<V>>, schedule: Schedule): false {
    looks.set(id, NO_NEWS);
    this.#schedules.set(id, schedule);
    return false;
  }

  async #readOwn(
    ids: readonly string[],
    known: ReadonlyMap<string, V>,
    signal: AbortSignal,
    looks: Map<string, Look<V>>,
  ): Promise<void> {
    let readings: ReadonlyMap<string, PollReading<V>>;
    try {
      readings = await this.side.read(ids, known, signal);
    } catch (error) {
      if (looks.size === 0 || !(error instanceof Error)) throw error;
      for (const id of ids) looks.set(id, error);
      return;
    }
    const texts = new Map<string, string>();
    for (const id of ids) {
      const reading = readings.get(id);
      if (reading === undefined) continue;
      if (reading instanceof Error) {
        looks.set(id, reading);
        continue;
      }
      const text = writeNote(reading, this.side.paceOf(id));
      // Read back, so that a value is the same whichever instance read it.
      looks.set(id, readNote<V>(text).reading);
      if (this.#parts.get(id)?.held) texts.set(id, text);
    }
    if (texts.size > 0) await this.#tell(texts);
  }

  /** Leaves what was read for the others, and hints at what is new. */
  async #tell(texts: ReadonlyMap<string, string>): Promise<void> {
    const notes = [...texts].map(([id, text]) => ({
      name: id,
      ttlMs: this.#leaseMs(id),
      text: text === this.#parts.get(id)?.text ? undefined : text,
    }));
    const answers = (await this.#line.note(notes)) ?? [];
    const news: string[] = [];
    for (const [index, { name: id }] of notes.entries()) {
      const part = this.#parts.get(id);
      const text = texts.get(id);
      const answer = answers[index];
      if (typeof answer === 'number' && text !== undefined && !tellTheSame(text, part?.text)) news.push(id);
      if (!part) continue;
      if (answer === 'lost') part.held = false;
      part.seen = typeof answer === 'number' ? answer : part.seen;
      part.text = typeof answer === 'number' ? text : undefined;
    }
    await this.#line.hint(news);
  }

  /** Until after the next reading: the next interval may be half as long again, give or take the jitter. */
  #leaseMs(id: string): number {
    return Math.max(2 * this.side.paceOf(id), this.fleet.leaseFloorMs ?? LEASE_FLOOR_MS);
  }
}
