import { answered, type RedisConnection } from './redis-connection.js';
import type { RedisNames } from './redis-names.js';
import type { Seal } from './seal.js';
import type { Events } from './state.js';

const COUNT_EVERY_MS = 10_000;

export interface RedisEvents extends Events {
  /** How many instances listen, as last counted; at least 1. */
  instances(): number;
  close(): void;
}

/** Events over Redis; the texts are sealed. */
export function redisEvents(connection: RedisConnection, names: RedisNames, seal: Seal): RedisEvents {
  const { listener } = connection;
  const ears = new Map<string, Set<(text: string) => void>>();
  let instances = 1;

  // What should be listened to is known here alone: a new connection starts from it.
  listener.on('ready', () => {
    void attempt(() => listener.subscribe(names.presence, ...ears.keys())).then(arrive);
  });
  connection.onReady(() => void arrive());
  listener.on('message', (place, sealed) => {
    if (place === names.presence) void count();
    const hearers = ears.get(place);
    const text = hearers && seal.open(sealed, place);
    if (text !== undefined) for (const hear of hearers ?? []) hear(text);
  });

  /** Has everybody count, this instance included. Tried when either connection is there, so it works out with the later one. */
  function arrive(): Promise<void> {
    return attempt(() => connection.command((redis) => redis.publish(names.presence, '')));
  }

  async function count(): Promise<void> {
    await attempt(async () => {
      const answer = await connection.command((redis) => redis.pubsub('NUMSUB', names.presence));
      instances = Math.max(1, Number(answer[1]));
    });
    // A connection that only listens would not notice that nobody is at the other end.
    await attempt(() => listener.ping());
  }
  const counting = setInterval(() => void count(), COUNT_EVERY_MS);
  counting.unref();

  return {
    async publish(channel, text) {
      const place = names.of('events', channel);
      await connection.command((redis) => redis.publish(place, seal.close(text, place)));
    },
    listen(channel, hear) {
      const place = names.of('events', channel);
      const hearers = ears.get(place) ?? new Set();
      // Wrapped, so that the same function may listen twice.
      const own = (text: string): void => hear(text);
      ears.set(place, hearers.add(own));
      return {
        // Subscribing again to what one is subscribed to is harmless, and its answer proves that texts are heard.
        began: attempt(() => listener.subscribe(place)),
        stop() {
          hearers.delete(own);
          if (hearers.size > 0 || ears.get(place) !== hearers) return;
          ears.delete(place);
          void attempt(() => listener.unsubscribe(place));
        },
      };
    },
    instances: () => instances,
    close: () => clearInterval(counting),
  };
}

/** Runs to its end, well or badly: a lost subscription is made again with the next connection. */
async function attempt(run: () => Promise<unknown>): Promise<void> {
  try {
    await answered(run());
  } catch {
    // Told by the connection that commands use.
  }
}
