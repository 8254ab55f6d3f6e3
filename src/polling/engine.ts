import type { Logger } from '../log.js';
import type { Fleet } from './fleet.js';
import { createHandOut } from './hand-out.js';
import type { Polling, PollSource, PollStream } from './polling.js';
import type { Rhythm } from './rhythm.js';
import { SourcePoller } from './source-poller.js';
import { Subscription } from './subscription.js';

/** How to poll; what is left out is as the contract says. */
export interface PollingOptions extends Partial<Rhythm> {
  readonly log: Logger;
  /** Told of each read that ended, for metrics; one that was given up because nobody watches any more is not told. */
  readonly onRead?: ((usable: boolean) => void) | undefined;
  /** With whom polls are shared; nobody by default. */
  readonly fleet?: Fleet | undefined;
}

const defaults: Rhythm = {
  growth: 1.5,
  maxFactor: 15,
  gatherMs: 5,
  slack: 0.2,
  jitter: 0.1,
  goneAfterMs: 10_000,
  random: Math.random,
};

/** Makes the engine that all subscriptions share: each source has its own poller, so that none waits for another's upstream. */
export function createPolling({ log, onRead, fleet, ...options }: PollingOptions): Polling {
  const rhythm: Rhythm = { ...defaults, ...options };
  const handOut = createHandOut();
  const pollers = new Map<string, SourcePoller<unknown>>();
  const subscriptions = new Set<Subscription<unknown>>();
  /** Pollers that are giving up what they had. */
  const leaving = new Set<Promise<void>>();
  let closed = false;

  function pollerOf(source: PollSource<unknown>): SourcePoller<unknown> {
    const running = pollers.get(source.key);
    if (running) return running;
    const poller = new SourcePoller(
      source,
      rhythm,
      { log, onRead },
      (left) => {
        if (pollers.get(source.key) === poller) pollers.delete(source.key);
        awaitAtEnd(left);
      },
      fleet,
    );
    pollers.set(source.key, poller);
    return poller;
  }

  function awaitAtEnd(left: Promise<void>): void {
    leaving.add(left);
    void left.finally(() => leaving.delete(left));
  }

  return {
    watch<V>(source: PollSource<V>, ids: readonly string[]) {
      const subscription = new Subscription<unknown>(handOut, (ended) => subscriptions.delete(ended));
      if (!closed && ids.length > 0) {
        subscriptions.add(subscription);
        const poller = pollerOf(source);
        for (const id of new Set(ids)) poller.join(id, subscription);
      }
      subscription.settle();
      // Equal keys mean the same kind of object, so what comes out of this poller is of the type that this source reads.
      return subscription as PollStream<V>;
    },
    nudge(source, ids) {
      pollers.get(source.key)?.hint(ids);
    },
    stats() {
      let watched = 0;
      for (const poller of pollers.values()) watched += poller.watched;
      return { watched, subscribers: subscriptions.size };
    },
    async close() {
      closed = true;
      for (const poller of pollers.values()) awaitAtEnd(poller.stop());
      for (const subscription of subscriptions) subscription.cut();
      await handOut.idle();
      await Promise.all(leaving);
    },
  };
}
