import type { CallFact, CallWatch, CallWatcher } from '../upstream/http.js';
import type { OperationTrace, TracedEnd, Traces } from './traces.js';

/** One upstream call, as a developer is shown it. */
export interface ShownCall {
  readonly provider: string;
  readonly operation: string;
  readonly ms: number;
  /** Null when there was no answer. */
  readonly status: number | null;
}

/** What follows one operation; empty when nothing does. */
export interface Observation {
  readonly watcher?: CallWatcher | undefined;
  readonly trace?: OperationTrace | undefined;
  /** Calls that ended since this was last asked. */
  readonly upstreamCalls?: (() => readonly ShownCall[]) | undefined;
  readonly finished?: ((end: TracedEnd) => void) | undefined;
}

export interface ObserveOptions {
  readonly traces: Traces | undefined;
  /** Whether callers may ask, with the header `x-headgate-trace: 1`, to be shown what an operation costs upstream. */
  readonly showCalls: boolean;
}

/** Decides, for each operation, who follows it. */
export type Observe = (header: HeaderReader) => Observation;
type HeaderReader = (name: string) => string | null;

const nothing: Observation = {};

/** Whether anybody would follow the operation with these headers. */
export function createIsWatched({ traces, showCalls }: ObserveOptions): (header: HeaderReader) => boolean {
  return (header) => traces !== undefined || (showCalls && header('x-headgate-trace') === '1');
}

export function createObserve({ traces, showCalls }: ObserveOptions): Observe {
  const isWatched = createIsWatched({ traces, showCalls });
  return (header) => {
    if (!isWatched(header)) return nothing;
    const shown = showCalls && header('x-headgate-trace') === '1' ? createCallList() : undefined;
    const trace = traces?.begin(header('traceparent'));
    if (!trace) return shown ?? nothing;
    const traced: Observation = { trace, watcher: trace, finished: (end) => trace.finished(end) };
    return shown ? { ...traced, ...shown, watcher: both(trace, shown.watcher) } : traced;
  };
}

function createCallList() {
  let calls: ShownCall[] = [];
  const watch: CallWatch = {
    ended: ({ provider, operation, ms, status }: CallFact) =>
      void calls.push({ provider, operation, ms: Math.round(ms * 10) / 10, status: status ?? null }),
  };
  const watcher: CallWatcher = { begin: () => watch };
  const upstreamCalls = () => {
    const ended = calls;
    calls = [];
    return ended;
  };
  return { watcher, upstreamCalls };
}

function both(first: CallWatcher, second: CallWatcher): CallWatcher {
  return {
    begin(call) {
      const one = first.begin(call);
      const other = second.begin(call);
      return {
        headers: { ...one.headers, ...other.headers },
        ended(fact) {
          one.ended(fact);
          other.ended(fact);
        },
      };
    },
  };
}
