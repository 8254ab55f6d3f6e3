import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { errorCodes } from '../error-codes.js';
import type { CallFact, UpstreamLoad } from '../upstream/http.js';
import { tallyCounter, tallyHistogram } from './tallies.js';

/** What is read anew for each scrape. */
export interface MetricSources {
  upstreams(): readonly UpstreamLoad[];
  polling(): { readonly watched: number; readonly subscribers: number };
  streams(): number;
  /** Operations of the port that are under way, that wait for their turn, and that were refused so far. */
  operations(): { readonly inFlight: number; readonly waiting: number; readonly refused: number };
}

/** An operation that is over; nothing in it that a client chose is used. */
export interface OperationFact {
  readonly kind: string | null;
  readonly transport: string;
  readonly ms: number;
  readonly codes: readonly string[];
  /** Its caller was gone before there was an answer. */
  readonly left: boolean;
  readonly events: number | null;
}

/** Counts what happens. Every label has few values, all of them ours: no caller, no id, no name from a document. */
export interface Metrics {
  operation(fact: OperationFact): void;
  upstreamCall(fact: CallFact): void;
  poll(usable: boolean): void;
  cacheLookup(cache: string, result: string): void;
  write(operation: string, end: string): void;
  /** The text for a scrape. The process's own figures (processor, memory, event loop) are taken from the first scrape on. */
  read(): Promise<{ readonly type: string; readonly body: string }>;
}

const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const OPERATION_BUCKETS = [0.001, 0.0025, ...CALL_BUCKETS];
const STREAM_BUCKETS = [1, 10, 60, 600, 3_600, 21_600, 86_400];
const circuitValues = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 } as const;
const knownCodes: ReadonlySet<string> = new Set(errorCodes);

/** Makes a registry of its own, so that two gateways in one process do not count into each other. */
export function createMetrics(sources: MetricSources): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    tallyCounter({ name: `headgate_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, labelNames: readonly string[], bounds: readonly number[]) =>
    tallyHistogram({ name: `headgate_${name}`, help, labelNames, bounds, registers });

  const operations = counter('operations_total', 'Operations that are over; kind none never became one.', [
    'kind',
    'transport',
    'result',
  ]);
  const operationErrors = counter('operation_errors_total', 'Operations with an error of this code.', ['kind', 'code']);
  const operationSeconds = histogram(
    'operation_seconds',
    'Time from a request to its answer, streams left out.',
    ['kind'],
    OPERATION_BUCKETS,
  );
  const streamSeconds = histogram('stream_seconds', 'How long streams were open.', ['transport'], STREAM_BUCKETS);
  const streamEvents = counter('stream_events_total', 'Results sent by streams that are over.', ['transport']);
  const calls = counter('upstream_calls_total', 'Calls by their end: ok or the kind of failure.', [
    'provider',
    'operation',
    'outcome',
  ]);
  const callSeconds = histogram(
    'upstream_call_seconds',
    'Time of a call, waits and repetitions included.',
    ['provider', 'operation'],
    CALL_BUCKETS,
  );
  const retries = counter('upstream_retries_total', 'Requests beyond the first one of a call.', [
    'provider',
    'operation',
  ]);
  const unconnected = counter('upstream_unreachable_total', 'Calls whose host could not be connected to, by cause.', [
    'provider',
    'cause',
  ]);
  const polls = counter('poll_reads_total', 'Reads made for subscriptions.', ['result']);
  const lookups = counter('cache_lookups_total', 'Lookups of remembered answers.', ['cache', 'result']);
  const writes = counter('writes_total', 'Writes under an idempotency key by their end.', ['operation', 'end']);
  new Counter({
    name: 'headgate_operations_refused_total',
    help: 'Operations answered with OVERLOADED unread, for there was too much to do; in no other count.',
    registers,
    collect() {
      // Counted where it costs least.
      this.reset();
      this.inc(sources.operations().refused);
    },
  });
  measureNow(registers, sources);

  let processMeasured = false;
  return {
    operation({ kind, transport, ms, codes, left, events }) {
      const label = kind ?? 'none';
      operations([label, transport, codes.length > 0 ? 'error' : left ? 'left' : 'ok']);
      for (const code of codes) operationErrors([label, knownCodes.has(code) ? code : 'OTHER']);
      if (events === null) return operationSeconds(ms / 1_000, label);
      streamSeconds(ms / 1_000, transport);
      streamEvents([transport], events);
    },
    upstreamCall({ provider, operation, kind, cause, ms, attempts }) {
      calls([provider, operation, kind ?? 'ok']);
      callSeconds(ms / 1_000, provider, operation);
      if (cause !== undefined) unconnected([provider, cause]);
      if (attempts > 1) retries([provider, operation], attempts - 1);
    },
    poll: (usable) => polls([usable ? 'ok' : 'failed']),
    cacheLookup: (cache, result) => lookups([cache, result]),
    write: (operation, end) => writes([operation, end]),
    async read() {
      if (!processMeasured) collectDefaultMetrics({ register: registry });
      processMeasured = true;
      return { type: registry.contentType, body: await registry.metrics() };
    },
  };
}

/** Gauges that are filled when they are read. */
function measureNow(registers: Registry[], sources: MetricSources): void {
  const perUpstream = (name: string, help: string, value: (load: UpstreamLoad) => number) =>
    new Gauge({
      name: `headgate_upstream_${name}`,
      help,
      labelNames: ['provider', 'class', 'effect'],
      registers,
      collect() {
        this.reset();
        // Two base addresses of one provider show as one: the sum of what is going on, the worse of the circuits.
        const totals = new Map<
          string,
          { readonly labels: { provider: string; class: string; effect: string }; value: number }
        >();
        for (const load of sources.upstreams()) {
          const key = `${load.provider} ${load.class} ${load.effect}`;
          const total = totals.get(key) ?? {
            labels: { provider: load.provider, class: load.class, effect: load.effect },
            value: 0,
          };
          totals.set(key, total);
          total.value = name === 'circuit' ? Math.max(total.value, value(load)) : total.value + value(load);
        }
        for (const { labels, value: now } of totals.values()) this.set(labels, now);
      },
    });
  perUpstream(
    'circuit',
    'State of the circuit breaker: 0 closed, 1 half open, 2 open.',
    ({ circuit }) => circuitValues[circuit],
  );
  perUpstream('in_flight', 'Attempts under way.', ({ inFlight }) => inFlight);
  perUpstream('queued', 'Attempts that wait for their turn.', ({ queued }) => queued);

  const plain = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `headgate_${name}`,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  plain(
    'operations_in_flight',
    'Operations begun and not yet answered, streams left out.',
    () => sources.operations().inFlight,
  );
  plain('operations_waiting', 'Operations that arrived and wait for their turn.', () => sources.operations().waiting);
  plain('streams_open', 'Subscriptions open now.', () => sources.streams());
  plain('polled_objects', 'Upstream objects watched now.', () => sources.polling().watched);
  plain('poll_subscribers', 'Subscribers that watch them.', () => sources.polling().subscribers);
}
