import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createListening } from '../../src/server/http/listening.js';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((close) => close()))));

async function listen(acceptsPerTurn: number) {
  const server = createServer((_request, response) => response.end('here'));
  const failed = vi.fn<(reason: string) => void>();
  const listening = createListening(server, failed);
  open.push(async () => {
    server.closeAllConnections();
    await listening.close();
  });
  const { port } = await listening.listen('127.0.0.1', 0, acceptsPerTurn);
  return { server, listening, failed, port };
}

/** In how many turns so many connections are accepted that stand in line at the same time. */
async function turnsToAccept(server: ReturnType<typeof createServer>, port: number, connections: number) {
  let [accepted, turns] = [0, 0];
  const count = () => (accepted += 1);
  server.on('connection', count);
  // The kernel has them all stand in line before this process looks again.
  const sockets = Array.from({ length: connections }, () => connect(port, '127.0.0.1'));
  while (accepted < connections && turns < 1_000) {
    await turn();
    if (accepted > 0) turns += 1;
  }
  server.off('connection', count);
  for (const socket of sockets) socket.destroy();
  return turns;
}

async function ask(port: number): Promise<string> {
  const [answer] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage];
  return (await answer.toArray()).join('');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a port that is listened on several times', () => {
  it('takes a line of connections in a few turns, where one by one takes as many as there are', async () => {
    const [one, sixteen] = [await listen(1), await listen(16)];
    expect(await turnsToAccept(one.server, one.port, 48)).toBeGreaterThan(40);
    await expect
      .poll(async () => turnsToAccept(sixteen.server, sixteen.port, 48), { interval: 20 })
      .toBeLessThanOrEqual(6);
    expect(sixteen.failed).not.toHaveBeenCalled();
  });

  it('answers on each connection, whichever way it came', async () => {
    const { server, port } = await listen(4);
    await expect.poll(async () => turnsToAccept(server, port, 16), { interval: 20 }).toBeLessThanOrEqual(8);
    expect(await Promise.all(Array.from({ length: 40 }, () => ask(port)))).toEqual(
      Array.from({ length: 40 }, () => 'here'),
    );
  });

  it('refuses connections once it is closed, and is closed when the last one has ended', async () => {
    const { server, listening, port } = await listen(4);
    await expect.poll(async () => turnsToAccept(server, port, 16), { interval: 20 }).toBeLessThanOrEqual(8);
    const sockets = Array.from({ length: 8 }, () => connect(port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    // Each has its answer, so all have been accepted.
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nhost: here\r\n\r\n');
    await Promise.all(sockets.map((socket) => once(socket, 'data')));
    server.closeIdleConnections = () => {};
    let closed = false;
    const closing = listening.close().then(() => (closed = true));
    await expect.poll(() => ask(port).catch(({ code }: NodeJS.ErrnoException) => code)).toBe('ECONNREFUSED');
    expect(closed).toBe(false);
    for (const socket of sockets) socket.destroy();
    await closing;
  });

  it('can be closed before the further ones are there', async () => {
    const { listening, failed, port } = await listen(16);
    await listening.close();
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    expect(await ask(port).catch(({ code }: NodeJS.ErrnoException) => code)).toBe('ECONNREFUSED');
    expect(failed).not.toHaveBeenCalled();
  });

  it('works one by one where no other process can be started, and says why', async () => {
    const { execPath } = process;
    process.execPath = '/nowhere/node';
    try {
      const { failed, port } = await listen(16);
      await expect.poll(() => failed.mock.calls).toEqual([['ENOENT']]);
      expect(await ask(port)).toBe('here');
    } finally {
      process.execPath = execPath;
    }
  });

  it('works one by one where the other process does nothing: it is ended, and the log says why', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
    const silent = join(folder, 'silent');
    const pidFile = join(folder, 'pid');
    await writeFile(silent, `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 60\n`, { mode: 0o755 });
    const { execPath } = process;
    process.execPath = silent;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { failed, port } = await listen(16);
      const pid = await vi.waitFor(async () => {
        const written = Number(await readFile(pidFile, 'utf8'));
        expect(written).toBeGreaterThan(0);
        return written;
      }, 20_000);
      vi.advanceTimersByTime(10_000);
      expect(failed.mock.calls).toEqual([['not done within 10 s']]);
      await expect.poll(() => isAlive(pid)).toBe(false);
      expect(await ask(port)).toBe('here');
    } finally {
      vi.useRealTimers();
      process.execPath = execPath;
      await rm(folder, { recursive: true });
    }
  });
});
