import { MOST_MEMBERS } from '../../values/answer-bounds.js';
import type { Json, JsonObject } from '../../values/json.js';

/** Readers of single values from the wire. Each hands back what it was given when it is of the right kind, and copies only to leave out. */

/** Levels of arrays and objects that are taken from a service. */
const MAX_DEPTH = 16;
/** Of one text that is neither a name nor an address. */
const LONGEST_TEXT = 65_536;

export type Fields = Readonly<Record<string, unknown>>;

/** Whether this is an object with fields, and no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

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

/** The strings of a list; absent and null are the empty one, and whatever else is there, or is too long, is left out. */
export function texts(value: unknown, path: string, longest: number, odd: Odd): readonly string[] {
  if (value === undefined || value === null) return none;
  if (!Array.isArray(value) || value.length > MOST_MEMBERS) {
    odd(path);
    return none;
  }
  const fitting = (item: unknown): item is string => typeof item === 'string' && item.length <= longest;
  for (let index = 0; index < value.length; index += 1) {
    if (fitting(value[index])) continue;
    odd(path);
    return value.filter(fitting);
  }
  return value as readonly string[];
}

/** A string, or a number as its text; null when there is neither, or it is too long. */
export function looseText(value: unknown, path: string, longest: number, odd: Odd): string | null {
  if (typeof value === 'string' && value.length <= longest) return value;
  if (value === undefined || value === null) return null;
  odd(path);
  return typeof value === 'number' ? String(value) : null;
}

const empty: JsonObject = {};

/**
 * A map of anything; absent and null are the empty one. What is no map, or has too many members, is left out; so is what is
 * nested too deep for those who walk it, a text that is too long, and a key `__proto__`, which would turn into a prototype
 * wherever the map is merged.
 */
export function freeMap(value: unknown, path: string, odd: Odd): JsonObject {
  if (value === undefined || value === null) return empty;
  if (isFields(value) && holdsFewTexts(value)) return value as JsonObject;
  if (!isFields(value) || countMembers(value, MAX_DEPTH, 0) > MOST_MEMBERS) {
    odd(path);
    return empty;
  }
  const map = value as Readonly<Record<string, Json>>;
  for (const key in map) if (!keeps(key, map[key])) return withoutUnfit(map, path, odd);
  return map;
}

/** What nearly all are: found out in one look, and taken as they are. */
function holdsFewTexts(map: Fields): boolean {
  let members = 0;
  for (const key in map) {
    const member = map[key];
    members += 1;
    if (typeof member !== 'string' || member.length > LONGEST_TEXT || members > MOST_MEMBERS || !keepsKey(key))
      return false;
  }
  return true;
}

function withoutUnfit(map: Readonly<Record<string, Json>>, path: string, odd: Odd): JsonObject {
  odd(path);
  return Object.fromEntries(Object.entries(map).filter(([key, value]) => keeps(key, value)));
}

function keeps(key: string, value: unknown): boolean {
  return keepsKey(key) && fits(value, MAX_DEPTH);
}

function keepsKey(key: string): boolean {
  return key !== '__proto__' && key.length <= LONGEST_TEXT;
}

/** Members down to the deepest level that is taken; counts no further than is needed to see that they are too many. */
function countMembers(value: object, depth: number, counted: number): number {
  let count = counted;
  for (const key in value) {
    count += 1;
    if (count > MOST_MEMBERS) return count;
    const member: unknown = (value as Fields)[key];
    if (typeof member === 'object' && member !== null && depth > 0) count = countMembers(member, depth - 1, count);
  }
  return count;
}

/** Whether a value is nested no deeper than is taken. */
export function depthFits(value: unknown): boolean {
  return fits(value, MAX_DEPTH, Infinity);
}

function fits(value: unknown, depth: number, longest = LONGEST_TEXT): boolean {
  if (typeof value === 'string') return value.length <= longest;
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  for (const key in value) if (!fits((value as Fields)[key], depth - 1, longest)) return false;
  return true;
}
