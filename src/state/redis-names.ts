import type { Seal } from './seal.js';

/** What a key or channel is for. */
type Kind = 'record' | 'counter' | 'lease' | 'note' | 'events';

/** How keys and channels are called: apart from those of other deployments on the same Redis, and telling nothing. */
export interface RedisNames {
  of(kind: Kind, name: string): string;
  /** Where the last version lies that was given to anything. */
  readonly version: string;
  /** The channel that every instance listens to, so that they can be counted. */
  readonly presence: string;
}

export function createRedisNames(seal: Seal): RedisNames {
  const prefix = `headgate:${seal.name('deployment').slice(0, 12)}`;
  return {
    of: (kind, name) => `${prefix}:${kind}:${seal.name(`${kind}:${name}`)}`,
    version: `${prefix}:version`,
    presence: `${prefix}:presence`,
  };
}
