import { buildConnector, Pool, type Dispatcher } from 'undici';
import type { HttpSettings } from './http.js';
import { skipInterimAnswers } from './interim-answers.js';

/** The sockets to one origin. Nothing here redirects, retries, caches or shares: those are decided per call, above. */
export interface Sockets {
  /** Kept alive, one request at a time each. */
  readonly reused: Dispatcher;
  /** Closed after each answer, so that nothing an upstream sent too much can be taken for the next answer. */
  readonly fresh: Dispatcher;
  /** Takes no further request on the sockets that are open now; those under way finish. */
  discard(): void;
}

/** Keeps one pair of pools per origin. */
export interface Dispatchers {
  to(origin: string): Sockets;
  /** Destroys every socket; requests under way fail. */
  close(): Promise<void>;
}

type PoolSettings = Pick<HttpSettings, 'connectTimeoutMs' | 'upstreamMaxBytes'>;

/** Makes pools as origins are asked for; a dispatcher handed in serves all of them instead (and is not closed). */
export function createDispatchers(settings: PoolSettings, given?: Dispatcher): Dispatchers {
  const origins = new Map<string, PooledSockets>();
  const shared: Sockets | undefined = given && { reused: given, fresh: given, discard() {} };
  return {
    to(origin) {
      if (shared) return shared;
      let sockets = origins.get(origin);
      if (!sockets) origins.set(origin, (sockets = new PooledSockets(origin, settings)));
      return sockets;
    },
    async close() {
      await Promise.all([...origins.values()].map((sockets) => sockets.destroy()));
    },
  };
}

class PooledSockets implements Sockets {
  reused: Pool;
  readonly fresh: Pool;
  private readonly retired = new Set<Pool>();

  constructor(
    private readonly origin: string,
    private readonly settings: PoolSettings,
  ) {
    this.reused = this.pool(1);
    this.fresh = this.pool(0);
  }

  discard(): void {
    const old = this.reused;
    this.reused = this.pool(1);
    this.retired.add(old);
    // Only a pool that is closed or destroyed already refuses, and then there is nothing left to close.
    old
      .close()
      .catch(() => {})
      .finally(() => this.retired.delete(old));
  }

  async destroy(): Promise<void> {
    await Promise.all([this.reused, this.fresh, ...this.retired].map((pool) => pool.destroy()));
  }

  private pool(pipelining: 0 | 1): Pool {
    return new Pool(this.origin, {
      pipelining,
      connect: connector(this.settings.connectTimeoutMs),
      // Attempts bring their own clock; the library's would be two more timers each.
      headersTimeout: 0,
      bodyTimeout: 0,
      // A second net below the cap on decoded bodies: it sees what comes over the wire.
      maxResponseSize: this.settings.upstreamMaxBytes,
    });
  }
}

function connector(timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout, rejectUnauthorized: true });
  return (options, callback) =>
    connect(options, (...outcome) => {
      const [, socket] = outcome;
      if (socket) skipInterimAnswers(socket);
      callback(...outcome);
    });
}
