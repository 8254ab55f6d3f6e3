import type { SpanContext } from '@opentelemetry/api';

// Later versions may add fields after the flags; version ff is not one.
const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

/** The caller's place in a trace, from the W3C header `traceparent`; undefined when there is none or it is malformed. */
export function parseTraceparent(header: string | null): SpanContext | undefined {
  const [, version, traceId, spanId, flags = '', more] = FORM.exec(header?.trim() ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & SAMPLED, isRemote: true };
}

/** The header that makes what an upstream traces part of the same trace. */
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & SAMPLED}`;
}
