import { LRUCache } from 'lru-cache';
import { UpstreamError } from '../../errors.js';
import type { CallScope } from '../../upstream/http.js';
import { monotonicNow } from '../../values/clock.js';
import { freezeAll } from '../../values/freeze.js';
import { JointReads } from '../../values/joint-reads.js';
import { nextTurn } from '../../values/next-turn.js';

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

const MAX_ENTRIES = 1_000;
/** Objects of a value that keeps others waiting. */
const MANY = 2_000;
const MAX_CHARACTERS = 32 * 1024 * 1024;
/** How long an answer may stand in for a pool that is down. */
const STALE_MS = 600_000;

export function createReadCache(options: ReadCacheOptions): ReadCache {
  const { provider, baseUrl, ttlMs, timeoutMs } = options;
  const entries = new LRUCache<string, Held<unknown>>({
    max: MAX_ENTRIES,
    maxSize: MAX_CHARACTERS,
  });
  const reads = new JointReads<Held<unknown>, CallScope>(saysNothingTo);
  let asked = 0;

  async function load<T>(key: string, read: SharedRead<T>, signal: AbortSignal): Promise<Held<T>> {
    const order = ++asked;
    const value = await read.load({ ...read.scope, signal, deadline: monotonicNow() + timeoutMs });
    const objects = freezeAll(value);
    const held = { value, order, asOf: Date.now(), readAt: monotonicNow() };
    const ttl = read.staleOk ? Math.max(ttlMs, STALE_MS) : ttlMs;
    const later = (entries.peek(key)?.order ?? 0) > order;
    if (ttl > 0 && !later && read.keep?.(value) !== false) {
      const size = (JSON.stringify(value) ?? '').length + 1;
      entries.set(key, held, { ttl, size });
    }
    // All this took its time; what is made of it takes its own.
    if (objects > MANY) await nextTurn();
    return held;
  }

  function late({ credential }: CallScope): UpstreamError {
    const operation = 'sharedRead';
    return new UpstreamError('timeout', { provider, operation, credential, delivery: 'unclear', detail: 'deadline' });
  }

  return {
    async get<T>(read: SharedRead<T>): Promise<Shared<T>> {
      const key = JSON.stringify(['v1', provider, baseUrl, read.scope.fingerprint, 'GET', read.path]);
      const held = read.anew ? undefined : entries.get(key);
      const hit = held !== undefined && held.readAt + ttlMs > monotonicNow();
      options.onLookup?.(hit);
      if (hit) return shared(held as Held<T>, true, false);
      try {
        const { scope, anew } = read;
        const begin = (signal: AbortSignal) => load(key, read, signal);
        const { answer, joined } = await reads.get(key, scope, () => late(scope), begin, anew);
        return shared(answer as Held<T>, joined, false);
      } catch (error) {
        const last = read.staleOk && !read.anew && meansDown(error) ? entries.get(key) : undefined;
        if (!last || last.readAt + STALE_MS <= monotonicNow()) throw error;
        return shared(last as Held<T>, true, true);
      }
    },
  };
}

/** A failure that is no pool's; and that there was no room for a stranger says nothing of the room for operators. */
function saysNothingTo(error: unknown, beginner: CallScope, waiter: CallScope): boolean {
  if (!(error instanceof UpstreamError)) return true;
  return error.kind === 'overloaded' && beginner.byStranger === true && waiter.byStranger !== true;
}

function shared<T>({ value, asOf, readAt, order }: Held<T>, remembered: boolean, stale: boolean): Shared<T> {
  return { value, asOf, readAt, order, remembered, stale };
}

function meansDown(error: unknown): boolean {
  return error instanceof UpstreamError && ['unavailable', 'timeout', 'circuit_open'].includes(error.kind);
}
