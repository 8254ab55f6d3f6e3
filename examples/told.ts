import { stop } from './connection.js';
import { lineOf } from './line-of.js';

/** Waits for the work of a program; what goes wrong ends it with one line that says what, and where there is more to say, what to do. */
export async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    return stop(lineOf(error));
  }
}
