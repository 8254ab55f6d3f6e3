import os from 'node:os';
import { monotonicNow } from '../values/clock.js';
import type { Counters } from './state.js';

const DAY_MS = 86_400_000;

/** The UTC day of a date, counted from 1970. */
export const dayOf = (date: number): number => Math.floor(date / DAY_MS);

/** Milliseconds that the machine has been on, asleep or not. */
const uptime = (): number => os.uptime() * 1_000;

/**
 * A date that starts as the clock on the wall says and goes on by the monotonic clock, so that a wall set meanwhile changes
 * nothing. That clock stands still while a machine sleeps: a sleep counts as far as both the wall and the time since the machine
 * was started say so. Where only the wall leaps (a virtual machine that was paused) the date stays behind, by less than a cap.
 */
export function dateFrom(wall: number): () => number {
  const [began, wasUp] = [monotonicNow(), uptime()];
  return () => {
    const slept = Math.min(uptime() - wasUp, Date.now() - wall);
    return wall + Math.floor(Math.max(monotonicNow() - began, slept));
  };
}

/** Sums of days out of sums with names; `today` throws while nobody can say what day it is. */
export function sumsOfDays(add: Counters['add'], today: () => number): Counters['addToDay'] {
  return async (key, amount, ttlMs, day = today()) => ({ day, sum: await add(`${key} ${day}`, amount, ttlMs) });
}
