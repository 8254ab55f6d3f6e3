import { Redis, type RedisOptions } from 'ioredis';
import { StateUnavailable, type Availability, type StateReport } from './state.js';

/** Past this a command counts as failed; it may have been carried out. */
const COMMAND_TIMEOUT_MS = 500;
/**
 * A connection that is silent for this long after a command is replaced: commands fail at once until there is a new one.
 * Longer than this process itself may stand still, which would look the same.
 */
const SOCKET_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_RETRY_MS = 2_000;

// No command waits for a connection, and none is sent twice: whoever asked decides what is right without an answer.
const options: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  socketTimeout: SOCKET_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  keepAlive: 10_000,
  retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), LONGEST_RETRY_MS) * (0.75 + Math.random() / 2),
  // After a failover the old main server refuses to write; the address leads to the new one.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

/** Connections to one Redis: one for commands, one that listens. */
export interface RedisConnection {
  /** Runs a script; rejects with StateUnavailable for whatever reason it could not. */
  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  command<T>(send: (redis: Redis) => Promise<T>): Promise<T>;
  /** Only for subscribing: it takes no other commands. */
  readonly listener: Redis;
  /** Calls back each time this is known to be our state, and commands can be sent again. */
  onReady(run: () => void): void;
  /** Has a look now at whose state this is, and whether it is safe. Rejects with StateUnavailable when it cannot. */
  look(): Promise<void>;
  /** Resolves when the first attempt to reach it has ended, well or badly. Rejects when it is of another secret. */
  readonly firstContact: Promise<void>;
  availability(): Availability;
  close(): Promise<void>;
}

/** What is looked at whenever the Redis is reached, and from time to time. */
export interface RedisCheck {
  /** Rejects with ForeignState when the state there is of another secret. */
  look(redis: Redis): Promise<void>;
  /** How long until the next look. */
  intervalMs(): number;
}

/** The state there is of another secret. */
export class ForeignState extends Error {
  override readonly name = 'ForeignState';
  constructor() {
    super('HEADGATE_SECRET: is not the one that the state at REDIS_URL was made with');
  }
}

/** Opens both connections in the background, and again whenever they break. */
export function connectRedis(url: string, check: RedisCheck, report: StateReport): RedisConnection {
  const redis = new Redis(url, options);
  const listener = redis.duplicate();
  let availability: Availability = 'starting';
  let reason = 'closed';
  let lossTold = false;

  redis.on('error', (error) => {
    reason = reasonOf(error);
  });
  let usable = false;
  let looking: NodeJS.Timeout | undefined;
  const readers: (() => void)[] = [];
  let contacted: (end?: ForeignState) => void = () => {};
  const firstContact = new Promise<void>((resolve, reject) => {
    contacted = (end) => (end ? reject(end) : resolve());
  });
  // Whoever opens the state waits for it, unless it is closed before.
  firstContact.catch(() => undefined);

  const look = async (): Promise<void> => {
    try {
      await answered(check.look(redis));
    } catch (error) {
      if (error instanceof ForeignState) throw error;
      throw new StateUnavailable('the shared state does not answer');
    }
  };
  function planLook(): void {
    clearTimeout(looking);
    if (!usable) return;
    looking = setTimeout(
      () =>
        void look()
          .catch(() => undefined)
          .finally(planLook),
      check.intervalMs(),
    ).unref();
  }
  /** Nothing is asked of a Redis before it is known to be ours. */
  async function arrive(): Promise<void> {
    try {
      await look();
    } catch (error) {
      if (!(error instanceof ForeignState)) return redis.disconnect(true);
      report('state_foreign', {});
      return contacted(error);
    }
    usable = true;
    availability = 'available';
    lossTold = false;
    report('state_reached', {});
    contacted();
    planLook();
    for (const run of readers) run();
  }
  redis.on('ready', () => void arrive());
  redis.on('close', () => {
    usable = false;
    clearTimeout(looking);
  });
  redis.on('reconnecting', () => {
    if (availability === 'available') availability = 'lost';
    if (!lossTold) report('state_lost', { reason });
    lossTold = true;
    contacted();
  });
  listener.on('error', () => undefined);
  for (const connection of [redis, listener]) connection.connect().catch(() => undefined);

  const command = async <T>(send: (connection: Redis) => Promise<T>): Promise<T> => {
    try {
      if (!usable) throw new Error('not reached yet');
      return await answered(send(redis));
    } catch {
      // The library's messages name the address and the command.
      throw new StateUnavailable('the shared state does not answer');
    }
  };
  return {
    command,
    run: (script, keys, args) => command((connection) => connection.eval(script, keys.length, ...keys, ...args)),
    listener,
    onReady: (run) => void readers.push(run),
    look: () => look().finally(planLook),
    firstContact,
    availability: () => availability,
    async close() {
      usable = false;
      clearTimeout(looking);
      redis.disconnect();
      listener.disconnect();
    },
  };
}

/** Rejects when there is no answer in time. One that came while this process stood still is read before it is given up. */
export function answered<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(reject, new Error('no answer')), COMMAND_TIMEOUT_MS);
    const settle =
      <A>(how: (outcome: A) => void) =>
      (outcome: A): void => {
        clearTimeout(timer);
        how(outcome);
      };
    answer.then(settle(resolve), settle(reject));
  });
}

/** A word for the log: the error's code, or its kind; never its message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string') return code;
  return /^(NOAUTH|WRONGPASS|NOPERM|LOADING|READONLY|MASTERDOWN)\b/.exec(error.message)?.[1] ?? error.name;
}
