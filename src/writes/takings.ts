import type { Logger } from '../log.js';
import type { Records } from '../state/state.js';
import { keyHash, type WriteIdentity } from './identity.js';

/** Which object of an upstream's which key has got: where an upstream shows no markers, nothing else keeps one from two keys. */
export interface Takings {
  /** Takes an object for this key. False when another has it, or nobody can tell. Never rejects. */
  take(provider: string, object: string, id: WriteIdentity): Promise<boolean>;
  /** Those of the objects that other keys have; undefined when nobody can tell. Never rejects. */
  takenByOthers(
    provider: string,
    objects: readonly string[],
    id: WriteIdentity,
  ): Promise<ReadonlySet<string> | undefined>;
}

/** A key that is sent again may ask for what came into being long after its first sending. */
const LIVES = 2;

export function createTakings(records: Records, ttlMs: number, lastingTtlMs: number, log: Logger): Takings {
  const nameOf = (provider: string, object: string): string => `taken:${provider}:${keyHash(object)}`;

  async function guarded<T, F>(run: () => Promise<T>, otherwise: F): Promise<T | F> {
    try {
      return await run();
    } catch (error) {
      log.warn('write_takings_unknown', { error: error instanceof Error ? error.name : typeof error });
      return otherwise;
    }
  }

  return {
    take: (provider, object, { marker, caller, lasting }) =>
      guarded(async () => {
        const name = nameOf(provider, object);
        const known = await records.read(name);
        if (known) return known.value === marker;
        const lifeMs = lasting ? lastingTtlMs : LIVES * ttlMs;
        // Room of its own: whoever makes many objects shall not run out of keys for that.
        if ((await records.create(name, marker, lifeMs, `taken:${caller}`)) !== undefined) return true;
        return (await records.read(name))?.value === marker;
      }, false),
    takenByOthers: (provider, objects, { marker }) =>
      guarded(async () => {
        const taken = await Promise.all(
          objects.map(async (object) => {
            const found = await records.read(nameOf(provider, object));
            return found !== undefined && found.value !== marker ? [object] : [];
          }),
        );
        return new Set(taken.flat());
      }, undefined),
  };
}
