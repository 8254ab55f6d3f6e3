import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ForeignState, type RedisCheck } from './redis-connection.js';
import type { RedisNames } from './redis-names.js';
import type { Doubt, StateReport } from './state.js';

// Lies there as '<epoch> <fingerprint of the secret>', and never ends.
const IDENTIFY = `
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return { redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]) }
`;

const LOOK_EVERY_MS = 60_000;
/** While people wait for payouts to go on. */
const LOOK_AGAIN_MS = 2_000;

/** Whether the state in Redis is ours, whole, and safe from being thrown out. */
export interface RedisGuard extends RedisCheck {
  doubt(): Doubt | undefined;
  /** The epoch that this instance trusts; undefined before the first contact. */
  epoch(): string | undefined;
  /** Takes the epoch that is there now for good, for all instances; false when it was trusted already. */
  accept(redis: Redis): Promise<boolean>;
}

/**
 * A Redis that came back empty has another epoch than the one that this instance met first. From then on it is not trusted with
 * what must never be done twice, until an operator accepts that or the instance is started anew.
 */
export function createRedisGuard(names: RedisNames, fingerprint: string, report: StateReport): RedisGuard {
  let trusted: string | undefined;
  let found: string | undefined;
  let evicts: string | undefined;

  async function identify(redis: Redis): Promise<void> {
    const answer: unknown = await redis.eval(
      IDENTIFY,
      2,
      names.deployment,
      names.accepted,
      `${randomUUID()} ${fingerprint}`,
    );
    const [deployment, accepted]: readonly unknown[] = Array.isArray(answer) ? answer : [];
    const [epoch = '', theirs] = String(deployment).split(' ');
    if (theirs !== fingerprint) throw new ForeignState();
    const emptiedBefore = found !== trusted;
    found = epoch;
    if (trusted === undefined) trusted = epoch;
    else if (epoch !== trusted && accepted === epoch) {
      trusted = epoch;
      report('state_loss_accepted', {});
    } else if (epoch !== trusted && !emptiedBefore) report('state_emptied', {});
  }

  async function lookForEviction(redis: Redis): Promise<void> {
    const memory = await redis.info('memory').catch(() => '');
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction';
    const limited = /^maxmemory:\d+/m.test(memory) && !/^maxmemory:0\s*$/m.test(memory);
    const now = limited && policy !== 'noeviction' ? policy : undefined;
    if (now !== undefined && now !== evicts) report('state_evicts', { policy: now });
    evicts = now;
  }

  const doubt = (): Doubt | undefined => {
    if (trusted === undefined) return 'unchecked';
    if (found !== trusted) return 'emptied';
    return evicts === undefined ? undefined : 'evicts';
  };
  const look = async (redis: Redis): Promise<void> => {
    await identify(redis);
    await lookForEviction(redis);
  };

  return {
    look,
    intervalMs: () => (doubt() === undefined ? LOOK_EVERY_MS : LOOK_AGAIN_MS),
    doubt,
    epoch: () => trusted,
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
