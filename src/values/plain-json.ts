import { isLosslessNumber, isSafeNumber } from 'lossless-json';
import type { Json, JsonObject } from './json.js';
import { isLosslessObject } from './lossless.js';

/** Levels of arrays and objects that are taken from free-form data; deeper values break those who walk them. */
const MAX_DEPTH = 64;

/**
 * Free-form data as plain JSON: a number stays one when a double holds it exactly, else it becomes the string of its
 * digits. A `__proto__` key is dropped, because it would turn into a prototype wherever the object is merged. Undefined
 * when it is nested too deep.
 */
export function plainObject(source: Readonly<Record<string, unknown>>, depth = MAX_DEPTH): JsonObject | undefined {
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(source)) {
    if (key === '__proto__') continue;
    const plain = plainJson(value, depth - 1);
    if (plain === undefined) return undefined;
    entries.push([key, plain]);
  }
  return Object.fromEntries(entries);
}

/** Any free-form data as plain JSON; undefined when it is nested too deep. */
export function plainJson(value: unknown, depth = MAX_DEPTH): Json | undefined {
  if (isLosslessNumber(value)) return isSafeNumber(value.value) ? Number(value.value) : value.value;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (depth < 1) return undefined;
  if (!Array.isArray(value)) return isLosslessObject(value) ? plainObject(value, depth) : undefined;
  const items: Json[] = [];
  for (const item of value) {
    const plain = plainJson(item, depth - 1);
    if (plain === undefined) return undefined;
    items.push(plain);
  }
  return items;
}
