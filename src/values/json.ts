/** Anything that survives `JSON.stringify` and back. Models are made of it, so that they can travel between instances. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Whether this is an object, neither array nor null. */
export function isJsonObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A copy without this key, or the object itself when it is not there. For maps that hold no `__proto__`. Written out, because
 * `{ [key]: _, ...others }` makes a kind of object of its own for V8 each time.
 */
export function withoutKey(map: JsonObject, key: string): JsonObject {
  if (!Object.hasOwn(map, key)) return map;
  const others: { [key: string]: Json } = {};
  for (const name in map) if (name !== key) others[name] = map[name] ?? null;
  return others;
}

/** What an upstream takes of free data: levels of lists and objects, and bytes of JSON. */
export interface JsonBounds {
  readonly levels: number;
  readonly bytes: number;
}

/** What is wrong with free data; it is looked through no further than to where its JSON must have more bytes. */
export function jsonFault(value: Json, { levels, bytes }: JsonBounds): 'deep' | 'long' | undefined {
  const left = roomAfter(value, levels, bytes);
  if (left === NO_LEVEL) return 'deep';
  return left < 0 || Buffer.byteLength(JSON.stringify(value)) > bytes ? 'long' : undefined;
}

const NO_LEVEL = -Infinity;

/**
 * How many of so many bytes are left after the least that the JSON of a value takes, below 0 for too few; NO_LEVEL when it is
 * nested too deep. With plain loops: of a tree of small lists, functions and copies for each would cost many times the looking.
 */
function roomAfter(value: Json, levels: number, room: number): number {
  if (typeof value === 'string') return room - value.length - 2;
  if (typeof value !== 'object' || value === null) return room - 1;
  if (levels === 0) return NO_LEVEL;
  let left = room - 1;
  let empty = true;
  if (isList(value)) {
    for (let at = 0; at < value.length && left >= 0; at += 1) {
      left = roomAfter(value[at] ?? null, levels - 1, left) - 1;
      empty = false;
    }
  } else {
    for (const key in value) {
      if (left < 0) break;
      const member = value[key];
      // What is there but undefined is not there in JSON.
      if (member === undefined) continue;
      left = roomAfter(member, levels - 1, left - key.length - 3) - 1;
      empty = false;
    }
  }
  return empty ? left - 1 : left;
}

/** Whether two values have the same canonical JSON; they are looked through no further than to the first difference. */
export function sameJson(one: Json, other: Json): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return one === other;
  if (isList(one)) return isList(other) && sameLists(one, other);
  if (isList(other)) return false;
  let members = 0;
  for (const key in one) {
    const member = one[key];
    if (member === undefined) continue;
    const its = Object.hasOwn(other, key) ? other[key] : undefined;
    if (its === undefined || !sameJson(member, its)) return false;
    members += 1;
  }
  for (const key in other) if (other[key] !== undefined) members -= 1;
  return members === 0;
}

function sameLists(one: readonly Json[], other: readonly Json[]): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (!sameJson(one[at] ?? null, other[at] ?? null)) return false;
  return true;
}

/** `Array.isArray` does not narrow readonly arrays. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
