import { spawn, type ChildProcess } from 'node:child_process';

/** One gateway with a process of its own. */

/** The operator's key of these gateways. */
export const KEY = 'bench-key';

export interface Instance {
  readonly name: string;
  readonly address: string;
  /** Always at the same port. */
  start(): Promise<void>;
  /** Without a word. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  term(): Promise<{ readonly ms: number; readonly code: number | null }>;
}

export function createInstance(
  name: string,
  port: number,
  settings: Readonly<Record<string, string>>,
  /** Arguments of Node: the product's file comes last. */
  product: readonly string[],
): Instance {
  /** One after the other; the last one runs. */
  const children: ChildProcess[] = [];
  const address = `http://127.0.0.1:${port}`;
  const ended = (running: ChildProcess): Promise<number | null> =>
    new Promise((resolve) => {
      if (running.exitCode !== null || running.signalCode !== null) return resolve(running.exitCode);
      running.once('exit', (code) => resolve(code));
    });
  return {
    name,
    address,
    async start() {
      const running = spawn(process.execPath, product, {
        env: { PATH: process.env['PATH'], STATE_DIR: 'memory', ...settings, PORT: String(port) },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(running);
      await new Promise<void>((resolve, reject) => {
        let output = '';
        running.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
        running.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (output.includes(address)) resolve();
          if (output.length > 10_000) {
            if (process.env['FLEET_LOG'] !== undefined) process.stdout.write(output);
            output = '';
          }
        });
      });
      await untilReady(address);
    },
    async kill() {
      const child = children.at(-1);
      if (child === undefined) return;
      const gone = ended(child);
      child.kill('SIGKILL');
      await gone;
    },
    async term() {
      const child = children.at(-1);
      if (child === undefined) throw new Error(`${name} was never started`);
      const gone = ended(child);
      const began = performance.now();
      child.kill('SIGTERM');
      const code = await gone;
      return { ms: performance.now() - began, code };
    },
  };
}

async function untilReady(address: string): Promise<void> {
  const until = performance.now() + 20_000;
  while ((await fetch(`${address}/health/ready`, { headers: { connection: 'close' } })).status !== 200) {
    if (performance.now() > until) throw new Error(`${address} never became ready`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
