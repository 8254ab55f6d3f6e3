import { createMemoryState } from './memory.js';
import type { StoreLimits } from './quota.js';
import type { State, StateReport } from './state.js';

export interface StateSettings {
  /** Where the shared state lives; undefined = this process shares with nobody. */
  readonly redisUrl: string | undefined;
  /** The folder of a process that shares with nobody; undefined = its state ends with it. Not used beside a Redis. */
  readonly folder?: string | undefined;
  /** What names and texts are hidden with from whoever runs the shared store; the same on all instances. */
  readonly secret: string | Buffer;
  /** Told when the shared store is reached, lost, or set up in a way that breaks promises. */
  readonly report: StateReport;
  /** Whether real money may rest on it: not on what ends with its process. */
  readonly production?: boolean;
  /** How much it takes; for tests. */
  readonly limits?: StoreLimits;
}

/**
 * Opens the state that this deployment is configured for; the libraries for disk and Redis are loaded only when they are asked
 * for. Throws one line when the state is of another secret, or in use by another process that it cannot be shared with.
 */
export async function createState(settings: StateSettings): Promise<State> {
  const { redisUrl, folder, secret, report, production = false, limits } = settings;
  if (redisUrl !== undefined) {
    const { createRedisState } = await import('./redis.js');
    return createRedisState(redisUrl, secret, report, limits);
  }
  if (folder === undefined) return createMemoryState(limits, production ? 'forgets' : undefined);
  const { createEmbeddedState } = await import('./embedded.js');
  return createEmbeddedState(folder, secret, report, limits);
}
