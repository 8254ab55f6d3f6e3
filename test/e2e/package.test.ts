import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.js';
import { buildDesk } from '../support/desk.js';
import { productFolder } from '../support/product.js';

const run = promisify(execFile);

/** The package as it is published, with the libraries of this checkout in place of installed ones. */
describe('the npm package', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-package-'));
  const home = join(folder, 'package');
  let files: readonly string[] = [];

  beforeAll(async () => {
    const checkout = join(folder, 'checkout');
    for (const file of (await run('git', ['ls-files', '-z'])).stdout.split('\0').filter(existsSync))
      cpSync(file, join(checkout, file));
    cpSync(join(productFolder(), 'dist'), join(checkout, 'dist'), { recursive: true });
    cpSync(await buildDesk(), join(checkout, 'dist/desk'), { recursive: true });
    for (const file of ['.env', '.headgate/state', 'node_modules/a/index.js', 'dist/node_modules/a/index.js']) {
      mkdirSync(join(checkout, file, '..'), { recursive: true });
      writeFileSync(join(checkout, file), '');
    }
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const { stdout } = await run('npm', pack, { cwd: checkout });
    const [packed] = JSON.parse(stdout) as [{ readonly filename: string; readonly files: { readonly path: string }[] }];
    files = packed.files.map(({ path }) => path);
    await run('tar', ['-xzf', join(folder, packed.filename), '-C', folder]);
    symlinkSync(resolve('node_modules'), join(home, 'node_modules'));
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('holds the product and what explains it, and nothing else', () => {
    const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { bin: { headgate: string } };
    for (const file of [
      bin.headgate,
      'dist/main.js',
      'dist/desk/index.html',
      'dist/desk/documents.json',
      'LICENSE',
      'README.md',
      'schema/schema.graphql',
      'docs/start.md',
    ])
      expect(files).toContain(file);
    expect(files.filter((file) => /(^|\/)(src|test|node_modules|\.env|\.headgate)(\/|$)/.test(file))).toEqual([]);
  });

  it('says its version, and serves', async () => {
    const env = { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'silent' };
    const { stdout } = await run(process.execPath, ['bin/headgate.js', '--version'], { cwd: home, env });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const child = spawn(process.execPath, ['bin/headgate.js'], {
      cwd: home,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [said, complaints] = ['', ''];
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    try {
      await until(() => said.includes('Operator key'), 60_000);
      const address = /GraphiQL +(http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1] ?? '';
      const page = await fetch(`${address}/graphql`, { headers: { accept: 'text/html' } });
      expect(await page.text()).toContain('query FirstLook');
      const desk = await fetch(`${address}/desk`);
      expect([desk.status, await desk.text()]).toEqual([200, expect.stringContaining('/desk/assets/')]);
      expect(complaints).toBe('');
    } finally {
      child.kill('SIGKILL');
    }
  });
});
