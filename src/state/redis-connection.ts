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
  /** Calls back each time commands can be sent again. */
  onReady(run: () => void): void;
  availability(): Availability;
  close(): Promise<void>;
}

/** Opens both connections in the background, and again whenever they break. */
export function connectRedis(url: string, report: StateReport): RedisConnection {
  const redis = new Redis(url, options);
  const listener = redis.duplicate();
  let availability: Availability = 'starting';
  let reason = 'closed';
  let lossTold = false;

  redis.on('error', (error) => {
    reason = reasonOf(error);
  });
  redis.on('ready', () => {
    availability = 'available';
    lossTold = false;
    report('state_reached', {});
    void warnOfEviction(redis, report);
  });
  redis.on('reconnecting', () => {
    if (availability === 'available') availability = 'lost';
    if (!lossTold) report('state_lost', { reason });
    lossTold = true;
  });
  listener.on('error', () => undefined);
  for (const connection of [redis, listener]) connection.connect().catch(() => undefined);

  const command = async <T>(send: (connection: Redis) => Promise<T>): Promise<T> => {
    try {
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
    onReady: (run) => void redis.on('ready', run),
    availability: () => availability,
    async close() {
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

/** A Redis that throws entries out when it is full would forget writes that were made. */
async function warnOfEviction(redis: Redis, report: StateReport): Promise<void> {
  try {
    const memory = await redis.info('memory');
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction';
    const limited = !/^maxmemory:0\s*$/m.test(memory);
    if (limited && policy !== 'noeviction') report('state_evicts', { policy });
  } catch {
    // Not every Redis tells.
  }
}
