/** Whatever was thrown, as an error. What it was if it is none may be data, and is not told. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('something that is not an error was thrown');
}
