import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';

/** One span as a collector receives it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2 = error. */
  readonly status: number;
  readonly startMs: number;
  readonly endMs: number;
}

export interface Collector extends FakeUpstream {
  spans(): readonly CollectedSpan[];
  /** Attributes of the process that sent them. */
  resource(): Readonly<Record<string, unknown>>;
}

interface WireAttribute {
  readonly key: string;
  readonly value: { readonly arrayValue?: { readonly values: readonly object[] } };
}
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly WireAttribute[];
  readonly status: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}
interface WireBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly WireAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

/** An OTLP collector on a real socket. */
export async function startCollector(): Promise<Collector> {
  const upstream = await fakeUpstream(() => ({ body: {} }));
  const bodies = () => upstream.requests.map(({ body }) => JSON.parse(body) as WireBody);
  return {
    ...upstream,
    spans: () =>
      bodies()
        .flatMap(({ resourceSpans }) => resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }) => spans)
        .map(readSpan),
    resource: () => readAttributes(bodies()[0]?.resourceSpans[0]?.resource.attributes ?? []),
  };
}

function readSpan({
  traceId,
  spanId,
  parentSpanId,
  name,
  kind,
  attributes,
  status,
  startTimeUnixNano,
  endTimeUnixNano,
}: WireSpan): CollectedSpan {
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind,
    attributes: readAttributes(attributes),
    status: status.code ?? 0,
    startMs: Number(startTimeUnixNano) / 1e6,
    endMs: Number(endTimeUnixNano) / 1e6,
  };
}

function readAttributes(attributes: readonly WireAttribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.arrayValue ? value.arrayValue.values.map((one) => Object.values(one)[0]) : Object.values(value)[0],
    ]),
  );
}
