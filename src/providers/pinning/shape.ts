import type { Json, JsonObject } from '../../values/json.js';

/** Readers of single values from the wire. Each hands back what it was given when it is of the right kind; none copies. */

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

/** A string, or null when there is none. */
export function optionalText(value: unknown, path: string): string | null {
  return value === undefined || value === null ? null : text(value, path);
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

/** A list of strings; absent and null are the empty one. */
export function texts(value: unknown, path: string): readonly string[] {
  if (value === undefined || value === null) return none;
  if (!Array.isArray(value)) throw new ShapeFault(path);
  for (let index = 0; index < value.length; index += 1) {
    if (typeof value[index] !== 'string') throw new ShapeFault(`${path}.${index}`);
  }
  return value as readonly string[];
}

/** A map of strings; absent and null are the empty one. */
export function textMap(value: unknown, path: string): Readonly<Record<string, string>> {
  const map = plainMap(value, path);
  for (const key in map) if (typeof map[key] !== 'string') throw new ShapeFault(`${path}.${key}`);
  return map as Readonly<Record<string, string>>;
}

/** A map of anything that is not too deep: it came out of JSON.parse, but deep values break those who walk them. */
export function freeMap(value: unknown, path: string): JsonObject {
  const map = plainMap(value, path);
  for (const key in map) if (!fits(map[key], MAX_DEPTH)) throw new ShapeFault(`${path}.${key}`);
  return map as Readonly<Record<string, Json>>;
}

/** Without a key `__proto__`, which would turn into a prototype wherever the map is merged. */
function plainMap(value: unknown, path: string): Fields {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new ShapeFault(path);
  if (!Object.hasOwn(value, '__proto__')) return value as Fields;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== '__proto__'));
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
