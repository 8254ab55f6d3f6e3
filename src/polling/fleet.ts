import { randomUUID } from 'node:crypto';
import type { Events, LeaseAnswer, LeaseClaim, LeaseNote, Leases, Listening, NoteAnswer } from '../state/state.js';

/** What instances use to share their polls. */
export interface Fleet {
  readonly leases: Leases;
  readonly events: Events;
  /** The shortest time for which an instance is trusted with an object after each reading; 3 seconds by default. */
  readonly leaseFloorMs?: number;
}

/** Notes outlive the hold that they were left under, so that an end is told although its holder has gone. */
const NOTE_TTL_MS = 120_000;
const IDS_PER_HINT = 500;

/** One poller's line to the pollers of the same source on other instances. Nothing in it rejects. */
export class FleetLine {
  readonly #owner = randomUUID();
  readonly #channel: string;
  readonly #listening: Listening;
  readonly #leaving = new Set<string>();
  #closed = false;

  /** `hear` is told which objects others have news of, or gave up. */
  constructor(
    private readonly fleet: Fleet,
    sourceKey: string,
    hear: (ids: readonly string[]) => void,
  ) {
    this.#channel = `poll\0${sourceKey}`;
    this.#listening = fleet.events.listen(this.#channel, (text) => {
      const [owner, ...ids] = JSON.parse(text) as readonly string[];
      if (owner !== this.#owner) hear(ids);
    });
  }

  /** Who holds what; undefined when the fleet cannot be asked. */
  async claim(claims: readonly LeaseClaim[]): Promise<readonly LeaseAnswer[] | undefined> {
    try {
      await this.#listening.began;
      return await this.fleet.leases.claim(
        this.#owner,
        claims.map((claim) => ({ ...claim, name: this.#leaseOf(claim.name) })),
      );
    } catch {
      return undefined;
    }
  }

  /** Leaves notes at what is held; undefined when that cannot be done now. */
  async note(notes: readonly LeaseNote[]): Promise<readonly NoteAnswer[] | undefined> {
    const longest = notes.reduce((most, { ttlMs }) => Math.max(most, ttlMs), 0);
    try {
      return await this.fleet.leases.note(
        this.#owner,
        notes.map((note) => ({ ...note, name: this.#leaseOf(note.name) })),
        Math.max(NOTE_TTL_MS, 2 * longest),
      );
    } catch {
      return undefined;
    }
  }

  /** Tells the others where to look; a hint may be lost. */
  async hint(ids: readonly string[]): Promise<void> {
    const hints: Promise<void>[] = [];
    for (let start = 0; start < ids.length; start += IDS_PER_HINT) {
      hints.push(
        this.fleet.events.publish(
          this.#channel,
          JSON.stringify([this.#owner, ...ids.slice(start, start + IDS_PER_HINT)]),
        ),
      );
    }
    await Promise.allSettled(hints);
  }

  /** Gives up a lease, together with what else is given up right now. */
  release(id: string): void {
    if (this.#leaving.size === 0) queueMicrotask(() => void this.#releaseAll());
    this.#leaving.add(id);
  }

  /** Hangs up; resolves when what was released is free. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listening.stop();
    await this.#releaseAll();
  }

  async #releaseAll(): Promise<void> {
    const ids = [...this.#leaving];
    this.#leaving.clear();
    if (ids.length === 0) return;
    try {
      await this.fleet.leases.release(
        this.#owner,
        ids.map((id) => this.#leaseOf(id)),
      );
    } catch {
      // They end by themselves.
      return;
    }
    await this.hint(ids);
  }

  #leaseOf(id: string): string {
    return `${this.#channel}\0${id}`;
  }
}
