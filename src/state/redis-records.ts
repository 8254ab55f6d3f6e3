import type { RedisConnection } from './redis-connection.js';
import type { RedisNames } from './redis-names.js';
import type { Seal } from './seal.js';
import { StateUnavailable, type Counters, type Records } from './state.js';

/**
 * Defines `nextVersion`: above every version given before. It follows the clock, so that not even a Redis that lost its
 * memory gives one twice.
 */
export const NEXT_VERSION = `
local function nextVersion(key)
  local time = redis.call('TIME')
  local version = math.max(time[1] * 1000000 + time[2], tonumber(redis.call('GET', key) or 0) + 1)
  local text = string.format('%.0f', version)
  redis.call('SET', key, text, 'PX', 172800000)
  return text
end
`;

// A document lies there as '<version> <sealed text>'.
const READ = `
local document = redis.call('GET', KEYS[1])
if not document then return false end
local time = redis.call('TIME')
return { document, string.format('%.0f', time[1] * 1000000 + time[2]) }
`;

const CREATE = `${NEXT_VERSION}
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local version = nextVersion(KEYS[2])
redis.call('SET', KEYS[1], version .. ' ' .. ARGV[1], 'PX', ARGV[2])
return version
`;

const REPLACE = `${NEXT_VERSION}
local document = redis.call('GET', KEYS[1])
if not document or string.match(document, '^%d+') ~= ARGV[1] then return false end
local version = nextVersion(KEYS[2])
redis.call('SET', KEYS[1], version .. ' ' .. ARGV[2], 'PX', ARGV[3])
return version
`;

const REMOVE = `
local document = redis.call('GET', KEYS[1])
if not document or string.match(document, '^%d+') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;

const ADD = `
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum
`;

/** Records in Redis; the texts are sealed. */
export function redisRecords(connection: RedisConnection, names: RedisNames, seal: Seal): Records {
  const placeOf = (key: string) => names.of('record', key);
  const versionIn = (reply: unknown) => (typeof reply === 'string' ? Number(reply) : undefined);
  return {
    async read(key) {
      const place = placeOf(key);
      const reply = await connection.run(READ, [place], []);
      if (!Array.isArray(reply)) return undefined;
      const [document, nowMicros] = reply.map(String);
      if (document === undefined) return undefined;
      const space = document.indexOf(' ');
      const version = Number(document.slice(0, space));
      const value = seal.open(document.slice(space + 1), place);
      // Taken for a missing one it would let a write be done twice.
      if (value === undefined) throw new StateUnavailable('a record cannot be opened with this secret');
      return { value, version, ageMs: Math.max(0, (Number(nowMicros) - version) / 1_000) };
    },
    async create(key, value, ttlMs) {
      const place = placeOf(key);
      return versionIn(
        await connection.run(CREATE, [place, names.version], [seal.close(value, place), Math.ceil(ttlMs)]),
      );
    },
    async replace(key, version, value, ttlMs) {
      const place = placeOf(key);
      return versionIn(
        await connection.run(
          REPLACE,
          [place, names.version],
          [String(version), seal.close(value, place), Math.ceil(ttlMs)],
        ),
      );
    },
    async remove(key, version) {
      return (await connection.run(REMOVE, [placeOf(key)], [String(version)])) === 1;
    },
  };
}

/** Counters in Redis. */
export function redisCounters(connection: RedisConnection, names: RedisNames): Counters {
  return {
    async add(key, amount, ttlMs) {
      return Number(await connection.run(ADD, [names.of('counter', key)], [amount, Math.ceil(ttlMs)]));
    },
  };
}
