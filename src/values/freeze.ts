/** Makes shared data unchangeable to its depth; what is frozen already is so throughout. Errors stay as they are. */
export function freeze<T>(value: T): T {
  freezeAll(value);
  return value;
}

/** As `freeze`; how many objects that were. */
export function freezeAll(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Error || Object.isFrozen(value)) return 0;
  Object.freeze(value);
  let objects = 1;
  for (const name of Object.keys(value)) objects += freezeAll((value as Record<string, unknown>)[name]);
  return objects;
}
