import type { Polling, PollSource } from '../polling/polling.js';
import type { Traces } from './traces.js';

/** The same engine, each read of which is traced. */
export function tracePolling(polling: Polling, traces: Pick<Traces, 'poll'>): Polling {
  return {
    watch: (source, ids) => polling.watch(traceReads(source, traces), ids),
    nudge: (source, ids) => polling.nudge(source, ids),
    stats: () => polling.stats(),
    close: () => polling.close(),
  };
}

function traceReads<V>(source: PollSource<V>, traces: Pick<Traces, 'poll'>): PollSource<V> {
  return {
    key: source.key,
    firstIntervalMs: source.firstIntervalMs,
    read: (ids, known, signal) => traces.poll(ids.length, () => source.read(ids, known, signal)),
    changed: (before, after) => source.changed(before, after),
    final: (value) => source.final(value),
    expects: (id) => source.expects?.(id) ?? false,
    removed: (id) => source.removed?.(id) ?? false,
    hopeless: (error) => source.hopeless(error),
    notBefore: () => source.notBefore(),
  };
}
