import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientsFolder, describeWithClients, needClients } from '../support/client-apps.js';
import { startPinsGateway, type PinsGateway } from '../support/pins-gateway.js';

const folder = join(clientsFolder, 'node-gql-tada');

/** Runs the program; `lines` grows as it speaks. */
function start(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [join(clientsFolder, 'node_modules/tsx/dist/cli.mjs'), 'src/main.ts'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { ended, lines: () => said.trim().split('\n'), kill: () => child.kill() };
}

describeWithClients('gql.tada and TanStack Query in Node', { timeout: 60_000 }, () => {
  let gateway: PinsGateway;
  beforeAll(async () => {
    needClients();
    gateway = await startPinsGateway({});
  });
  afterAll(() => gateway?.close());

  it('lists every pin and follows those under way to their ends', async () => {
    await gateway.addPin('kept');
    const removed = await gateway.addPin('slow-and-removed');
    const { pins } = await gateway.ask<{ pins: { totalCount: number } }>('{ pins(first: 1) { totalCount } }');
    const { lines, ended, kill } = start({
      HEADGATE_URL: gateway.endpoint.replace(/\/graphql$/, ''),
      HEADGATE_KEY: gateway.sandbox.operatorKey,
    });
    try {
      await expect.poll(lines, { timeout: 30_000 }).toContainEqual(expect.stringMatching(/^following [1-9]/));
      const listed = lines().findIndex((line) => line.startsWith('following'));
      expect(listed).toBe(pins.totalCount);
      const news = () => lines().slice(listed + 1);
      await expect.poll(news, { timeout: 30_000 }).toContain('QUEUED   kept');
      gateway.sandbox.advance(10_000);
      await expect.poll(news, { timeout: 30_000 }).toContain('PINNED   kept');
      await gateway.ask('mutation ($input: RemovePinInput!) { removePin(input: $input) { __typename } }', {
        input: { requestId: removed },
      });
      await expect.poll(news, { timeout: 30_000 }).toContain('REMOVED  slow-and-removed');
      gateway.sandbox.advance(120_000);
      expect(await ended).toBe(0);
    } finally {
      kill();
    }
  });
});
