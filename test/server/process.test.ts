import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../soak/free-port.js';
import { until } from '../support/until.js';
import { product } from '../support/product.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** The real process with nothing in its environment but the given settings. */
function start(settings: Record<string, string>) {
  const child = spawn(process.execPath, [product()], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const listening = async () => {
    await Promise.race([until(() => /http:\/\/127\.0\.0\.1:\d+/.test(said.out), 30_000), exited]);
    return /http:\/\/127\.0\.0\.1:(\d+)/.exec(said.out)?.[0] ?? '';
  };
  return { child, said, exited, listening };
}

describe('the process', { timeout: 60_000 }, () => {
  it('says every problem of its settings on a line of its own, without values, and exits with 1', async () => {
    const { said, exited } = start({ PORT: 'http-secret', LOG_LEVEL: 'loud', PI_API_KEY: 'k' });
    expect(await exited).toBe(1);
    const lines = said.err.trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => /^headgate: (PORT|LOG_LEVEL): /.test(line))).toBe(true);
    expect(said.err).not.toContain('http-secret');
  });

  it('says in one line that its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { said, exited } = start({ PORT: String(port) });
    expect(await exited).toBe(1);
    expect(said.err).toBe(`headgate: Port ${port} on 127.0.0.1 is already in use; set PORT to a free one.\n`);
    taken.close();
  });

  it('stops when npm, which started it, is gone', async () => {
    // As npm does it: its child gets no signal, and is nobody's child once npm is gone.
    const script = 'require("node:child_process").spawn(process.execPath, [process.argv[1]], { stdio: "inherit" })';
    const npm = spawn(process.execPath, ['-e', script, product()], {
      env: { PATH: process.env['PATH'], PORT: '0', npm_execpath: 'npm-cli.js' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(npm);
    let said = '';
    npm.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => /http:\/\/127\.0\.0\.1:\d+/.test(said));
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? '';
    const lives = async () => (await fetch(`${url}/health/live`).catch(() => null)) !== null;
    expect(await lives()).toBe(true);
    npm.kill('SIGKILL');
    await expect.poll(lives).toBe(false);
  });

  it('opens no inspector on SIGUSR1 and exits with 0 on SIGTERM', async () => {
    const { child, said, exited, listening } = start({ PORT: '0' });
    const url = await listening();
    child.kill('SIGUSR1');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(said.err).not.toMatch(/debugger/i);
  });

  it('answers for its health on a port of its own too, which ends with it', async () => {
    const healthPort = await freePort();
    const { child, exited, listening } = start({ PORT: '0', HEALTH_PORT: String(healthPort) });
    await listening();
    const answer = await fetch(`http://127.0.0.1:${healthPort}/health/live`);
    expect([answer.status, await answer.text()]).toEqual([200, '{"status":"ok"}']);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(await accepts(healthPort)).toBe(false);
  });

  it('ends at once on a second signal', async () => {
    const { child, exited, listening } = start({ PORT: '0' });
    const { port } = new URL(await listening());
    // A request whose body is still on its way keeps the first signal waiting.
    const upload = connect(Number(port), '127.0.0.1', () =>
      upload.write(
        'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n',
      ),
    );
    upload.on('error', () => {});
    await new Promise((resolve) => upload.once('data', resolve));
    child.kill('SIGTERM');
    while (await accepts(Number(port)));
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect(await exited).toBe(1);
  });
});

/** A port that nobody listened on a moment ago. */
/** Whether the port still takes connections. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
