import { boundedCache } from '../values/bounded-cache.js';
import type { Seal } from './seal.js';

/** What a key or channel is for. */
type Kind = 'record' | 'counter' | 'lease' | 'note' | 'events';

/** So long after its last use the last version is kept: as good as for ever, since each look prolongs it. */
export const VERSION_TTL_MS = 400 * 86_400_000;

/** How keys and channels are called: apart from those of other deployments on the same Redis, and telling nothing. */
export interface RedisNames {
  of(kind: Kind, name: string): string;
  /** Where the epoch and the fingerprint of the secret lie; the same for every secret. */
  readonly deployment: string;
  /** Where the epoch lies whose losses an operator has accepted. */
  readonly accepted: string;
  /** What one caller holds, by its end. */
  callers(caller: string): string;
  /** Where the last version lies that was given to anything. */
  readonly version: string;
  /** Where an instance shows that it lives; followed by its name. */
  readonly life: string;
  /** The channel that every instance listens to, so that they can be counted. */
  readonly presence: string;
}

/** Names of leases are asked for at every poll of every object. */
const REMEMBERED = 20_000;

export function createRedisNames(seal: Seal): RedisNames {
  const prefix = `headgate:${seal.name('deployment').slice(0, 12)}`;
  const sealed = boundedCache<string>(REMEMBERED);
  const sealedName = (name: string): string => {
    const known = sealed.get(name);
    if (known !== undefined) return known;
    const made = seal.name(name);
    sealed.set(name, made);
    return made;
  };
  return {
    of: (kind, name) => `${prefix}:${kind}:${sealedName(name)}`,
    deployment: 'headgate:deployment',
    accepted: 'headgate:accepted',
    callers: (caller) => `${prefix}:caller:${caller}`,
    version: `${prefix}:version`,
    life: `${prefix}:life:`,
    presence: `${prefix}:presence`,
  };
}
