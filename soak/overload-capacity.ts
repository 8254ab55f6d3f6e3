import type { ChildProcess } from 'node:child_process';
import { cpuMs, load, type Started } from '../bench/processes.js';
import { headers } from '../bench/servers.js';

/** What a gateway can do when nobody asks too much. */
export interface Capacity {
  readonly perSecond: number;
  /** Processor time of the gateway for each answer, in milliseconds, and as a share of a core: near 1, or the load was too weak. */
  readonly costMs: number;
  readonly busy: number;
}

const FOR_MS = 4_000;
const IN_FLIGHT = 64;
/** A gateway is warm when another four seconds make it so little cheaper; or it never will be. */
const WARM = 1.03;
const MOST_WARM_UPS = 5;

export function createCapacity(loader: ChildProcess) {
  /** Good answers a second when 64 callers each wait for theirs before they ask again. */
  async function capacity({ url, child }: Started, bodies: readonly string[]): Promise<Capacity> {
    const pid = child.pid ?? 0;
    const [spent, began] = [cpuMs(pid), performance.now()];
    const { answers, ms } = await load(loader, {
      port: Number(new URL(url).port),
      path: '/graphql',
      method: 'POST',
      headers,
      bodies,
      connections: IN_FLIGHT,
      forMs: FOR_MS,
    });
    const cost = cpuMs(pid) - spent;
    return { perSecond: (answers / ms) * 1_000, costMs: cost / answers, busy: cost / (performance.now() - began) };
  }

  /** What is measured is a gateway whose code is compiled: judged by processor time, which others on the machine change less. */
  async function warmUp(gateway: Started, bodies: readonly string[]): Promise<void> {
    for (let [best, times] = [Infinity, 0]; times < MOST_WARM_UPS; times += 1) {
      const { costMs } = await capacity(gateway, bodies);
      if (costMs * WARM > best) return;
      best = Math.min(best, costMs);
    }
  }

  return { capacity, warmUp };
}
