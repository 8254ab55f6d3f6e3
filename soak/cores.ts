import { readFileSync } from 'node:fs';
import { cpuMs } from '../bench/processes.js';

const MS_PER_TICK = 10;
/** In a line of /proc/stat: user, nice, system, and what interrupts took; waiting and what the host took are not among them. */
const BUSY = [1, 2, 3, 6, 7] as const;

/** Processor time that a core has spent so far, in milliseconds, whoever had it. */
function coreMs(core: number): number {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`cpu${core} `));
  const fields = line?.split(' ') ?? [];
  return BUSY.reduce((sum, at) => sum + Number(fields[at]) * MS_PER_TICK, 0);
}

/** Watches a core on which these processes are pinned: the share of it that others had meanwhile. */
export function watchOthers(core: number, pids: readonly number[]): () => number {
  const others = (): number => coreMs(core) - pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
  const [before, began] = [others(), performance.now()];
  return () => Math.max(0, (others() - before) / (performance.now() - began));
}
