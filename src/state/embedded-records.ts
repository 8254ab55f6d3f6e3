import type { Database } from 'lmdb';
import { dayOf, sumsOfDays } from './days.js';
import type { EmbeddedStore } from './embedded-store.js';
import { OutOfRoom } from './expiring-map.js';
import { QuotaExceeded, shareOf, type StoreLimits } from './quota.js';
import type { Seal } from './seal.js';
import { StateUnavailable, type Counters, type Records } from './state.js';

/** A record as it lies on disk. */
interface Document {
  readonly version: number;
  readonly sealed: string;
  readonly caller: string;
  readonly writtenAt: number;
  readonly expiresAt: number;
}

/** How much a caller, or all of them together, hold. */
interface Holding {
  readonly entries: number;
  readonly characters: number;
}

/** Documents whose time has come that a new one looks at; many more where room is short. */
const SWEEP_STEP = 16;
const LONGEST_SWEEP = 2_000;
/** The holding of all callers together. */
const ALL = '';

/** Records on disk; texts and names are sealed, and every change is on disk before it is answered. */
export function embeddedRecords(store: EmbeddedStore, seal: Seal, limits: StoreLimits): Records {
  const documents: Database<Document, string> = store.database('records');
  const holdings: Database<Holding, string> = store.database('callers');
  const ends = store.ends('records');

  const alive = (place: string): Document | undefined => {
    const document = documents.get(place);
    return document && document.expiresAt > store.now() ? document : undefined;
  };

  function hold(caller: string, entries: number, characters: number): void {
    for (const holder of new Set([ALL, caller])) {
      const before = holdings.get(holder) ?? { entries: 0, characters: 0 };
      const after = { entries: before.entries + entries, characters: before.characters + characters };
      if (after.entries > 0) holdings.putSync(holder, after);
      else holdings.removeSync(holder);
    }
  }

  function hasRoom(holder: string, { maxEntries, maxCharacters }: StoreLimits, characters: number): boolean {
    const held = holdings.get(holder) ?? { entries: 0, characters: 0 };
    return held.entries < maxEntries && held.characters + characters <= maxCharacters;
  }

  function makeRoom(caller: string, characters: number): void {
    const share = shareOf(limits, caller);
    const enough = (): boolean => hasRoom(caller, share, characters) && hasRoom(ALL, limits, characters);
    sweep(SWEEP_STEP);
    if (!enough()) sweep(LONGEST_SWEEP);
    if (!hasRoom(caller, share, characters)) throw new QuotaExceeded('this caller holds its share of all records');
    if (!hasRoom(ALL, limits, characters)) throw new OutOfRoom('no room for another record');
  }

  /** Removes documents whose time has come; one that was written anew meanwhile is looked at again at its new end. */
  function sweep(steps: number): void {
    for (const place of ends.due(steps)) {
      const document = documents.get(place);
      if (!document) continue;
      if (document.expiresAt > store.now()) ends.add(place, document.expiresAt);
      else drop(place, document);
    }
  }

  function put(place: string, caller: string, sealed: string, ttlMs: number): number {
    const version = store.nextVersion();
    const now = store.now();
    documents.putSync(place, { version, sealed, caller, writtenAt: now, expiresAt: now + ttlMs });
    hold(caller, 1, sealed.length);
    return version;
  }

  function drop(place: string, { caller, sealed }: Document): void {
    documents.removeSync(place);
    hold(caller, -1, -sealed.length);
  }

  return {
    async read(key) {
      const place = seal.name(key);
      const document = alive(place);
      if (!document) return undefined;
      const value = seal.open(document.sealed, place);
      // Taken for a missing one it would let a write be done twice.
      if (value === undefined) throw new StateUnavailable('a record cannot be opened with this secret');
      const orphaned = store.isFromEarlierLife(document.version);
      return { value, version: document.version, ageMs: store.age(document.writtenAt, orphaned), orphaned };
    },
    create(key, value, ttlMs, caller = '') {
      const place = seal.name(key);
      const sealed = seal.close(value, place);
      const name = caller === '' ? caller : seal.name(caller);
      return store.change(() => {
        if (alive(place)) return undefined;
        const dead = documents.get(place);
        if (dead) drop(place, dead);
        makeRoom(name, sealed.length);
        const version = put(place, name, sealed, ttlMs);
        ends.add(place, store.now() + ttlMs);
        return version;
      });
    },
    replace(key, version, value, ttlMs) {
      const place = seal.name(key);
      const sealed = seal.close(value, place);
      return store.change(() => {
        const before = alive(place);
        if (before?.version !== version) return undefined;
        drop(place, before);
        return put(place, before.caller, sealed, ttlMs);
      });
    },
    remove(key, version) {
      const place = seal.name(key);
      return store.change(() => {
        const before = alive(place);
        if (before?.version !== version) return false;
        drop(place, before);
        return true;
      });
    },
  };
}

/** A sum as it lies on disk. */
interface Sum {
  readonly sum: number;
  readonly expiresAt: number;
}

/** Counters on disk. */
export function embeddedCounters(store: EmbeddedStore, seal: Seal): Counters {
  const sums: Database<Sum, string> = store.database('counters');
  const ends = store.ends('counters');
  function sweep(): void {
    for (const place of ends.due(SWEEP_STEP)) {
      const sum = sums.get(place);
      if (sum && sum.expiresAt <= store.now()) sums.removeSync(place);
    }
  }
  const add: Counters['add'] = (key, amount, ttlMs) => {
    const place = seal.name(key);
    return store.change(() => {
      sweep();
      const found = sums.get(place);
      const before = found && found.expiresAt > store.now() ? found : undefined;
      const after = before
        ? { sum: before.sum + amount, expiresAt: before.expiresAt }
        : { sum: amount, expiresAt: store.now() + ttlMs };
      sums.putSync(place, after);
      if (!before) ends.add(place, after.expiresAt);
      return after.sum;
    });
  };
  const today = (): number => {
    const date = store.date();
    if (date === undefined) throw new StateUnavailable('the clock of this machine is in doubt');
    return dayOf(date);
  };
  return { add, addToDay: sumsOfDays(add, today) };
}
