import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { LoadOrder, LoadReport } from './load.js';
import type { PaceOrder, PaceReport } from './pace.js';

/** Processes of the bench: pinned to a core, asked over IPC, ended by their own handle. */

const here = (file: string): string => new URL(file, import.meta.url).pathname;
const TICKS_PER_SECOND = 100;

/** A process that serves, or is about to. */
export interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  /** When it was spawned, on this process's clock. */
  readonly startedAt: number;
  stop(): Promise<void>;
}

export interface Started extends Running {
  /** Milliseconds from the spawn to the first line that tells the address. */
  readonly startMs: number;
}

export interface StartOptions {
  /** One core, or several as `taskset` names them. */
  readonly core: number | string;
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeArgs?: readonly string[];
}

const ADDRESS = /https?:\/\/[\d.]+:\d+/;

/** Starts a Node program pinned to a core and waits until it prints its address. */
export function start({ core, file, args = [], env = {}, nodeArgs = [] }: StartOptions): Promise<Started> {
  const startedAt = performance.now();
  const child = own(
    spawn('taskset', ['-c', String(core), process.execPath, ...nodeArgs, here(file), ...args], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { PATH: process.env['PATH'], ...env },
    }),
  );
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      if (text === 'known') return;
      text += chunk.toString();
      const url = ADDRESS.exec(text)?.[0];
      if (url === undefined) return;
      text = 'known';
      resolve({ url, child, startedAt, startMs: performance.now() - startedAt, stop: () => stop(child) });
    });
  });
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Has a process end with this one, however this one ends. */
export function own(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Has a process end, by force when it does not within 5 seconds of being told. */
export function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** Starts a helper that speaks IPC only: the load, or the pace. */
export function startLoad(core: number | string, file: './load.js' | './pace.js' = './load.js'): ChildProcess {
  return own(
    spawn('taskset', ['-c', String(core), process.execPath, here(file)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { PATH: process.env['PATH'] },
    }),
  );
}

/** Asks a process over IPC and takes its next message for the answer. */
function ask<Answer>(child: ChildProcess, question: object): Promise<Answer> {
  return new Promise((resolve) => {
    child.once('message', (answer) => resolve(answer as Answer));
    child.send(question);
  });
}

/** Gives an order to the load and waits for its report. */
export const load = (child: ChildProcess, order: LoadOrder): Promise<LoadReport> =>
  reported(ask<LoadReport | Failed>(child, order));

/** Gives an order to the pace and waits for its report. */
export const pace = (child: ChildProcess, order: PaceOrder): Promise<PaceReport> =>
  reported(ask<PaceReport | Failed>(child, order));

interface Failed {
  readonly failed: string;
}

async function reported<Report extends object>(answer: Promise<Report | Failed>): Promise<Report> {
  const report = await answer;
  if ('failed' in report) throw new Error(report.failed);
  return report;
}

/** How many requests the upstream double has seen. */
export async function askedOf(upstream: Started): Promise<number> {
  return (await ask<{ asked: number }>(upstream.child, {})).asked;
}

/** Has the upstream double answer this late. */
export async function setDelay(upstream: Started, delayMs: number): Promise<void> {
  await ask(upstream.child, { delayMs });
}

/** Processor time of a process so far, in milliseconds. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** Resident memory of a process, in MB. */
export function rssMb(pid: number): number {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kb) / 1024);
}
