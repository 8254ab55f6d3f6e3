import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Settings } from '../../src/settings.js';
import { product } from './product.js';

/** The built gateway as a supervisor runs it. */
export interface StartedProduct {
  readonly child: ChildProcess;
  readonly address: string;
  readonly said: { err: string };
  readonly exited: Promise<number | null>;
  /** The most memory that it has had, in bytes. */
  peakMemory(): number;
  /** The processor's time that it has used, in milliseconds. */
  usedMs(): number;
}

/** What the kernel counts in: hundredths of a second. */
const TICK_MS = 10;

/** Starts it in production, without a state that is kept, and waits until it is ready. */
export async function startProduct(settings: Settings): Promise<StartedProduct> {
  const child = spawn(process.execPath, [product()], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      PORT: '0',
      LOG_LEVEL: 'silent',
      STATE_DIR: 'memory',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { err: '' };
  child.stderr.on('data', (chunk: Buffer) => {
    said.err += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  const address = await new Promise<string>((resolve, reject) => {
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(out);
      if (found) resolve(found[0]);
    });
    void exited.then(() => reject(new Error(`it ended: ${said.err}`)));
  });
  while (!(await fetch(`${address}/health/ready`)).ok);
  const told = (file: string): string => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    child,
    address,
    said,
    exited,
    peakMemory: () => Number(/VmHWM:\s+(\d+)/.exec(told('status'))?.[1]) * 1_024,
    usedMs() {
      const [, , , , , , , , , , , user = '0', system = '0'] = told('stat')
        .replace(/^.*\) /, '')
        .split(' ');
      return (Number(user) + Number(system)) * TICK_MS;
    },
  };
}
