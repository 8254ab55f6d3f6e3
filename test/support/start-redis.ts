import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { freePort } from '../../soak/free-port.js';

/** A real Redis of one's own on a loopback port, which keeps nothing on disk. */
export interface TestRedis {
  readonly url: string;
  /** Ends it at once, as a crash would: all it held is gone. */
  kill(): Promise<void>;
  /** Starts it anew at the same port, empty. */
  revive(): Promise<void>;
  /** Stops it in its tracks: connections stay, nobody answers. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

const installed = spawnSync('redis-server', ['--version']).status === 0;
const required = process.env['HEADGATE_REQUIRE_REDIS'] === '1';

/** A suite that needs redis-server: skipped where there is none, unless HEADGATE_REQUIRE_REDIS=1 says that there must be one. */
export const describeWithRedis = installed || required ? describe : describe.skip;

export async function startRedis(): Promise<TestRedis> {
  if (!installed) throw new Error('redis-server is not installed (apt-get install redis-server)');
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'headgate-redis-'));
  let server = await launch(port, directory);
  const kill = () =>
    new Promise<void>((resolve) => {
      if (server.exitCode !== null || server.signalCode !== null) return resolve();
      server.once('exit', () => resolve());
      server.kill('SIGKILL');
    });
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    async revive() {
      server = await launch(port, directory);
    },
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    async stop() {
      await kill();
      // A child of it that rewrites its log may be at that for a moment longer.
      await rm(directory, { recursive: true, force: true, maxRetries: 20 });
    },
  };
}

function launch(port: number, directory: string): Promise<ChildProcess> {
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return new Promise((resolve, reject) => {
    let output = '';
    const ended = (code: number | null): void => reject(new Error(`redis-server ended with ${code}: ${output}`));
    server.once('exit', ended);
    server.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (!output.includes('Ready to accept connections')) return;
      // Only this one: whoever stops it waits for its end too, while it may have more to say.
      server.off('exit', ended);
      resolve(server);
    });
  });
}
