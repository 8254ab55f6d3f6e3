import { compareInstants, instantFromMillis, toMillis, type Instant } from '../../../values/instant.js';

/** Length of a second and of the finest step that a bound can be sent with, in milliseconds. */
export const SECOND = 1000;
export const FINEST = 1;

/** Where rows stand that come ahead of every readable time: later than all of them. */
export const TOP: Instant = instantFromMillis(Date.UTC(9999, 11, 31, 23, 59, 59, 999));
const TOP_MILLIS = toMillis(TOP);
const BOTTOM_MILLIS = Date.UTC(1, 0, 1);

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
