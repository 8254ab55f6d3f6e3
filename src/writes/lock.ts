import { randomUUID } from 'node:crypto';
import { monotonicNow } from '../values/clock.js';
import { sleep } from '../values/sleep.js';
import type { Leases } from '../state/state.js';
import { busy } from './write-errors.js';

/** Runs tasks one at a time per name, among all instances. */
export interface Lock {
  /** Rejects with OVERLOADED, and runs nothing, when the name stays taken. When the leases cannot be asked the task runs all the same. */
  run<R>(name: string, task: () => Promise<R>): Promise<R>;
}

/** How long a name stays taken after its holder's process has died. */
const LEASE_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** `patienceMs` bounds the wait for a name, unless a dead holder's lease takes longer to end. */
export function createLock(leases: Leases, patienceMs: number, leaseMs = LEASE_MS): Lock {
  /** Takes or prolongs; undefined when nobody can tell. */
  async function claim(owner: string, name: string): Promise<boolean | undefined> {
    try {
      return (await leases.claim(owner, [{ name, ttlMs: leaseMs }]))[0]?.held;
    } catch {
      return undefined;
    }
  }

  async function take(owner: string, name: string): Promise<void> {
    const patience = monotonicNow() + Math.max(patienceMs, 1.5 * leaseMs);
    while ((await claim(owner, name)) === false) {
      if (monotonicNow() >= patience) throw busy();
      // Not in step with the others that wait.
      await sleep(LOOK_EVERY_MS * (0.5 + Math.random()));
    }
  }

  return {
    async run(object, task) {
      const owner = randomUUID();
      const name = `write\0${object}`;
      await take(owner, name);
      const heartbeat = setInterval(() => void claim(owner, name), leaseMs / 3);
      try {
        return await task();
      } finally {
        clearInterval(heartbeat);
        // One that could not be given up ends by itself.
        await leases.release(owner, [name]).catch(() => undefined);
      }
    },
  };
}
