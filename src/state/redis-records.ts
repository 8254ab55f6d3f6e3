import type { CheckedScripts } from './redis-checked.js';
import { VERSION_TTL_MS, type RedisNames } from './redis-names.js';
import type { Seal } from './seal.js';
import { QuotaExceeded, shareOf, type StoreLimits } from './quota.js';
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
  redis.call('SET', key, text, 'PX', ${VERSION_TTL_MS})
  return text
end
`;

// A document lies there as '<version> <caller> <sealed text>'; what each caller holds is listed by its end.
const READ = `
local document = redis.call('GET', KEYS[1])
if not document then return false end
local time = redis.call('TIME')
return { document, string.format('%.0f', time[1] * 1000000 + time[2]) }
`;

/** Defines `list`: puts a record among those of its caller, by its end (versions follow the clock). */
const LIST = `
local function list(place, record, version, ttl)
  redis.call('ZADD', place, string.format('%.0f', version + ttl * 1000), record)
  if redis.call('PTTL', place) < tonumber(ttl) then redis.call('PEXPIRE', place, ttl) end
end
`;

const CREATE = `${NEXT_VERSION}${LIST}
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local version = nextVersion(KEYS[#KEYS])
if ARGV[3] ~= '-' then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', version)
  if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[4]) then return 'full' end
  list(KEYS[2], KEYS[1], version, ARGV[2])
end
redis.call('SET', KEYS[1], version .. ' ' .. ARGV[3] .. ' ' .. ARGV[1], 'PX', ARGV[2])
return version
`;

const REPLACE = `${NEXT_VERSION}${LIST}
local document = redis.call('GET', KEYS[1])
if not document or string.match(document, '^%d+') ~= ARGV[1] then return false end
local version = nextVersion(KEYS[#KEYS])
local caller = string.match(document, '^%d+ (%S+) ') or '-'
if caller ~= '-' then list(ARGV[4] .. caller, KEYS[1], version, ARGV[3]) end
redis.call('SET', KEYS[1], version .. ' ' .. caller .. ' ' .. ARGV[2], 'PX', ARGV[3])
return version
`;

const REMOVE = `
local document = redis.call('GET', KEYS[1])
if not document or string.match(document, '^%d+') ~= ARGV[1] then return 0 end
local caller = string.match(document, '^%d+ (%S+) ') or '-'
if caller ~= '-' then redis.call('ZREM', ARGV[2] .. caller, KEYS[1]) end
return redis.call('DEL', KEYS[1])
`;

const ADD = `
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum
`;

// One clock for all instances; a day that is given is that of an earlier addition.
const ADD_TO_DAY = `
local day = ARGV[3]
if day == '' then day = string.format('%.0f', math.floor(redis.call('TIME')[1] / 86400)) end
local place = KEYS[1] .. ':' .. day
local sum = redis.call('INCRBY', place, ARGV[1])
if redis.call('PTTL', place) < 0 then redis.call('PEXPIRE', place, ARGV[2]) end
return { day, sum }
`;

/** Whose records are nobody's. */
const NOBODY = '-';

/** Records in Redis; the texts are sealed. */
export function redisRecords(scripts: CheckedScripts, names: RedisNames, seal: Seal, limits: StoreLimits): Records {
  const placeOf = (key: string) => names.of('record', key);
  const versionIn = (reply: unknown) => (typeof reply === 'string' ? Number(reply) : undefined);
  return {
    async read(key) {
      const place = placeOf(key);
      const reply = await scripts.run(READ, [place], []);
      if (!Array.isArray(reply)) return undefined;
      const [document, nowMicros] = reply.map(String);
      if (document === undefined) return undefined;
      const version = Number(document.slice(0, document.indexOf(' ')));
      const value = seal.open(document.slice(document.lastIndexOf(' ') + 1), place);
      // Taken for a missing one it would let a write be done twice.
      if (value === undefined) throw new StateUnavailable('a record cannot be opened with this secret');
      return { value, version, ageMs: Math.max(0, (Number(nowMicros) - version) / 1_000), orphaned: false };
    },
    async create(key, value, ttlMs, caller = '') {
      const place = placeOf(key);
      const holder = caller === '' ? NOBODY : seal.name(caller);
      const answer = await scripts.change(
        CREATE,
        [place, names.callers(holder)],
        [seal.close(value, place), Math.ceil(ttlMs), holder, shareOf(limits, caller).maxEntries],
      );
      if (answer === 'full') throw new QuotaExceeded('this caller holds its share of all records');
      return versionIn(answer);
    },
    async replace(key, version, value, ttlMs) {
      const place = placeOf(key);
      return versionIn(
        await scripts.change(
          REPLACE,
          [place],
          [String(version), seal.close(value, place), Math.ceil(ttlMs), names.callers('')],
        ),
      );
    },
    async remove(key, version) {
      return (await scripts.run(REMOVE, [placeOf(key)], [String(version), names.callers('')])) === 1;
    },
  };
}

/** Counters in Redis. */
export function redisCounters(scripts: CheckedScripts, names: RedisNames): Counters {
  return {
    async add(key, amount, ttlMs) {
      return Number(await scripts.run(ADD, [names.of('counter', key)], [amount, Math.ceil(ttlMs)]));
    },
    async addToDay(key, amount, ttlMs, day) {
      const place = names.of('counter', key);
      const reply = await scripts.run(ADD_TO_DAY, [place], [amount, Math.ceil(ttlMs), day ?? '']);
      const [ofDay, sum] = Array.isArray(reply) ? reply.map(Number) : [];
      if (ofDay === undefined || sum === undefined) throw new StateUnavailable('the shared state answers oddly');
      return { day: ofDay, sum };
    },
  };
}
