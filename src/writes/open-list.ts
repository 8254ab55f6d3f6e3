import type { Logger } from '../log.js';
import type { Records } from '../state/state.js';
import { hasFields } from './record.js';
import { storeUnavailable } from './write-errors.js';

/** A write in the list of those whose end is open. */
export interface OpenEntry {
  readonly recordKey: string;
  readonly marker: string;
  readonly provider: string;
  readonly operation: string;
}

/** The names of writes whose end is open: records themselves cannot be listed. It may hold some that have ended. */
export interface OpenList {
  /** Never rejects: a write is not refused because it cannot be listed. */
  add(entry: OpenEntry): Promise<void>;
  /** Never rejects. */
  remove(recordKey: string): Promise<void>;
  /** In no order. Rejects with IDEMPOTENCY_STORE_UNAVAILABLE. */
  entries(): Promise<readonly OpenEntry[]>;
}

/** Several small documents, so that writes at the same time seldom change the same one. */
const PARTS = 8;
/** Far more than can be under way at once; with more, only the newest are listed. */
const MAX_ENTRIES = 1_000;
const TTL_MS = 40 * 86_400_000;
const MAX_ROUNDS = 20;

export function createOpenList(records: Records, log: Logger): OpenList {
  const docOf = (recordKey: string): string =>
    `open:${Buffer.from(recordKey).reduce((sum, byte) => sum + byte, 0) % PARTS}`;

  async function change(
    recordKey: string,
    edit: (entries: readonly OpenEntry[]) => readonly OpenEntry[],
  ): Promise<void> {
    const doc = docOf(recordKey);
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const found = await records.read(doc);
      const before = found ? parse(found.value) : [];
      const after = edit(before).slice(-MAX_ENTRIES);
      if (after.length === before.length && after.every((entry, index) => entry === before[index])) return;
      const text = JSON.stringify(after);
      const version = found
        ? await records.replace(doc, found.version, text, TTL_MS)
        : await records.create(doc, text, TTL_MS);
      if (version !== undefined) return;
    }
    throw new Error('others change the list all the time');
  }

  const quietly = (action: string, changing: Promise<void>): Promise<void> =>
    changing.catch((error: unknown) =>
      log.warn('open_writes_not_listed', { action, error: error instanceof Error ? error.name : typeof error }),
    );

  return {
    add: (entry) =>
      quietly(
        'add',
        change(entry.recordKey, (entries) =>
          entries.some((one) => one.recordKey === entry.recordKey && one.marker === entry.marker)
            ? entries
            : [...entries.filter(({ recordKey }) => recordKey !== entry.recordKey), entry],
        ),
      ),
    remove: (gone) =>
      quietly(
        'remove',
        change(gone, (entries) => entries.filter(({ recordKey }) => recordKey !== gone)),
      ),
    async entries() {
      try {
        const docs = await Promise.all(Array.from({ length: PARTS }, (_, part) => records.read(`open:${part}`)));
        return docs.flatMap((found) => (found ? parse(found.value) : []));
      } catch {
        throw storeUnavailable();
      }
    },
  };
}

/** What cannot be understood is left out: the list only helps to find records, which are read strictly. */
function parse(text: string): readonly OpenEntry[] {
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? found.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is OpenEntry {
  return hasFields(value, { recordKey: 'string', marker: 'string', provider: 'string', operation: 'string' });
}
