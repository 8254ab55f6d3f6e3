import { randomUUID } from 'node:crypto';
import type { RedisConnection } from './redis-connection.js';
import type { RedisNames } from './redis-names.js';
import { NEXT_VERSION } from './redis-records.js';
import type { Seal } from './seal.js';
import type { LeaseAnswer, LeaseClaim, LeaseNote, Leases, NoteAnswer, SeenNote } from './state.js';

// A holder is written as '<instance> <owner>'. Keys come in pairs, lease and note; a note lies there as a hash of its
// version and its sealed text.
const CLAIM = `
local time = redis.call('TIME')
local answers = { string.format('%.0f', time[1] * 1000000 + time[2]) }
local lives = {}
local function isAlive(holder)
  local instance = string.match(holder, '^%S+')
  if lives[instance] == nil then lives[instance] = redis.call('EXISTS', ARGV[#ARGV] .. instance) == 1 end
  return lives[instance]
end
for i = 1, #KEYS, 2 do
  local holder = redis.call('GET', KEYS[i])
  local held = not holder or holder == ARGV[1] or not isAlive(holder)
  local remaining = ARGV[i + 1]
  if held then redis.call('SET', KEYS[i], ARGV[1], 'PX', remaining) else remaining = redis.call('PTTL', KEYS[i]) end
  local version = redis.call('HGET', KEYS[i + 1], 'version')
  local text = version and version ~= ARGV[i + 2] and redis.call('HGET', KEYS[i + 1], 'text')
  answers[#answers + 1] = { held and 1 or 0, tonumber(remaining), version, text }
end
return answers
`;

const NOTE = `${NEXT_VERSION}
local answers = {}
local version = nextVersion(KEYS[#KEYS])
for i = 1, #KEYS - 1, 2 do
  local lease, note, text = KEYS[i], KEYS[i + 1], ARGV[i + 3]
  if redis.call('GET', lease) ~= ARGV[1] then
    answers[#answers + 1] = 'lost'
  else
    redis.call('PEXPIRE', lease, ARGV[i + 2])
    if text ~= '' then redis.call('HSET', note, 'text', text) end
    if redis.call('EXISTS', note) == 0 then
      answers[#answers + 1] = 'gone'
    else
      redis.call('HSET', note, 'version', version)
      redis.call('PEXPIRE', note, ARGV[2])
      answers[#answers + 1] = version
    end
  end
end
return answers
`;

const RELEASE = `
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end
end
return #KEYS
`;

/** So long after the last sign of life of its instance a name is free, even if it was taken for much longer. */
const LIFE_MS = 4_000;
const BEAT_MS = 1_000;

/** Names per script: Redis serves nobody else while one runs, and we nobody while we seal. */
const SLICE = 250;
const SLICES_AT_ONCE = 4;

export interface RedisLeases extends Leases {
  close(): void;
}

/** Leases in Redis; the notes are sealed. */
export function redisLeases(connection: RedisConnection, names: RedisNames, seal: Seal): RedisLeases {
  const instance = randomUUID();
  const holderOf = (owner: string) => `${instance} ${owner}`;
  const live = (): Promise<unknown> =>
    connection.command((redis) => redis.set(names.life + instance, '', 'PX', LIFE_MS));
  let beating: NodeJS.Timeout | undefined;
  let closed = false;
  /** Nothing is held by one that shows no life; later beats that get lost cost no more than the names. */
  async function comeToLife(): Promise<void> {
    if (beating !== undefined) return;
    await live();
    if (!closed) beating ??= setInterval(() => void live().catch(() => undefined), BEAT_MS).unref();
  }

  const pair = ({ name }: { readonly name: string }) => [names.of('lease', name), names.of('note', name)];

  async function claim(owner: string, claims: readonly LeaseClaim[]): Promise<readonly LeaseAnswer[]> {
    const args = claims.flatMap(({ ttlMs, seen }) => [Math.ceil(ttlMs), seen === undefined ? '' : String(seen)]);
    const [now, ...answers] = listIn(
      await connection.run(CLAIM, claims.flatMap(pair), [holderOf(owner), ...args, names.life]),
    );
    return answers.map((answer, index) => {
      const [held, remainingMs, version, text] = listIn(answer);
      const note = readNote(names.of('note', claims[index]?.name ?? ''), Number(now), version, text);
      return { held: held === 1, remainingMs: Math.max(0, Number(remainingMs)), note };
    });
  }

  function readNote(place: string, nowMicros: number, version: unknown, text: unknown): SeenNote | undefined {
    if (typeof version !== 'string') return undefined;
    const opened = typeof text === 'string' ? seal.open(text, place) : undefined;
    // One that does not open is none.
    if (typeof text === 'string' && opened === undefined) return undefined;
    return { version: Number(version), ageMs: Math.max(0, (nowMicros - Number(version)) / 1_000), text: opened };
  }

  async function note(owner: string, notes: readonly LeaseNote[], noteTtlMs: number): Promise<readonly NoteAnswer[]> {
    const args = notes.flatMap(({ name, ttlMs, text }) => [
      Math.ceil(ttlMs),
      text === undefined ? '' : seal.close(text, names.of('note', name)),
    ]);
    const answers = await connection.run(
      NOTE,
      [...notes.flatMap(pair), names.version],
      [holderOf(owner), Math.ceil(noteTtlMs), ...args],
    );
    return listIn(answers).map((answer) => (answer === 'lost' || answer === 'gone' ? answer : Number(answer)));
  }

  return {
    async claim(owner, claims) {
      await comeToLife();
      return bySlice(claims, (slice) => claim(owner, slice));
    },
    note: (owner, notes, noteTtlMs) => bySlice(notes, (slice) => note(owner, slice, noteTtlMs)),
    async release(owner, released) {
      const places = released.map((name) => names.of('lease', name));
      // All at once, so that no later claim of these names overtakes it.
      await Promise.all(slicesOf(places).map((slice) => connection.run(RELEASE, slice, [holderOf(owner)])));
    },
    close() {
      closed = true;
      clearInterval(beating);
    },
  };
}

function listIn(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}

function slicesOf<T>(items: readonly T[]): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / SLICE) }, (_, index) =>
    items.slice(index * SLICE, (index + 1) * SLICE),
  );
}

/** A few slices at a time, so that a long list neither waits for each answer nor keeps the event loop to itself. */
async function bySlice<T, R>(
  items: readonly T[],
  ask: (slice: readonly T[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const slices = slicesOf(items);
  const answers: R[] = [];
  for (let start = 0; start < slices.length; start += SLICES_AT_ONCE) {
    for (const some of await Promise.all(slices.slice(start, start + SLICES_AT_ONCE).map(ask))) answers.push(...some);
  }
  return answers;
}
