import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { LoadOrder, LoadReport } from './load.js';

/** Processes of the bench: pinned to a core, asked over IPC, ended by their own handle. */

const here = (file: string): string => new URL(file, import.meta.url).pathname;
const TICKS_PER_SECOND = 100;

export interface Started {
  readonly url: string;
  readonly child: ChildProcess;
  /** Milliseconds from the spawn to the first line that tells the address. */
  readonly startMs: number;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly core: number;
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeArgs?: readonly string[];
}

const ADDRESS = /https?:\/\/[\d.]+:\d+/;

/** Starts a Node program pinned to a core and waits until it prints its address. */
export function start({ core, file, args = [], env = {}, nodeArgs = [] }: StartOptions): Promise<Started> {
  const startedAt = performance.now();
  const child = spawn('taskset', ['-c', String(core), process.execPath, ...nodeArgs, here(file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env: { PATH: process.env['PATH'], ...env },
  });
  const stop = () => new Promise<void>((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      if (text === 'known') return;
      text += chunk.toString();
      const url = ADDRESS.exec(text)?.[0];
      if (url === undefined) return;
      text = 'known';
      resolve({ url, child, startMs: performance.now() - startedAt, stop });
    });
  });
}

/** Starts a helper that speaks IPC only. */
export function startLoad(core: number): ChildProcess {
  return spawn('taskset', ['-c', String(core), process.execPath, here('./load.js')], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { PATH: process.env['PATH'] } });
}

/** Asks a process over IPC and takes its next message for the answer. */
function ask<Answer>(child: ChildProcess, question: object): Promise<Answer> {
  return new Promise((resolve) => {
    child.once('message', (answer) => resolve(answer as Answer));
    child.send(question);
  });
}

export const load = (child: ChildProcess, order: LoadOrder): Promise<LoadReport> => ask<LoadReport>(child, order);

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
