import type { ChildProcess } from 'node:child_process';
import { ask } from '../bench/dialogue.js';
import type { ProbeOrder, ProbeReport } from './overload-probe.js';

const EVERY_MS = 25;

/** How long answers took, in milliseconds: while the crowd came, and afterwards; and by how much the probe was late itself. */
export interface Probed {
  readonly rising99: number;
  readonly held99: number;
  readonly late99: number;
}
export const noProbe: Probed = { rising99: NaN, held99: NaN, late99: NaN };

/** Has an address asked all the time. */
export async function probe(prober: ChildProcess, url: string, riseMs: number, forMs: number): Promise<Probed> {
  const order: ProbeOrder = { url, everyMs: EVERY_MS, forMs: riseMs + forMs };
  const { ms, lateMs } = await ask<ProbeReport>(prober, order);
  const all = ms.map((one) => one ?? Infinity);
  const rising = Math.ceil(riseMs / EVERY_MS);
  return { rising99: p99(all.slice(0, rising)), held99: p99(all.slice(rising)), late99: p99(lateMs) };
}

function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Infinity;
}
