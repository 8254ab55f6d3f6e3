import type { Json, JsonObject } from '../../values/json.js';

/** Readers of single values from the wire. Each hands back what it was given when it is of the right kind, and copies only to leave out. */

/** Levels of arrays and objects that are taken from a service. */
const MAX_DEPTH = 16;

type Fields = Readonly<Record<string, unknown>>;

/** A value that is missing or of the wrong kind, by its path such as `pin.origins.3`. */
export class ShapeFault {
  constructor(readonly path: string) {}
}

/** An object; fields are read from it one by one. */
export function object(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null) throw new ShapeFault(path);
  return value as Fields;
}

/** A string. */
export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new ShapeFault(path);
  return value;
}

/** A whole number that is not negative. */
export function wholeNumber(value: unknown, path: string): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw new ShapeFault(path);
  return Number(value);
}

/** A list of anything; null is the empty one. */
export function list(value: unknown, path: string): readonly unknown[] {
  if (value === null) return none;
  if (!Array.isArray(value)) throw new ShapeFault(path);
  return value;
}

const none: readonly string[] = [];

/** Told the path of a field that is not as it should be and has been left out. */
export type Odd = (path: string) => void;

/** The strings of a list; absent and null are the empty one, and whatever else is there is left out. */
export function texts(value: unknown, path: string, odd: Odd): readonly string[] {
  if (value === undefined || value === null) return none;
  if (!Array.isArray(value)) {
    odd(path);
    return none;
  }
  for (let index = 0; index < value.length; index += 1) {
    if (typeof value[index] === 'string') continue;
    odd(path);
    return value.filter((item) => typeof item === 'string');
  }
  return value as readonly string[];
}

/** A string, or a number as its text; null when there is neither. */
export function looseText(value: unknown, path: string, odd: Odd): string | null {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return null;
  odd(path);
  return typeof value === 'number' ? String(value) : null;
}

const empty: JsonObject = {};

/**
 * A map of anything; absent and null are the empty one. What is no map, or is nested too deep for those who walk it, is left
 * out; so is a key `__proto__`, which would turn into a prototype wherever the map is merged.
 */
export function freeMap(value: unknown, path: string, odd: Odd): JsonObject {
  if (value === undefined || value === null) return empty;
  if (typeof value !== 'object' || Array.isArray(value)) {
    odd(path);
    return empty;
  }
  const map = value as Readonly<Record<string, Json>>;
  for (const key in map) if (!keeps(key, map[key])) return withoutUnfit(map, path, odd);
  return map;
}

function withoutUnfit(map: Readonly<Record<string, Json>>, path: string, odd: Odd): JsonObject {
  odd(path);
  return Object.fromEntries(Object.entries(map).filter(([key, value]) => keeps(key, value)));
}

function keeps(key: string, value: unknown): boolean {
  return key !== '__proto__' && fits(value, MAX_DEPTH);
}

/** Whether a value is nested no deeper than is taken. */
export function depthFits(value: unknown): boolean {
  return fits(value, MAX_DEPTH);
}

function fits(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  for (const key in value) if (!fits((value as Fields)[key], depth - 1)) return false;
  return true;
}
