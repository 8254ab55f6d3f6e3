const MOST_PLACES = 8;
/** A line of a stack: a function and a place in a file, nothing else. */
const PLACE = /^\s+at (?:(?:async |new )*[\w$.<>#[\] ]+ \()?(?:file:\/\/|node:)?\/?[\w@./+-]+:\d+:\d+\)?$/;

/**
 * What may be logged of an unexpected error: its class and where it happened. Its message may quote data, also in lines
 * that look like a stack's, so the message is cut off first and then only lines of the exact form are kept.
 */
export function describeThrown(thrown: unknown): { readonly name: string; readonly stack: string } {
  if (!(thrown instanceof Error)) return { name: typeof thrown, stack: '' };
  const { message, stack = '' } = thrown;
  const start = stack.indexOf(message);
  // A message that was changed after the stack was made can no longer be told from it.
  if (start < 0) return { name: thrown.constructor.name, stack: '' };
  const places = stack.slice(start + message.length).split('\n').filter((line) => PLACE.test(line));
  return { name: thrown.constructor.name, stack: places.slice(0, MOST_PLACES).map((line) => line.trim()).join('\n') };
}
