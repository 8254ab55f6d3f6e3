import { exposeCollector } from './gc.js';

/** Bytes that this process holds, in its heap and beside it, once its garbage is gone. */
export function heldBytes(): number {
  const collector = exposeCollector();
  // Buffers are freed beside the first collection, and counted out by the second.
  collector.major();
  collector.major();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
