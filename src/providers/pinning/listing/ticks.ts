import { compareInstants, instantFromMillis, toMillis, type Instant } from '../../../values/instant.js';

/** Length of a second and of the finest step that a bound can be sent with, in milliseconds. */
export const SECOND = 1000;
export const FINEST = 1;

/** Where rows stand that come ahead of every readable time: no earlier than any of them. */
export const TOP: Instant = {
  seconds: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000,
  nanos: 999_999_999,
  text: '9999-12-31T23:59:59.999999999Z',
};
const TOP_MILLIS = toMillis(TOP);
/** The beginning of the year 0000, which Date.UTC takes for 1900. */
const BOTTOM_MILLIS = -62_167_219_200_000;

/** Epoch milliseconds of the start of the step (1 or 1000 ms) that holds this instant. */
export function floorTo(value: Instant, step: number): number {
  return Math.floor(toMillis(value) / step) * step;
}

/** Epoch milliseconds of the first whole second that is not earlier than this instant. */
export function ceilToSecond(value: Instant): number {
  const floor = floorTo(value, SECOND);
  return value.nanos === 0 ? floor : floor + SECOND;
}

/** A bound as services understand it: UTC with three digits; null when it lies beyond what can be written, so bounds nothing. */
export function boundText(millis: number | null): string | null {
  return millis === null || millis >= TOP_MILLIS || millis <= BOTTOM_MILLIS ? null : instantFromMillis(millis).text;
}

/** The last instant before these epoch milliseconds. */
export function justBefore(millis: number): Instant {
  const { seconds, text } = instantFromMillis(millis - 1);
  const milli = millis - 1 - seconds * 1000;
  return { seconds, nanos: milli * 1_000_000 + 999_999, text };
}

/** Whether `a` is later than `b`. */
export function isLater(a: Instant, b: Instant): boolean {
  return compareInstants(a, b) > 0;
}

/** Whether both name the same nanosecond. */
export function isSame(a: Instant, b: Instant): boolean {
  return compareInstants(a, b) === 0;
}
