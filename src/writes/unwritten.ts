import type { Logger } from '../log.js';
import type { RecordName } from './identity.js';
import type { WriteRecord } from './record.js';

/** How a sending ended that could not be written down. */
export interface End {
  readonly name: RecordName;
  /** The version of the record last held, if any. */
  readonly version: number | undefined;
  readonly record: WriteRecord;
  /** Whose record it goes over, also where that has another version by now. */
  readonly holder?: string | undefined;
}

/** Ends that the store was not there for: what an upstream answered is not forgotten because of that. */
export interface Unwritten {
  keep(end: End): void;
  /** The end of this key, if it is known here alone; written down first when that works again. */
  read(recordKey: string): Promise<End | undefined>;
  /** Tries to write all of them; false while something is left. */
  flush(): Promise<boolean>;
  /** Nothing is tried any more, since the store is about to close. */
  close(): void;
}

const RETRY_MS = 1_000;
/** Only what was under way when the store went away, and ends of made-up keys, can wait here. */
const MAX_ENDS = 100_000;

export function createUnwritten(write: (end: End) => Promise<unknown>, log: Logger): Unwritten {
  const ends = new Map<string, End>();
  let retry: NodeJS.Timeout | undefined;
  let flushing: Promise<boolean> | undefined;
  let closed = false;

  async function tryWrite(key: string, end: End): Promise<boolean> {
    try {
      await write(end);
    } catch {
      return false;
    }
    // A later end of the same key waits for its own turn.
    if (ends.get(key) === end) ends.delete(key);
    return true;
  }

  /** One after the other: the first that fails shows that the store is still away. */
  async function writeAll(): Promise<boolean> {
    for (const [key, end] of ends) if (!(await tryWrite(key, end))) return false;
    return ends.size === 0;
  }

  async function flush(): Promise<boolean> {
    const before = ends.size;
    const done = await (flushing ??= writeAll().finally(() => (flushing = undefined)));
    if (done && before > 0) log.info('write_records_caught_up', { count: before });
    if (!done) plan();
    return done;
  }

  function plan(): void {
    if (closed) return;
    retry ??= setTimeout(() => {
      retry = undefined;
      void flush();
    }, RETRY_MS).unref();
  }

  return {
    keep(end) {
      const { name, record } = end;
      if (ends.size >= MAX_ENDS && !ends.has(name.recordKey)) {
        log.error('write_record_lost', { state: record.state });
        return;
      }
      ends.set(name.recordKey, end);
      log.warn('write_record_waits', { state: record.state, count: ends.size });
      plan();
    },
    async read(recordKey) {
      const end = ends.get(recordKey);
      return end === undefined || (await tryWrite(recordKey, end)) ? undefined : end;
    },
    flush,
    close() {
      closed = true;
      clearTimeout(retry);
      retry = undefined;
    },
  };
}
