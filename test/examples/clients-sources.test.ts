import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { clientsFolder, describeWithClients, needClients } from '../support/client-apps.js';

const run = (program: string, args: readonly string[], cwd: string) =>
  promisify(execFile)(process.execPath, [program, ...args], { cwd }).then(
    () => 'fits',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout}${stderr}`,
  );

describeWithClients('the apps of examples/clients', { timeout: 60_000 }, () => {
  beforeAll(needClients);

  it('fit the types of their libraries and of the graph', async () => {
    const tada = join(clientsFolder, 'node_modules/gql.tada/bin/cli.js');
    expect(await run(tada, ['generate-output'], join(clientsFolder, 'node-gql-tada'))).toBe('fits');
    expect(await run(join('node_modules', 'typescript/bin/tsc'), ['-p', clientsFolder], '.')).toBe('fits');
  });

  it("have Relay's files as its compiler writes them from schema/schema.graphql", async () => {
    const compiler = join(clientsFolder, 'node_modules/relay-compiler/cli.js');
    expect(await run(compiler, ['--validate'], join(clientsFolder, 'react-relay'))).toBe('fits');
  });
});
