import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ForeignState, type RedisCheck } from './redis-connection.js';
import { VERSION_TTL_MS, type RedisNames } from './redis-names.js';
import type { Appendonly, Doubt, StateReport } from './state.js';

// Lies there as '<epoch> <fingerprint of the secret>', and never ends. Pairs of a deployment and its newest version follow: where
// one lies with an older version, the contents went back, and get an epoch of their own, so that all instances see it.
const IDENTIFY = `
local here = redis.call('GET', KEYS[1])
local version = tonumber(redis.call('GET', KEYS[3]) or 0)
local wentBack = false
for i = 2, #ARGV, 2 do
  if here == ARGV[i] and version < tonumber(ARGV[i + 1]) then wentBack = true end
end
if not here or wentBack then
  here = ARGV[1]
  redis.call('SET', KEYS[1], here)
end
redis.call('PEXPIRE', KEYS[3], ${VERSION_TTL_MS})
return { here, redis.call('GET', KEYS[2]), version }
`;

// What was thrown out is gone: the rest gets an epoch of its own, unless another instance has seen that already.
const RENAME = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end
`;

const LOOK_EVERY_MS = 60_000;
/** While people wait for payouts to go on. */
const LOOK_AGAIN_MS = 2_000;

/** Above every version: contents of an epoch that was left behind are never the newest again. */
const LEFT_BEHIND = Number.MAX_SAFE_INTEGER;

/** What the store has to hold while it is the one that this instance knows. */
export interface KnownStore {
  readonly deployment: string;
  /** The newest version that was given here, or seen. */
  readonly version: number;
}

/** Whether the state in Redis is ours, whole, and safe from being thrown out. */
export interface RedisGuard extends RedisCheck {
  doubt(): Doubt | undefined;
  appendonly(): Appendonly;
  /** The store as this instance found it; undefined before the first contact, and from a loss until the next look. */
  known(): KnownStore | undefined;
  /** Takes in a version that this store gave. */
  gave(store: KnownStore, version: number): void;
  /** This store is not there any more. True when that is news. */
  miss(store: KnownStore): boolean;
  /** Takes the epoch that is there now for good, for all instances; false when it was trusted already. */
  accept(redis: Redis): Promise<boolean>;
}

/** What of INFO tells whether entries may be thrown out, and whether any were; undefined where something of it is not told. */
function setUp(info: string): { limited: boolean; policy: string; evicted: number } | undefined {
  const limit = /^maxmemory:(\d+)/m.exec(info)?.[1];
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  const evicted = /^evicted_keys:(\d+)/m.exec(info)?.[1];
  if (limit === undefined || policy === undefined || evicted === undefined) return undefined;
  return { limited: Number(limit) > 0, policy, evicted: Number(evicted) };
}

/**
 * A Redis that lost something has another epoch than the one that this instance met first: one that is empty gets a new one, and so
 * does one that went back behind the newest version given here, or threw anything out. From then on it is not trusted with what
 * must never be done twice, until an operator accepts that or the instance is started anew.
 */
export function createRedisGuard(names: RedisNames, fingerprint: string, report: StateReport): RedisGuard {
  let trusted: string | undefined;
  let found: string | undefined;
  let evicts: string | undefined;
  /** Whether the last look saw how it is set up. What cannot be looked at is not believed, and clears nothing. */
  let seen = true;
  /** Entries that this Redis had thrown out, as it told at the last look. */
  let evicted: number | undefined;
  let appendonly: Appendonly = 'unknown';
  /** The newest version of each deployment that was met. */
  const versions = new Map<string, number>();

  const deploymentOf = (epoch: string): string => `${epoch} ${fingerprint}`;
  const learn = (deployment: string, version: number): void =>
    void versions.set(deployment, Math.max(version, versions.get(deployment) ?? 0));

  async function identify(redis: Redis): Promise<void> {
    const answer: unknown = await redis.eval(
      IDENTIFY,
      3,
      names.deployment,
      names.accepted,
      names.version,
      deploymentOf(randomUUID()),
      ...[...versions].flat(),
    );
    const [deployment, accepted, version]: readonly unknown[] = Array.isArray(answer) ? answer : [];
    const [epoch = '', theirs] = String(deployment).split(' ');
    if (theirs !== fingerprint) throw new ForeignState();
    const told = found !== trusted;
    found = epoch;
    learn(deploymentOf(epoch), Number(version));
    if (trusted === undefined) trusted = epoch;
    else if (epoch !== trusted && accepted === epoch) {
      learn(deploymentOf(trusted), LEFT_BEHIND);
      trusted = epoch;
      report('state_loss_accepted', {});
    } else if (epoch !== trusted && !told) report('state_emptied', {});
  }

  /** Whether anything was thrown out since the last look. */
  function threwOut(count: number): boolean {
    const before = evicted ?? count;
    evicted = count;
    return count > before;
  }

  /** Has all instances see that contents of this epoch are not whole any more. */
  async function leaveBehind(redis: Redis, epoch: string): Promise<void> {
    await redis.eval(RENAME, 1, names.deployment, deploymentOf(epoch), deploymentOf(randomUUID()));
    await identify(redis);
  }

  /** `accepted`: an operator has just accepted what is gone. */
  async function inspect(redis: Redis, accepted: boolean): Promise<void> {
    const info = await redis.info('memory', 'persistence', 'stats').catch((error: unknown) => {
      // A connection that broke is looked at again before anything is asked of it; what Redis denies stays denied.
      if (error instanceof Error && error.name === 'ReplyError') return '';
      throw error;
    });
    const set = setUp(info);
    if (set === undefined) {
      if (seen) report('state_unseen', { reason: 'INFO is not allowed' });
      seen = false;
    } else {
      seen = true;
      const now = set.limited && set.policy !== 'noeviction' ? set.policy : undefined;
      if (now !== undefined && now !== evicts) report('state_evicts', { policy: now });
      evicts = now;
      if (threwOut(set.evicted) && !accepted && found !== undefined && found === trusted)
        await leaveBehind(redis, found);
    }
    const log = /^aof_enabled:([01])/m.exec(info)?.[1];
    appendonly = log === undefined ? 'unknown' : log === '1' ? 'yes' : 'no';
  }

  const doubt = (): Doubt | undefined => {
    if (trusted === undefined) return 'unchecked';
    if (found !== trusted) return 'emptied';
    if (evicts !== undefined) return 'evicts';
    return seen ? undefined : 'unchecked';
  };
  const look = async (redis: Redis): Promise<void> => {
    const before = trusted;
    await identify(redis);
    await inspect(redis, before !== undefined && trusted !== before);
  };

  return {
    look,
    intervalMs: () => (doubt() === undefined ? LOOK_EVERY_MS : LOOK_AGAIN_MS),
    doubt,
    appendonly: () => appendonly,
    known() {
      if (found === undefined) return undefined;
      const deployment = deploymentOf(found);
      return { deployment, version: versions.get(deployment) ?? 0 };
    },
    gave: ({ deployment }, version) => learn(deployment, version),
    miss({ deployment }) {
      if (found === undefined || deployment !== deploymentOf(found)) return false;
      const told = found !== trusted;
      found = undefined;
      if (!told) report('state_emptied', {});
      return true;
    },
    async accept(redis) {
      await look(redis);
      const known = await redis.get(names.accepted);
      if (found === undefined || known === found) return false;
      await redis.set(names.accepted, found);
      await look(redis);
      return true;
    },
  };
}
