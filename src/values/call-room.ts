/** For whom an upstream is called; upstream/class-limits.ts says what each means. None takes room of another. */
export const callClasses = ['server', 'caller', 'identity'] as const;

/** Attempts that may wait, of the reads or of the writes of one class. */
export const MOST_WAITING = 100;

/** Writes are rarer than reads, and take longer. */
const WRITES_PER_READ = 0.2;

/** Writes in flight where so many reads may be. */
export function roomForWrites(roomForReads: number): number {
  return Math.max(1, Math.floor(roomForReads * WRITES_PER_READ));
}

/** Calls to one upstream that are in flight or wait for their turn, at the most: so many operations a slow one may hold. */
export function mostHeldByOne(roomForReads: number): number {
  return callClasses.length * (roomForReads + roomForWrites(roomForReads) + 2 * MOST_WAITING);
}
