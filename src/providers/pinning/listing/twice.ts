import type { Bounds, Source, Window } from './source.js';

/**
 * Asks, and while the answer looks like an end that it may not be, asks the same again: it is believed when the next answer
 * brings nothing that it lacked. One empty or short answer in between, which services give now and then, so costs a call and
 * no row.
 */
export async function askUntilSure(
  source: Source,
  bounds: Bounds,
  inDoubt: (window: Window) => boolean,
): Promise<Window> {
  let window = await source.ask(bounds);
  while (inDoubt(window)) {
    const again = await source.ask(bounds);
    const known = new Set(window.rows.map((row) => row.id));
    if (again.rows.every((row) => known.has(row.id))) return window;
    window = again;
  }
  return window;
}

/** An answer without a row that nobody has asked for again. */
export function isEmpty({ length, twice }: Window): boolean {
  return length === 0 && !twice;
}
