/** Makes shared data unchangeable to its depth; what is frozen already is so throughout. Errors stay as they are. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Error || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const name of Object.keys(value)) freeze((value as Record<string, unknown>)[name]);
  return value;
}
