/**
 * A point in time with every digit that an upstream sent. `Date` cuts to milliseconds and would lose or repeat
 * rows where pages are bounded by time, so it is never used for upstream times.
 */
export type Instant = {
  /** Whole seconds since 1970-01-01T00:00:00Z. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanos: number;
  /** UTC, RFC 3339, `Z`, with the fraction digits of the source. */
  readonly text: string;
};

/** `2025-11-20T09:14:07.123456789Z` */
const LONGEST_OWN = 30;
const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:?\d{2})$/;

/** Reads an RFC 3339 date-time; undefined when the text is not one (a date that does not exist included). */
export function parseInstant(source: string): Instant | undefined {
  const match = RFC_3339.exec(source);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(local);
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
    && Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60;
  // Most sources write what we would write, and then the text stands.
  if (exists && source.endsWith('Z') && source[10] === 'T' && source.length <= LONGEST_OWN && second !== '60') return { seconds: local / 1000, nanos: Number(fraction.padEnd(9, '0')), text: source };
  const offset = offsetSeconds(zone);
  if (!exists || offset === undefined || Number.isNaN(local)) return undefined;
  return instant(local / 1000 - offset, Number(fraction.padEnd(9, '0')), fraction.length);
}

function offsetSeconds(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function instant(seconds: number, nanos: number, digits: number): Instant {
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  const fraction = digits === 0 ? '' : `.${String(nanos).padStart(9, '0').slice(0, digits)}`;
  return { seconds, nanos, text: `${whole}${fraction}Z` };
}

/** From epoch milliseconds; a fraction of a millisecond is dropped. */
export function instantFromMillis(millis: number): Instant {
  const floor = Math.floor(millis);
  const seconds = Math.floor(floor / 1000);
  return instant(seconds, (floor - seconds * 1000) * 1_000_000, 3);
}

/** From whole epoch seconds. */
export function instantFromSeconds(seconds: number): Instant {
  return instant(Math.floor(seconds), 0, 0);
}

/** Negative when `a` is earlier than `b`, 0 when they name the same nanosecond. */
export function compareInstants(a: Instant, b: Instant): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}

/** Milliseconds since the epoch, rounded down: for arithmetic with clocks, never for comparing two upstream times. */
export function toMillis(value: Instant): number {
  return value.seconds * 1000 + Math.floor(value.nanos / 1_000_000);
}
