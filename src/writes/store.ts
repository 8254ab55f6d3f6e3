import type { Logger } from '../log.js';
import type { Records } from '../state/state.js';
import { type WriteRecord, parseRecord, writeRecord } from './record.js';
import { storeUnavailable } from './refusals.js';

export interface StoredRecord {
  readonly record: WriteRecord;
  readonly version: number;
  /** Since it was last written. */
  readonly ageMs: number;
}

/** The records of writes by their record key. Methods reject with IDEMPOTENCY_STORE_UNAVAILABLE, except `conclude`. */
export interface WriteStore {
  read(key: string): Promise<StoredRecord | undefined>;
  /** The version, or undefined when there is a record already. */
  create(key: string, record: WriteRecord): Promise<number | undefined>;
  /** The new version, or undefined when this one is not the newest any more. */
  replace(key: string, version: number, record: WriteRecord): Promise<number | undefined>;
  /** Forgets a run that sent nothing. A failure leaves the record to expire. */
  discard(key: string, version: number): Promise<void>;
  /**
   * Writes down how a sending ended; `version` is the one last held, if any. A known result goes over every open record,
   * an unknown end only over our own. Never rejects: the caller has the truth in hand, and an open record is read back later.
   */
  conclude(key: string, version: number | undefined, record: WriteRecord): Promise<void>;
}

/** Rounds of compare-and-replace before the other writers are left to it. */
const MAX_ROUNDS = 5;

export function createWriteStore(records: Records, log: Logger, ttlMs: number): WriteStore {
  async function guarded<T>(action: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      log.error('write_store_failed', { action, error: error instanceof Error ? error.name : typeof error });
      throw storeUnavailable();
    }
  }

  const store: WriteStore = {
    read: (key) =>
      guarded('read', async () => {
        const found = await records.read(key);
        return found && { record: parseRecord(found.value), version: found.version, ageMs: found.ageMs };
      }),
    create: (key, record) => guarded('create', () => records.create(key, writeRecord(record), ttlMs)),
    replace: (key, version, record) =>
      guarded('replace', () => records.replace(key, version, writeRecord(record), ttlMs)),
    async discard(key, version) {
      await guarded('remove', () => records.remove(key, version)).catch(() => undefined);
    },
    async conclude(key, version, record) {
      try {
        if (!(await settle(key, version, record))) log.warn('write_record_contended', { state: record.state });
      } catch {
        // Logged where it failed.
      }
    },
  };

  async function settle(key: string, version: number | undefined, record: WriteRecord): Promise<boolean> {
    let held = version;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (held !== undefined && (await store.replace(key, held, record)) !== undefined) return true;
      const found = await store.read(key);
      if (!found) {
        if ((await store.create(key, record)) !== undefined) return true;
      } else if (found.record.state === 'RESULT' || record.state !== 'RESULT') {
        return true;
      }
      held = found?.version;
    }
    return false;
  }

  return store;
}
