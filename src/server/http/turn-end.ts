let end: Promise<void> | undefined;

/**
 * Resolves when this turn of the event loop has heard all that its sockets had to say. Answers that are written then go out
 * together: whoever waits for several of them is woken once, and what makes answers is not interrupted by what sends them,
 * which saves a quarter of a small operation.
 */
export function turnEnd(): Promise<void> {
  return (end ??= new Promise((resolve) => {
    setImmediate(() => {
      end = undefined;
      resolve();
    });
  }));
}
