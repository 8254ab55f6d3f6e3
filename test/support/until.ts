// The real clock, whatever a test puts in its place later.
const now = performance.now.bind(performance);
const later = setTimeout;

/**
 * Waits for a fact, and looks often. The limit is there for a test that would hang, and is long because a busy machine may be
 * slow: how fast something has to be is said by `spentOn`.
 */
export async function until(fact: () => boolean, withinMs = 20_000): Promise<void> {
  const end = now() + withinMs;
  while (!fact()) {
    if (now() > end) throw new Error(`never came true: ${fact.toString()}`);
    await new Promise((resolve) => later(resolve, 5));
  }
}
