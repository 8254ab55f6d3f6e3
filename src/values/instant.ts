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

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:?\d{2})$/;

/** Whole seconds of the first and the last moment that four digits of a year can tell, in UTC. */
const EARLIEST = -62_167_219_200,
  LATEST = 253_402_300_799;

/**
 * Reads an RFC 3339 date-time; undefined when the text is not one: a date that does not exist, one that lies outside the
 * years 0000 to 9999 in UTC, or a leap second anywhere but at 23:59:60 UTC.
 */
export function parseInstant(source: string): Instant | undefined {
  return parseCanonical(source) ?? parseAny(source);
}

const DASH = 45,
  DOT = 46,
  ZERO = 48,
  COLON = 58,
  T = 84,
  Z = 90;
/** Lengths with 0 to 9 digits of a fraction: `2025-11-20T09:14:07Z` and `2025-11-20T09:14:07.123456789Z`. */
const SHORTEST = 20,
  LONGEST = 30;
const POWERS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000] as const;

/** What we would write ourselves, as most sources do: then the text stands. Read by digits, for listings have thousands of them. */
function parseCanonical(text: string): Instant | undefined {
  const end = text.length - 1;
  if (end < SHORTEST - 1 || end > LONGEST - 1 || text.charCodeAt(end) !== Z || end === SHORTEST) return undefined;
  const marked =
    text.charCodeAt(4) === DASH &&
    text.charCodeAt(7) === DASH &&
    text.charCodeAt(10) === T &&
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON &&
    (end === SHORTEST - 1 || text.charCodeAt(19) === DOT);
  const century = pair(text, 0);
  const year = century * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  const second = pair(text, 17);
  const fraction = end === SHORTEST - 1 ? 0 : digits(text, 20, end);
  // The longer months' ends and leap seconds are for the one who looks closer.
  const plain =
    century >= 1 &&
    year >= century * 100 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 28 &&
    hour >= 0 &&
    hour <= 23 &&
    minute >= 0 &&
    minute <= 59 &&
    second >= 0 &&
    second <= 59;
  if (!marked || !plain || fraction < 0) return undefined;
  return {
    seconds: daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second,
    nanos: fraction * (POWERS[LONGEST - 1 - end] ?? 1),
    text,
  };
}

/** Of the Gregorian calendar; its years are counted from March, so that the odd day is the last one. */
function daysSince1970(year: number, month: number, day: number): number {
  const years = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return years * 365 + Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400) + dayOfYear - 719_468;
}

/** The number that two digits are; negative when one of them is none. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** The number that these digits are; negative when one of them is none. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let index = from; index < to; index += 1) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Digits of a fraction beyond the ninth are dropped, so a few more may come. */
const LONGEST_ANY = 64;

function parseAny(source: string): Instant | undefined {
  if (source.length > LONGEST_ANY) return undefined;
  const match = RFC_3339.exec(source);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  // Date.UTC takes the years before 100 for those of the last century.
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isDate = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  const local = date.setUTCHours(Number(hour), Number(minute), Number(second));
  const exists = isDate && Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60;
  const offset = offsetSeconds(zone);
  if (!exists || offset === undefined || Number.isNaN(local)) return undefined;
  const seconds = local / 1000 - offset;
  // A leap second is the one before midnight, and reads as midnight.
  const leaps = Number(second) === 60;
  if (seconds < EARLIEST || seconds > LATEST || (leaps && seconds % 86_400 !== 0)) return undefined;
  return instant(seconds, Number(fraction.padEnd(9, '0')), fraction.length);
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
