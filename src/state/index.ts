import { createMemoryState } from './memory.js';
import type { State } from './state.js';

export interface StateSettings {
  /** Where the shared state lives; undefined = in this process. */
  readonly redisUrl?: string | undefined;
}

/** Opens the state that this deployment is configured for; rejects when there is no backend for it. */
export async function createState({ redisUrl }: StateSettings = {}): Promise<State> {
  // Memory in place of a shared store would break, without a word, every promise that spans instances.
  if (redisUrl !== undefined) throw new Error('REDIS_URL is set, but this build has no backend for shared state');
  return createMemoryState();
}
