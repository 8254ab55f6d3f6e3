const MOST_PLACES = 8;
/** A line of a stack: a function and a place in a file, nothing else. */
const PLACE = /^\s+at (?:(?:async |new )*[\w$.<>#[\] ]+ \()?(?:file:\/\/|node:)?\/?[\w@./+-]+:\d+:\d+\)?$/;

/**
 * What may be logged of an unexpected error: its class and where it happened. Its message may quote data, also in lines
 * that look like a stack's, so the message is cut off first and then only lines of the exact form are kept.
 */
export function describeThrown(thrown: unknown): { readonly name: string; readonly stack: string } {
  if (!(thrown instanceof Error)) return { name: typeof thrown, stack: '' };
  const places = withoutMessage(thrown)
    .split('\n')
    .filter((line) => PLACE.test(line));
  return {
    name: thrown.constructor.name,
    stack: places
      .slice(0, MOST_PLACES)
      .map((line) => line.trim())
      .join('\n'),
  };
}

/** The stack after its message; nothing when the message was changed since, for then it cannot be told where it ends. */
function withoutMessage({ message, stack = '' }: Error): string {
  const title = /^[\w$.]+(?: \[\w+\])?/.exec(stack)?.[0] ?? '';
  const start = message === '' ? `${title}\n` : `${title}: ${message}\n`;
  return stack.startsWith(start) ? stack.slice(start.length) : '';
}
