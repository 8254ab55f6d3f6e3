import type { ExpiringMap } from './expiring-map.js';
import type { LeaseAnswer, LeaseClaim, LeaseNote, Leases, NoteAnswer, SeenNote } from './state.js';
import { monotonicNow } from '../values/clock.js';

/** A note as it lies there. */
export interface LyingNote {
  readonly version: number;
  readonly text: string;
  readonly leftAt: number;
}

/** Leases among the parts of one process. */
export function memoryLeases(owners: ExpiringMap<string>, notes: ExpiringMap<LyingNote>): Leases {
  let lastVersion = 0;

  function hold(owner: string, name: string, ttlMs: number): void {
    if (owners.get(name) === undefined) owners.add(name, owner, monotonicNow() + ttlMs);
    else owners.update(name, owner, monotonicNow() + ttlMs);
  }

  function claim(owner: string, { name, ttlMs, seen }: LeaseClaim): LeaseAnswer {
    const holder = owners.get(name);
    const held = holder === undefined || holder === owner;
    if (held) hold(owner, name, ttlMs);
    const remainingMs = (owners.expiryOf(name) ?? monotonicNow()) - monotonicNow();
    return { held, remainingMs, note: noteAt(name, seen) };
  }

  function noteAt(name: string, seen: number | undefined): SeenNote | undefined {
    const note = notes.get(name);
    return (
      note && {
        version: note.version,
        ageMs: monotonicNow() - note.leftAt,
        text: note.version === seen ? undefined : note.text,
      }
    );
  }

  function leave(owner: string, { name, ttlMs, text }: LeaseNote, noteTtlMs: number): NoteAnswer {
    if (owners.get(name) !== owner) return 'lost';
    hold(owner, name, ttlMs);
    const before = notes.get(name);
    const kept = text ?? before?.text;
    if (kept === undefined) return 'gone';
    const note: LyingNote = { version: (lastVersion += 1), text: kept, leftAt: monotonicNow() };
    if (before) notes.update(name, note, monotonicNow() + noteTtlMs);
    else notes.add(name, note, monotonicNow() + noteTtlMs);
    return note.version;
  }

  return {
    claim: async (owner, claims) => claims.map((one) => claim(owner, one)),
    note: async (owner, left, noteTtlMs) => left.map((one) => leave(owner, one, noteTtlMs)),
    async release(owner, names) {
      for (const name of names) if (owners.get(name) === owner) owners.delete(name);
    },
  };
}
