import { connectRedis } from './redis-connection.js';
import { redisEvents } from './redis-events.js';
import { redisLeases } from './redis-leases.js';
import { createRedisNames } from './redis-names.js';
import { redisCounters, redisRecords } from './redis-records.js';
import { createSeal } from './seal.js';
import type { State, StateReport } from './state.js';

/** State in a Redis (7 or later, without eviction) that all instances with the same secret share. Does not wait for it. */
export function createRedisState(url: string, secret: string | Buffer, report: StateReport): State {
  const seal = createSeal(secret);
  const names = createRedisNames(seal);
  const connection = connectRedis(url, report);
  const leases = redisLeases(connection, names, seal);
  const events = redisEvents(connection, names, seal);
  return {
    records: redisRecords(connection, names, seal),
    counters: redisCounters(connection, names),
    leases,
    events,
    shared: true,
    availability: () => connection.availability(),
    instances: () => events.instances(),
    async close() {
      leases.close();
      events.close();
      await connection.close();
    },
  };
}
