import { ExpiringMap } from './expiring-map.js';
import { memoryEvents } from './memory-events.js';
import { memoryLeases, type LyingNote } from './memory-leases.js';
import type { Counters, Doubt, Records, State } from './state.js';
import { dateFrom, dayOf, sumsOfDays } from './days.js';
import { monotonicNow } from '../values/clock.js';

export interface MemoryLimits {
  /** Records, counters, leases and notes held at once, each. */
  readonly maxEntries?: number;
  /** Characters in all records together. */
  readonly maxCharacters?: number;
}

interface Document {
  readonly value: string;
  readonly version: number;
  readonly writtenAt: number;
}

/** State of one process: gone when it ends. New entries are refused, and nothing alive is dropped, when a limit is reached. */
export function createMemoryState(
  { maxEntries = 400_000, maxCharacters = 128 * 1024 * 1024 }: MemoryLimits = {},
  doubt?: Doubt,
): State {
  const records = new ExpiringMap<Document>(maxEntries, maxCharacters);
  const counters = new ExpiringMap<number>(maxEntries);
  const owners = new ExpiringMap<string>(maxEntries);
  const notes = new ExpiringMap<LyingNote>(maxEntries);
  return {
    records: memoryRecords(records),
    counters: memoryCounters(counters),
    leases: memoryLeases(owners, notes),
    events: memoryEvents(),
    shared: false,
    kind: 'memory',
    doubt: () => doubt,
    acceptLoss: async () => false,
    availability: () => 'available',
    instances: () => 1,
    async close() {
      for (const map of [records, counters, owners, notes]) map.clear();
    },
  };
}

function memoryRecords(entries: ExpiringMap<Document>): Records {
  // One sequence for all keys: a version cannot come back after a removal.
  let lastVersion = 0;
  const next = (value: string): Document => ({ value, version: (lastVersion += 1), writtenAt: monotonicNow() });
  const has = (key: string, version: number): boolean => entries.get(key)?.version === version;
  return {
    async read(key) {
      const found = entries.get(key);
      return (
        found && {
          value: found.value,
          version: found.version,
          ageMs: monotonicNow() - found.writtenAt,
          orphaned: false,
        }
      );
    },
    async create(key, value, ttlMs, caller) {
      if (entries.get(key)) return undefined;
      const record = next(value);
      entries.add(key, record, monotonicNow() + ttlMs, key.length + value.length, caller);
      return record.version;
    },
    async replace(key, version, value, ttlMs) {
      if (!has(key, version)) return undefined;
      const record = next(value);
      entries.update(key, record, monotonicNow() + ttlMs, key.length + value.length);
      return record.version;
    },
    async remove(key, version) {
      if (!has(key, version)) return false;
      entries.delete(key);
      return true;
    },
  };
}

function memoryCounters(sums: ExpiringMap<number>): Counters {
  const date = dateFrom(Date.now());
  const add: Counters['add'] = async (key, amount, ttlMs) => {
    const before = sums.get(key);
    const expiresAt = sums.expiryOf(key);
    if (before === undefined || expiresAt === undefined) {
      sums.add(key, amount, monotonicNow() + ttlMs);
      return amount;
    }
    sums.update(key, before + amount, expiresAt);
    return before + amount;
  };
  return { add, addToDay: sumsOfDays(add, () => dayOf(date())) };
}
