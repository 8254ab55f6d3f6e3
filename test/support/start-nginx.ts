import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';

const installed = spawnSync('nginx', ['-v']).status === 0;
const required = process.env['HEADGATE_REQUIRE_NGINX'] === '1';

/** Whether what needs nginx runs: where there is one, or when HEADGATE_REQUIRE_NGINX=1 says that there must be. */
export const runsNginx = installed || required;
export const describeWithNginx = runsNginx ? describe : describe.skip;

/** A real nginx of one's own, with these blocks inside `http { }`, listening at a port of 127.0.0.1. */
export async function startNginx(blocks: string, port: number): Promise<{ stop(): Promise<void> }> {
  if (!installed) throw new Error('nginx is not installed (apt-get install nginx-light)');
  const folder = mkdtempSync(join(tmpdir(), 'headgate-nginx-'));
  mkdirSync(join(folder, 'temp'));
  // All that a distribution's file says beside the server, in a folder of its own.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/temp/${name};`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log stderr error;
     events { worker_connections 256; }
     http { access_log off; default_type application/octet-stream; gzip on; ${temporary.join(' ')}
       ${blocks} }`,
  );
  const server = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  server.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  while (!(await answers(port))) {
    if (server.exitCode !== null) throw new Error(`nginx did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    async stop() {
      server.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
