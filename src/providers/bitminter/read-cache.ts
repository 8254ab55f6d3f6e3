import { LRUCache } from 'lru-cache';
import { UpstreamError } from '../../errors.js';
import type { CallScope } from '../../upstream/http.js';
import { RebuiltMap } from '../../values/rebuilt-map.js';
import { untilDeparture } from './until-departure.js';
import { monotonicNow } from '../../values/clock.js';

/** A value with the moment it was read at. Values are frozen: many operations hold the same one. */
export interface Held<T> {
  readonly value: T;
  /** Epoch milliseconds. */
  readonly asOf: number;
  /** The same moment on the monotonic clock. */
  readonly readAt: number;
  /** Grows with each question to the upstream: of two answers the one with the greater order was asked for later. */
  readonly order: number;
}

/** An answer and how it was come by. */
export interface Shared<T> extends Held<T> {
  /** Whether somebody else, or an earlier read, had asked for it already. */
  readonly remembered: boolean;
  /** Whether it is past its time and stands in for an upstream that is down. */
  readonly stale: boolean;
}

/** What is read, for which key, and which earlier answers will do. */
export interface SharedRead<T> {
  /** Canonical path of the read. */
  readonly path: string;
  readonly scope: CallScope;
  /** Nothing that was asked for earlier will do, whatever happens. */
  readonly anew?: boolean;
  /** Whether an older answer may stand in while the upstream is down. */
  readonly staleOk?: boolean;
  /** Whether this value may be kept; every value may when not given. */
  readonly keep?: (value: T) => boolean;
  readonly load: (scope: CallScope) => Promise<T>;
}

/** One answer for all who ask for the same thing with the same credential, at once or within the time to live. */
export interface ReadCache {
  /** Rejects as `load` does, with the kind `timeout` at the scope's deadline, or with the reason of its signal. */
  get<T>(read: SharedRead<T>): Promise<Shared<T>>;
}

export interface ReadCacheOptions {
  /** What all keys begin with. */
  readonly provider: string;
  readonly baseUrl: string;
  /** Milliseconds; 0 = every read asks anew. */
  readonly ttlMs: number;
  /** Bound on one shared read, which no single asker may cut short. */
  readonly timeoutMs: number;
  /** Told of each read: whether a remembered answer did. */
  onLookup?(hit: boolean): void;
}

interface Flight {
  readonly answer: Promise<Held<unknown>>;
  readonly abort: AbortController;
  waiting: number;
}

const MAX_ENTRIES = 1_000;
const MAX_CHARACTERS = 32 * 1024 * 1024;
/** How long an answer may stand in for a pool that is down. */
const STALE_MS = 600_000;

export function createReadCache(options: ReadCacheOptions): ReadCache {
  const { provider, baseUrl, ttlMs, timeoutMs } = options;
  const entries = new LRUCache<string, Held<unknown>>({
    max: MAX_ENTRIES,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ value }) => (JSON.stringify(value) ?? '').length + 1,
  });
  const flights = new RebuiltMap<Flight>();
  let asked = 0;

  function begin<T>(key: string, { scope, load, keep, staleOk }: SharedRead<T>): Flight {
    const order = ++asked;
    const abort = new AbortController();
    const ask = async (): Promise<Held<T>> => {
      // On a scope of its own: whoever asks first may leave before the others do.
      const value = freeze(await load({ ...scope, signal: abort.signal, deadline: monotonicNow() + timeoutMs }));
      const held = { value, order, asOf: Date.now(), readAt: monotonicNow() };
      const ttl = staleOk ? Math.max(ttlMs, STALE_MS) : ttlMs;
      const later = (entries.peek(key)?.order ?? 0) > order;
      if (ttl > 0 && !later && keep?.(value) !== false) entries.set(key, held, { ttl });
      return held;
    };
    const answer = ask().finally(() => {
      forget(key, flight);
    });
    // Whoever waits hears of a failure; when all have left nobody does.
    answer.catch(() => undefined);
    const flight: Flight = { abort, answer, waiting: 0 };
    flights.set(key, flight);
    return flight;
  }

  function forget(key: string, flight: Flight): void {
    if (flights.get(key) === flight) flights.delete(key);
  }

  async function wait(key: string, flight: Flight, scope: CallScope): Promise<Held<unknown>> {
    flight.waiting += 1;
    try {
      return await untilDeparture(flight.answer, scope, provider);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        forget(key, flight);
        flight.abort.abort();
      }
    }
  }

  async function ask<T>(key: string, read: SharedRead<T>): Promise<Omit<Shared<unknown>, 'stale'>> {
    for (;;) {
      const flight = read.anew ? undefined : flights.get(key);
      if (!flight) return { ...(await wait(key, begin(key, read), read.scope)), remembered: false };
      try {
        return { ...(await wait(key, flight, read.scope)), remembered: true };
      } catch (error) {
        // The one who asked was refused by their own limits: that says nothing to the others.
        if (error instanceof UpstreamError || read.scope.signal?.aborted) throw error;
      }
    }
  }

  return {
    async get<T>(read: SharedRead<T>): Promise<Shared<T>> {
      const key = JSON.stringify(['v1', provider, baseUrl, read.scope.fingerprint, 'GET', read.path]);
      const held = read.anew ? undefined : entries.get(key);
      const hit = held !== undefined && held.readAt + ttlMs > monotonicNow();
      options.onLookup?.(hit);
      if (hit) return { ...(held as Held<T>), remembered: true, stale: false };
      try {
        return { ...((await ask(key, read)) as Omit<Shared<T>, 'stale'>), stale: false };
      } catch (error) {
        const last = read.staleOk && !read.anew && meansDown(error) ? entries.get(key) : undefined;
        if (!last || last.readAt + STALE_MS <= monotonicNow()) throw error;
        return { ...(last as Held<T>), remembered: true, stale: true };
      }
    },
  };
}

function meansDown(error: unknown): boolean {
  return error instanceof UpstreamError && ['unavailable', 'timeout', 'circuit_open'].includes(error.kind);
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}
