import { embeddedCounters, embeddedRecords } from './embedded-records.js';
import { openEmbeddedStore } from './embedded-store.js';
import { ExpiringMap } from './expiring-map.js';
import { memoryEvents } from './memory-events.js';
import { memoryLeases, type LyingNote } from './memory-leases.js';
import type { StoreLimits } from './quota.js';
import { createSeal } from './seal.js';
import type { State, StateReport } from './state.js';

const EMBEDDED_LIMITS: StoreLimits = { maxEntries: 1_000_000, maxCharacters: 2 ** 31 };
const MAX_LEASES = 100_000;

/**
 * State of the one process that works with a folder: records and counters survive its end, however it ends. Leases and events
 * are for what runs, and end with it. Throws one line when another process works there, or for another secret.
 */
export async function createEmbeddedState(
  folder: string,
  secret: string | Buffer,
  report: StateReport = () => undefined,
  limits: StoreLimits = EMBEDDED_LIMITS,
): Promise<State> {
  const seal = createSeal(secret);
  const store = await openEmbeddedStore(folder, seal.name('deployment'), report);
  const owners = new ExpiringMap<string>(MAX_LEASES);
  const notes = new ExpiringMap<LyingNote>(MAX_LEASES);
  return {
    records: embeddedRecords(store, seal, limits),
    counters: embeddedCounters(store, seal),
    leases: memoryLeases(owners, notes),
    events: memoryEvents(),
    shared: false,
    kind: 'embedded',
    availability: () => 'available',
    doubt: () => (store.date() === undefined ? 'clock' : undefined),
    acceptLoss: () => store.acceptDate(),
    instances: () => 1,
    close: () => store.close(),
  };
}
