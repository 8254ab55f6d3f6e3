import type { Records } from '../state/state.js';
import { storeUnavailable } from './write-errors.js';

/** Which object of the upstream's carries which marker, for looks that cannot find it in a list any more. */
export interface Notes {
  /** Never rejects. */
  write(marker: string, objectId: string): Promise<void>;
  /** Undefined when there is none. Rejects when nobody can tell: what is not known to be there must not be sent again. */
  read(marker: string): Promise<string | undefined>;
  /** Keeps what an answer named for a sending that people have freed: it may be its effect. Rejects when it cannot be kept. */
  keepNamed(marker: string, objectId: string): Promise<void>;
  /** For a sending that people have freed: what carries its marker, or else what was named for it. Rejects like `read`. */
  readFormer(marker: string): Promise<string | undefined>;
}

/** Answers show the same objects again and again; those written last need not be written anew. */
const REMEMBERED = 1_000;

export function createNotes(records: Records, ttlMs: number): Notes {
  const written = new Set<string>();
  const keyOf = (marker: string): string => `object:${marker}`;
  const namedKeyOf = (marker: string): string => `named:${marker}`;
  const valueOf = async (key: string): Promise<string | undefined> => {
    try {
      return (await records.read(key))?.value;
    } catch {
      throw storeUnavailable();
    }
  };
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
    read: (marker) => valueOf(keyOf(marker)),
    async keepNamed(marker, objectId) {
      try {
        await records.create(namedKeyOf(marker), objectId, ttlMs);
      } catch {
        throw storeUnavailable();
      }
    },
    readFormer: async (marker) => (await valueOf(keyOf(marker))) ?? valueOf(namedKeyOf(marker)),
  };
}
