import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createEmbeddedState } from '../../../src/state/embedded.js';
import { createMemoryState } from '../../../src/state/memory.js';
import { createRedisState } from '../../../src/state/redis.js';
import { StateUnavailable, type Doubt, type State } from '../../../src/state/state.js';
import { startRedis } from '../../support/start-redis.js';
import { ofFolder, steady, type Calendar } from './calendar.js';

export const SECRET = 'a secret for tests only';

/** Where the state of one history lies, whatever lives begin and end over it. */
export interface Store {
  /** How many instances may work over it at once. */
  readonly instances: 1 | 2;
  /** What day it is for a cap. */
  readonly calendar: Calendar;
  /** The state as one life of a process opens it. */
  open(): Promise<State>;
  /** It comes back empty, where that can happen. */
  lose?(): Promise<void>;
  /** It throws out records and sums, where that can happen, and nobody is told. */
  evict?(): Promise<void>;
  close(): Promise<void>;
}
export type StoreKind = 'memory' | 'embedded' | 'redis';

/** Makes stores of one kind, one for each history. */
export interface Stores {
  create(): Promise<Store>;
  close(): Promise<void>;
}

const makers: Readonly<Record<StoreKind, () => Promise<Stores>>> = {
  async memory() {
    return {
      async create() {
        // One state of the test's for both instances and all their lives: what is promised of any store holds of it.
        const state = createMemoryState();
        const opened = Date.now();
        return {
          instances: 2,
          calendar: steady(() => opened),
          open: async () => ({ ...state, shared: true }),
          close: () => state.close(),
        };
      },
      async close() {},
    };
  },
  async embedded() {
    return {
      async create() {
        const folder = mkdtempSync(join(tmpdir(), 'headgate-money-'));
        return {
          instances: 1,
          calendar: ofFolder(),
          open: () => createEmbeddedState(folder, SECRET),
          close: async () => rmSync(folder, { recursive: true, force: true }),
        };
      },
      async close() {},
    };
  },
  async redis() {
    const redis = await startRedis();
    let lost = 0;
    /** By turns in a restart and while it runs on. */
    const lose = async (): Promise<void> => {
      lost += 1;
      if (lost % 2 === 0) return asAdmin(redis.url, (admin) => admin.flushall());
      await redis.kill();
      await redis.revive();
    };
    let used = false;
    return {
      async create() {
        if (used) await lose();
        used = true;
        return {
          instances: 2,
          // A Redis has a clock of its own, and it is right.
          calendar: steady(() => performance.timeOrigin + performance.now()),
          open: () => createRedisState(redis.url, SECRET, () => {}),
          lose,
          evict: () => asAdmin(redis.url, throwOut),
          async close() {},
        };
      },
      close: () => redis.stop(),
    };
  },
};
async function asAdmin(url: string, run: (admin: Redis) => Promise<unknown>): Promise<void> {
  const admin = new Redis(url);
  await run(admin);
  admin.disconnect();
}

async function throwOut(admin: Redis): Promise<void> {
  const places = [...(await admin.keys('headgate:*:record:*')), ...(await admin.keys('headgate:*:counter:*'))];
  if (places.length > 0) await admin.del(places);
}

export const startStores = (kind: StoreKind): Promise<Stores> => makers[kind]();

/** At which of its calls a state ends with its process, and whether that call still reached it. */
export interface End {
  readonly nth: number;
  readonly reached: boolean;
}

/** A state as one life of a process sees it. */
export interface MortalState extends State {
  /** Nothing reaches it any more, and no answer comes back. */
  die(): Promise<void>;
  /** Has it die at some call from now. */
  dieAt(end: End, onEnd: () => void): void;
  /** It cannot be asked; of calls that got lost on the way back some were carried out. */
  away: boolean;
  /** Why it cannot be trusted, beside its own reasons. */
  suspicion: Doubt | undefined;
}

export function mortal(state: State, close: () => Promise<void>): MortalState {
  let dead = false;
  let closing: Promise<void> | undefined;
  let calls = 0;
  const underWay = new Set<Promise<unknown>>();
  let end: (End & { readonly onEnd: () => void }) | undefined;
  const gone = (): never => {
    throw new StateUnavailable('the process has ended, or the store is away');
  };

  function through<A extends unknown[], R>(method: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      calls += 1;
      const ends = end !== undefined && calls === end.nth ? end : undefined;
      if (ends) {
        dead = true;
        ends.onEnd();
      }
      const wasAway = mortalState.away;
      if ((dead && ends?.reached !== true) || (wasAway && calls % 2 === 0)) gone();
      const asked = method(...args);
      underWay.add(asked);
      const answer = await asked.finally(() => underWay.delete(asked));
      return dead || wasAway ? gone() : answer;
    };
  }

  const { records, counters, leases } = state;
  const mortalState: MortalState = {
    ...state,
    records: {
      read: through((key) => records.read(key)),
      create: through((...args) => records.create(...args)),
      replace: through((...args) => records.replace(...args)),
      remove: through((...args) => records.remove(...args)),
    },
    counters: {
      add: through((...args) => counters.add(...args)),
      addToDay: through((...args) => counters.addToDay(...args)),
    },
    leases: {
      claim: through((...args) => leases.claim(...args)),
      note: through((...args) => leases.note(...args)),
      release: through((...args) => leases.release(...args)),
    },
    away: false,
    suspicion: undefined,
    doubt: () => state.doubt() ?? mortalState.suspicion,
    close: async () => {},
    die() {
      dead = true;
      return (closing ??= Promise.allSettled(underWay).then(close));
    },
    dieAt(at, onEnd) {
      calls = 0;
      end = { ...at, onEnd };
    },
  };
  return mortalState;
}
