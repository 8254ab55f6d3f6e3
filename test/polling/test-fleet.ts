import { afterEach, beforeEach, vi } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createPolling } from '../../src/polling/engine.js';
import type { Polling, PollReading } from '../../src/polling/polling.js';
import { createMemoryState } from '../../src/state/memory.js';
import { StateUnavailable, type Events, type Leases } from '../../src/state/state.js';
import { collect, fakeSource, type Collected, type FakeSource, type Thing } from './fake-source.js';

/** Has each test of a file begin with time at a stand. */
export function fakeTime(): void {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
}
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** Time for everything that takes no time. */
export const settle = () => pass(20);

/** An instance of the gateway, as far as polling goes. */
export interface TestInstance {
  readonly polling: Polling;
  readonly source: FakeSource;
  /** What it shares with the others: `cut` as when the shared state is out of reach, `deaf` when hints get lost. */
  line: 'good' | 'cut' | 'deaf';
  watch(...ids: string[]): Collected;
  /** Ends it as a crash would: nothing is given up in good order. What it held is free some seconds later. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

export interface TestFleet {
  readonly instances: readonly TestInstance[];
  /** What the upstream, which all instances ask, answers from now on. */
  set(id: string, reading: PollReading<Thing>): void;
  /** When each read of an object was sent, by whomever, in milliseconds since the fleet began. */
  reads(id: string): number[];
}

/** The shared state notices so late that an instance is dead. */
const LIFE_MS = 4_000;

/** Instances that share one state in memory, and one upstream. */
export function testFleet(size: number): TestFleet {
  const began = Date.now();
  const state = createMemoryState();
  const upstream = new Map<string, PollReading<Thing>>();
  const instances = Array.from({ length: size }, () => instance(state));
  function instance(shared: { readonly leases: Leases; readonly events: Events }): TestInstance {
    const source = fakeSource('a');
    const held = new Map<string, Set<string>>();
    const own: TestInstance = {
      source,
      line: 'good',
      polling: createPolling({
        log: silentLogger,
        random: () => 0.5,
        fleet: {
          leases: noting(
            held,
            overLine(shared.leases, () => own.line !== 'cut'),
          ),
          events: {
            publish: async (channel, text) => {
              if (own.line === 'cut') throw new StateUnavailable('cut');
              await shared.events.publish(channel, text);
            },
            listen: (channel, hear) =>
              shared.events.listen(channel, (text) => {
                if (own.line === 'good') hear(text);
              }),
          },
        },
      }),
      watch: (...ids) => collect(own.polling.watch(source, ids)),
      async crash() {
        own.line = 'cut';
        await own.close();
        setTimeout(() => {
          for (const [owner, names] of held) void shared.leases.release(owner, [...names]);
        }, LIFE_MS);
      },
      async close() {
        const closed = own.polling.close();
        await vi.advanceTimersByTimeAsync(1);
        await closed;
      },
    };
    for (const [id, reading] of upstream) source.upstream.set(id, reading);
    return own;
  }
  return {
    instances,
    set(id, reading) {
      upstream.set(id, reading);
      for (const { source } of instances) source.upstream.set(id, reading);
    },
    reads: (id) =>
      instances
        .flatMap(({ source }) => source.reads.filter(({ ids }) => ids.includes(id)).map(({ at }) => at - began))
        .sort((a, b) => a - b),
  };
}

/** Writes down which names were ever claimed, by which owner. */
function noting(held: Map<string, Set<string>>, leases: Leases): Leases {
  return {
    ...leases,
    claim(owner, claims) {
      const names = held.get(owner) ?? new Set();
      held.set(owner, names);
      for (const { name } of claims) names.add(name);
      return leases.claim(owner, claims);
    },
  };
}

function overLine(leases: Leases, isGood: () => boolean): Leases {
  const check = async (): Promise<void> => {
    if (!isGood()) throw new StateUnavailable('cut');
  };
  return {
    claim: (owner, claims) => check().then(() => leases.claim(owner, claims)),
    note: (owner, notes, noteTtlMs) => check().then(() => leases.note(owner, notes, noteTtlMs)),
    release: (owner, names) => check().then(() => leases.release(owner, names)),
  };
}
