import type { PollEvent, PollReading, PollSource } from '../../src/polling/polling.js';

/** A watched thing: `n` is what changes, `done` makes it final. */
export interface Thing {
  readonly n: number;
  readonly done?: boolean;
}

export interface FakeSource extends PollSource<Thing> {
  /** What a read finds; an id that is not in it does not exist. */
  readonly upstream: Map<string, PollReading<Thing>>;
  /** The ids of every read, and when it began. */
  readonly reads: {
    readonly ids: readonly string[];
    readonly at: number;
    readonly known: number;
    readonly signal: AbortSignal;
  }[];
  /** While set, reads wait for it (or for their abort). */
  gate: Promise<void> | undefined;
  /** While set, reads reject with it. */
  broken: Error | undefined;
  notBeforeAt: number;
  mostInFlight: number;
}

/** A source in memory whose upstream the test writes. */
export function fakeSource(key = 'a', overrides: Partial<PollSource<Thing>> = {}): FakeSource {
  let inFlight = 0;
  const source: FakeSource = {
    key,
    firstIntervalMs: 1000,
    upstream: new Map(),
    reads: [],
    gate: undefined,
    broken: undefined,
    notBeforeAt: 0,
    mostInFlight: 0,
    async read(ids, known, signal) {
      source.reads.push({ ids, at: Date.now(), known: known.size, signal });
      inFlight += 1;
      source.mostInFlight = Math.max(source.mostInFlight, inFlight);
      try {
        if (source.gate) await Promise.race([source.gate, aborted(signal)]);
        if (source.broken) throw source.broken;
        return new Map(ids.map((id) => [id, source.upstream.get(id) ?? null]));
      } finally {
        inFlight -= 1;
      }
    },
    changed: (before, after) => before.n !== after.n,
    final: (value) => value.done === true,
    hopeless: (error) => error.message === 'hopeless',
    notBefore: () => source.notBeforeAt,
    ...overrides,
  };
  return source;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
}

export interface Collected {
  readonly events: PollEvent<Thing>[];
  done: boolean;
}

/** Reads a stream to its end in the background. */
export function collect(stream: AsyncIterable<PollEvent<Thing>>): Collected {
  const collected: Collected = { events: [], done: false };
  void (async () => {
    for await (const event of stream) collected.events.push(event);
    collected.done = true;
  })();
  return collected;
}

/** Events in short: `a=1`, `a missing`, `a removed`, `a failed`. */
export function brief(collected: Collected): string[] {
  return collected.events.map((event) =>
    event.type === 'value' ? `${event.id}=${event.value.n}` : `${event.id} ${event.type}`,
  );
}
