import type { Records } from '../state/state.js';

/** Which object of the upstream's carries which marker, for looks that cannot find it in a list any more. */
export interface Notes {
  /** Never rejects. */
  write(marker: string, objectId: string): Promise<void>;
  /** Undefined when it is not known, or nobody can tell now. */
  read(marker: string): Promise<string | undefined>;
}

/** Answers show the same objects again and again; those written last need not be written anew. */
const REMEMBERED = 1_000;

export function createNotes(records: Records, ttlMs: number): Notes {
  const written = new Set<string>();
  const keyOf = (marker: string): string => `object:${marker}`;
  return {
    async write(marker, objectId) {
      if (written.has(marker)) return;
      try {
        await records.create(keyOf(marker), objectId, ttlMs);
      } catch {
        return;
      }
      written.add(marker);
      const [oldest] = written;
      if (written.size > REMEMBERED && oldest !== undefined) written.delete(oldest);
    },
    read: (marker) =>
      records.read(keyOf(marker)).then(
        (found) => found?.value,
        () => undefined,
      ),
  };
}
