import { createMemoryState } from './memory.js';
import type { State, StateReport } from './state.js';

export interface StateSettings {
  /** Where the shared state lives; undefined = in this process. */
  readonly redisUrl: string | undefined;
  /** What names and texts are hidden with from whoever runs the shared store; the same on all instances. */
  readonly secret: string | Buffer;
  /** Told when the shared store is reached, lost, or set up in a way that breaks promises. */
  readonly report: StateReport;
}

/** Opens the state that this deployment is configured for; the library for Redis is loaded only when it is asked for. */
export async function createState({ redisUrl, secret, report }: StateSettings): Promise<State> {
  if (redisUrl === undefined) return createMemoryState();
  const { createRedisState } = await import('./redis.js');
  return createRedisState(redisUrl, secret, report);
}
