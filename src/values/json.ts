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

/** Whether arrays and objects are nested no deeper than this. */
export function depthFits(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((item) => depthFits(item, depth - 1));
}
