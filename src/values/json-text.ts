/** A value as JSON; undefined for one that is nested deeper than the stack: parsers of JSON read more than writers can write. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
