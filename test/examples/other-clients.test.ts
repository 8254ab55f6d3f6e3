import { execFile, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientsFolder, describeWithClients, needClients } from '../support/client-apps.js';
import { startPinsGateway, type PinsGateway } from '../support/pins-gateway.js';

const cwd = join(clientsFolder, 'others');
const tsx = join(clientsFolder, 'node_modules/tsx/dist/cli.mjs');
const has = (program: string, version: string) => spawnSync(program, [version]).status === 0;

let gateway: PinsGateway;
let env: NodeJS.ProcessEnv;
let newest: unknown;
beforeAll(async () => {
  gateway = await startPinsGateway({});
  env = {
    ...process.env,
    HEADGATE_URL: gateway.endpoint.replace(/\/graphql$/, ''),
    HEADGATE_KEY: gateway.sandbox.operatorKey,
  };
  newest = await gateway.ask('{ pins(first: 2) { edges { node { id status } } } }');
});
afterAll(() => gateway?.close());

async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd, env });
  return stdout;
}

describe('clients with their defaults', { timeout: 60_000 }, () => {
  it.skipIf(!has('java', '--version'))("Java's HttpClient, which offers h2c", async () => {
    expect(JSON.parse(await run('java', ['Ask.java']))).toEqual({ data: newest });
  });

  it.skipIf(!has('curl', '--version'))('curl --http2, which offers h2c', async () => {
    expect(JSON.parse(await run('sh', ['ask.sh']))).toEqual({ data: newest });
  });

  it('graphql-request, page after page', async () => {
    const program = fileURLToPath(new URL('../../examples/list-pins.ts', import.meta.url));
    const { pins } = await gateway.ask<{ pins: { totalCount: number } }>('{ pins(first: 1) { totalCount } }');
    const listed = await promisify(execFile)(process.execPath, ['--import', 'tsx', program], { env });
    expect(listed.stdout.trim().split('\n')).toHaveLength(pins.totalCount);
  });
});

describeWithClients('libraries with their defaults', { timeout: 60_000 }, () => {
  beforeAll(needClients);

  it('Apollo Client 3 with useGETForQueries', async () => {
    const data = JSON.parse(await run(process.execPath, [tsx, 'apollo-3-get.ts'])) as object;
    expect(data).toMatchObject(newest as object);
  });

  it('sofa, which makes REST of the SDL', async () => {
    const child = spawn(process.execPath, [tsx, 'sofa.ts'], {
      cwd,
      env: { ...env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const address = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
        child.once('exit', (code) => reject(new Error(`sofa ended with ${code}`)));
      });
      const answer = await fetch(address);
      const { edges } = (newest as { pins: { edges: readonly object[] } }).pins;
      expect([answer.status, await answer.json()]).toMatchObject([200, { edges }]);
    } finally {
      child.kill();
    }
  });
});
