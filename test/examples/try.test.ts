import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { until } from '../support/until.js';
import { builtIn } from '../support/build.js';

const tries = join(await builtIn(inject('built'), 'tries'), 'examples');

/**
 * An example's own command, without the part that installs what is missing: here nothing is. `built` runs the same programs as
 * they were built for this run, which start sooner than their sources.
 */
function start(example: string, how: 'as it is' | 'built') {
  const { scripts } = JSON.parse(readFileSync(`examples/${example}/package.json`, 'utf8')) as {
    readonly scripts: { readonly try: string };
  };
  const [install = '', command = ''] = scripts.try.split(' && ');
  expect(install).toMatch(/^node \.\.\/install\.mjs/);
  expect(command).toMatch(new RegExp(`^tsx \\.\\./try\\.ts \\./${example}/main\\.ts`));
  const built = command.replace('tsx ../try.ts', `node ${tries}/try.js`).replace('/main.ts', '/main.js');
  const child = spawn('bash', ['-c', `exec ${how === 'built' ? built : command}`], {
    cwd: `examples/${example}`,
    env: { PATH: `${resolve('node_modules/.bin')}:${process.env['PATH']}`, SHOP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((done) => void child.once('close', (code) => done(code)));
  return { child, said: () => said, ended };
}

describe('the one command of an example', { timeout: 60_000 }, () => {
  it('pays a user out', async () => {
    const { said, ended } = start('pay-out', 'built');
    expect(await ended, said()).toBe(0);
    expect(said()).toMatch(/^paid by [0-9a-f]{64}$/m);
  });

  it('settles what was left unfinished', async () => {
    const { said, ended } = start('recover', 'built');
    expect(await ended, said()).toBe(0);
    expect(said()).toMatch(/^COMPLETED +unseen-plums/m);
    expect(said()).toMatch(/^CANCELLED +approved-eggs/m);
    expect(said()).toMatch(/^NONE +wrong-amount-quinces .*moved 0\.01 Pi instead of 100 Pi/m);
    expect(said()).toMatch(/^the gateway is at http:\S+\/graphql, its desk at http:\S+\/desk/m);
  });

  it('opens the shop', async () => {
    const { child, said, ended } = start('pay-with-pi', 'as it is');
    try {
      await until(() => said().includes('the shop is at'), 40_000);
      const address = /the shop is at (\S+)/.exec(said())?.[1] ?? '';
      for (const [path, text] of [
        ['', 'Hollow Creek farm shop'],
        ['shop.css', 'prefers-color-scheme: dark'],
        ['page.js', 'A crate of apples'],
        ['pi-sdk.js', 'window.Pi'],
      ] as const)
        expect(await (await fetch(address + path)).text(), path).toContain(text);
    } finally {
      child.kill('SIGINT');
    }
    expect(await ended, said()).toBe(0);
  });
});
