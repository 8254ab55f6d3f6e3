import type { Logger } from '../log.js';
import type { Doubt, Records } from '../state/state.js';
import type { RecordName } from './identity.js';
import { type KeptRecord, type WriteRecord, parseRecord, recordText } from './record.js';
import { quotaExceeded, storeInDoubt, storeUnavailable } from './write-errors.js';
import { createUnwritten, type End } from './unwritten.js';

export interface StoredRecord extends KeptRecord {
  readonly version: number;
  /** Since it was last written. */
  readonly ageMs: number;
  /** Nobody runs it any more, however young it is. */
  readonly orphaned: boolean;
}

/**
 * The records of writes. Methods reject with IDEMPOTENCY_STORE_UNAVAILABLE (IDEMPOTENCY_QUOTA_EXCEEDED for a new record of a
 * caller who holds too many), except `conclude`.
 */
export interface WriteStore {
  read(name: RecordName): Promise<StoredRecord | undefined>;
  /** The version, or undefined when there is a record already. */
  create(name: RecordName, record: WriteRecord): Promise<number | undefined>;
  /** The new version, or undefined when this one is not the newest any more. */
  replace(name: RecordName, version: number, record: WriteRecord): Promise<number | undefined>;
  /** Forgets a run that sent nothing; false when its record is somebody else's by now. A failure leaves it to expire. */
  discard(name: RecordName, version: number): Promise<boolean>;
  /**
   * Writes down how a sending ended; `version` is the one last held, if any, and `holder` whose it is if that is not the newest.
   * A known result goes over every open record, an unknown end only over our own, and none over a later generation of the key:
   * then it resolves to false. Never rejects: the caller has the truth in hand. What cannot be written now stays with this
   * process, answers `read`, and is written as soon as the store is back.
   */
  conclude(name: RecordName, version: number | undefined, record: WriteRecord, holder?: string): Promise<boolean>;
  /** Throws IDEMPOTENCY_STORE_UNAVAILABLE when this record must last and the store cannot be trusted with it. */
  vouch(name: RecordName): void;
  /** Tries once more to write down what could not be; false while something is left. */
  flush(): Promise<boolean>;
  /** Nothing that waits to be written down is tried any more. */
  close(): void;
}

export interface WriteStoreOptions {
  readonly records: Records;
  readonly log: Logger;
  /** How long a record is kept. */
  readonly ttlMs: number;
  /** How long one that must last is kept. */
  readonly lastingTtlMs: number;
  readonly doubt: () => Doubt | undefined;
}

const textOf = ({ generation }: RecordName, record: WriteRecord): string => recordText(record, generation);

/** Rounds of compare-and-replace before the other writers are left to it. */
const MAX_ROUNDS = 5;

export function createWriteStore({ records, log, ttlMs, lastingTtlMs, doubt }: WriteStoreOptions): WriteStore {
  const ttlOf = ({ lasting }: RecordName): number => (lasting ? Math.max(ttlMs, lastingTtlMs) : ttlMs);
  const unwritten = createUnwritten((end) => settle(end), log);

  async function guarded<T>(action: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Error && error.name === 'QuotaExceeded') throw quotaExceeded();
      log.error('write_store_failed', { action, error: error instanceof Error ? error.name : typeof error });
      throw storeUnavailable();
    }
  }

  const store: WriteStore = {
    async read(name) {
      const end = await unwritten.read(name.recordKey);
      if (end) {
        const {
          record,
          name: { generation },
          version = 0,
        } = end;
        return { record, generation, version, ageMs: 0, orphaned: false };
      }
      return guarded('read', async () => {
        const found = await records.read(name.recordKey);
        return found && { ...found, ...parseRecord(found.value) };
      });
    },
    create: (name, record) =>
      guarded('create', () => records.create(name.recordKey, textOf(name, record), ttlOf(name), name.caller)),
    replace: (name, version, record) =>
      guarded('replace', () => records.replace(name.recordKey, version, textOf(name, record), ttlOf(name))),
    async discard({ recordKey }, version) {
      return guarded('remove', () => records.remove(recordKey, version)).catch(() => false);
    },
    async conclude(name, version, record, holder) {
      const end = { name, version, record, holder };
      try {
        const settled = await settle(end);
        if (settled !== 'there') log.warn(`write_record_${settled}`, { state: record.state });
        return settled !== 'overtaken';
      } catch {
        // Logged where it failed.
        unwritten.keep(end);
        return true;
      }
    },
    vouch(name) {
      const why = name.lasting ? doubt() : undefined;
      if (why !== undefined) throw storeInDoubt(why);
    },
    flush: () => unwritten.flush(),
    close: () => unwritten.close(),
  };

  async function settle({ name, version, record, holder }: End): Promise<'there' | 'overtaken' | 'contended'> {
    let held = version;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (held !== undefined && (await store.replace(name, held, record)) !== undefined) return 'there';
      const found = await guarded('read', () => records.read(name.recordKey));
      if (found) {
        const { record: kept, generation } = parseRecord(found.value);
        if (generation > name.generation) return 'overtaken';
        const isOurs = holder !== undefined && 'holder' in kept && kept.holder === holder;
        if (!isOurs && (record.state !== 'RESULT' || kept.state === 'RESULT')) return 'there';
      } else if ((await store.create(name, record)) !== undefined) return 'there';
      held = found?.version;
    }
    return 'contended';
  }

  return store;
}
