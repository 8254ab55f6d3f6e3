import type { StoreLimits } from './quota.js';
import { checkedScripts } from './redis-checked.js';
import { connectRedis } from './redis-connection.js';
import { redisEvents } from './redis-events.js';
import { createRedisGuard } from './redis-guard.js';
import { redisLeases } from './redis-leases.js';
import { createRedisNames } from './redis-names.js';
import { redisCounters, redisRecords } from './redis-records.js';
import { createSeal } from './seal.js';
import type { State, StateReport } from './state.js';

/** Of characters Redis keeps account itself: it takes nothing more when its memory is full. */
const LIMITS: StoreLimits = { maxEntries: 1_000_000, maxCharacters: Infinity };

/**
 * State in a Redis (7 or later, without eviction) that all instances share. Waits for the first attempt to reach it, not until
 * that works. Throws one line when the state there was made with another secret.
 */
export async function createRedisState(
  url: string,
  secret: string | Buffer,
  report: StateReport,
  limits: StoreLimits = LIMITS,
): Promise<State> {
  const seal = createSeal(secret);
  const names = createRedisNames(seal);
  const guard = createRedisGuard(names, seal.name('deployment'), report);
  const connection = connectRedis(url, guard, report);
  const scripts = checkedScripts(connection, guard, names);
  const leases = redisLeases(connection, names, seal);
  const events = redisEvents(connection, names, seal);
  const close = async (): Promise<void> => {
    leases.close();
    events.close();
    await connection.close();
  };
  try {
    await connection.firstContact;
  } catch (error) {
    await close();
    throw error;
  }
  return {
    records: redisRecords(scripts, names, seal, limits),
    counters: redisCounters(scripts, names),
    leases,
    events,
    shared: true,
    kind: 'redis',
    doubt: () => guard.doubt(),
    appendonly: () => guard.appendonly(),
    acceptLoss: () => connection.command((redis) => guard.accept(redis)),
    availability: () => connection.availability(),
    instances: () => events.instances(),
    close,
  };
}
