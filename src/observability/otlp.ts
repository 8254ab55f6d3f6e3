import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { GatewayError, UpstreamError } from '../errors.js';
import type { CallFact, CallWatch, CallWatcher } from '../upstream/http.js';
import type { Logger } from '../log.js';
import { traceRootFields } from './traced-schema.js';
import { formatTraceparent, parseTraceparent } from './traceparent.js';
import type { OperationTrace, TracedEnd, Traces } from './traces.js';
import { cut } from '../values/cut.js';

const DELIVERY_TIMEOUT_MS = 5_000;
/** What the end of the process may wait for a collector. */
const LAST_DELIVERY_MS = 800;
const LONGEST_NAME = 100;

type Called = Parameters<CallWatcher['begin']>[0];

/** Where the code that runs now stands: which operation or poll it works for, and in which span. */
interface Place {
  readonly work: CallWatcher;
  readonly context: Context;
}

/** Traces to an OTLP/HTTP collector. Sampling, batches, headers and resource follow the standard OTEL_* settings. */
export function createTraces(url: string, log: Logger): Traces {
  const resource = resourceFromAttributes({ 'service.name': 'headgate' }).merge(
    detectResources({ detectors: [envDetector] }),
  );
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: DELIVERY_TIMEOUT_MS });
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(reporting(exporter, log))],
  });
  const tracer = provider.getTracer('headgate');
  const places = new AsyncLocalStorage<Place>();
  return {
    begin(traceparent) {
      const caller = parseTraceparent(traceparent);
      return new TracedOperation(tracer, places, caller ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT);
    },
    async poll(watched, run) {
      const poll = new TracedPoll(tracer, watched);
      return poll.follow(() => places.run({ work: poll, context: ROOT_CONTEXT }, run));
    },
    pollCalls: { begin: (call) => places.getStore()?.work.begin(call) ?? beginCall(tracer, call, ROOT_CONTEXT) },
    schema: traceRootFields,
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, LAST_DELIVERY_MS)));
      // Failed deliveries were logged by the exporter already.
      await Promise.race([provider.shutdown().catch(() => {}), patience]);
      clearTimeout(timer);
    },
  };
}

/** The exporter, saying in the log when spans could not be delivered: how many, and nothing of the collector's answer. */
function reporting(exporter: SpanExporter, log: Logger): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code !== 0) log.warn('traces_not_delivered', { spans: spans.length });
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

class TracedOperation implements OperationTrace {
  private readonly span: Span;
  private readonly context: Context;

  constructor(
    private readonly tracer: Tracer,
    private readonly places: AsyncLocalStorage<Place>,
    parent: Context,
  ) {
    this.span = tracer.startSpan('operation', { kind: SpanKind.SERVER }, parent);
    this.context = trace.setSpan(parent, this.span);
  }

  begin(call: Called): CallWatch {
    return beginCall(this.tracer, call, this.here());
  }

  field<T>(name: string, run: () => T): T {
    const span = this.tracer.startSpan(name, { attributes: { 'graphql.field': name } }, this.context);
    try {
      const result = this.places.run({ work: this, context: trace.setSpan(this.context, span) }, run);
      if (!(result instanceof Promise)) {
        span.end();
        return result;
      }
      result.then(
        () => span.end(),
        (error: unknown) => fail(span, reasonOf(error)),
      );
      return result;
    } catch (error) {
      fail(span, reasonOf(error));
      throw error;
    }
  }

  finished({ kind, name, codes, events }: TracedEnd): void {
    this.span.updateName(kind ?? 'refused');
    if (kind !== null) this.span.setAttribute('graphql.operation.type', kind);
    if (name !== null) this.span.setAttribute('graphql.operation.name', cut(name, LONGEST_NAME));
    if (events !== null) this.span.setAttribute('headgate.events', events);
    if (codes.length === 0) return this.span.end();
    this.span.setAttribute('headgate.codes', [...codes]);
    fail(this.span, codes[0] ?? '');
  }

  /** The root field that is being resolved, if it is one of this operation. */
  private here(): Context {
    const place = this.places.getStore();
    return place?.work === this ? place.context : this.context;
  }
}

/** One read of a poll, which serves many callers and is in the trace of none. */
class TracedPoll implements CallWatcher {
  private readonly span: Span;
  private readonly context: Context;

  constructor(
    private readonly tracer: Tracer,
    watched: number,
  ) {
    this.span = tracer.startSpan('poll', { attributes: { 'headgate.watched': watched } }, ROOT_CONTEXT);
    this.context = trace.setSpan(ROOT_CONTEXT, this.span);
  }

  begin(call: Called): CallWatch {
    // A poll asks one upstream, whose name it learns here.
    this.span.updateName(`poll ${call.provider}`);
    return beginCall(this.tracer, call, this.context);
  }

  async follow<T>(run: () => Promise<T>): Promise<T> {
    try {
      const readings = await run();
      this.span.end();
      return readings;
    } catch (error) {
      fail(this.span, reasonOf(error));
      throw error;
    }
  }
}

function beginCall(tracer: Tracer, { provider, operation, effect }: Called, parent: Context): CallWatch {
  const attributes = { 'headgate.provider': provider, 'headgate.operation': operation, 'headgate.effect': effect };
  const span = tracer.startSpan(`${provider} ${operation}`, { kind: SpanKind.CLIENT, attributes }, parent);
  return {
    headers: { traceparent: formatTraceparent(span.spanContext()) },
    ended: (fact) => endCall(span, fact),
  };
}

function endCall(span: Span, { status, kind, attempts }: CallFact): void {
  span.setAttribute('headgate.attempts', attempts);
  if (status !== undefined) span.setAttribute('http.response.status_code', status);
  if (kind === undefined) span.end();
  else fail(span, kind);
}

function fail(span: Span, reason: string): void {
  span.setAttribute('error.type', reason);
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** A name for what was thrown; messages may quote data and stay out. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof UpstreamError) return thrown.kind;
  if (thrown instanceof GatewayError) return thrown.code;
  return thrown instanceof Error ? thrown.constructor.name : typeof thrown;
}
