import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

/** A checkout whose build says that it ran, and fails when told so. */
const BUILD = `const fs = require('node:fs');
fs.mkdirSync('dist', { recursive: true });
fs.writeFileSync('dist/main.js', '');
fs.appendFileSync('builds', 'built ');
process.exit(fs.existsSync('broken') ? 1 : 0);`;
const script = fileURLToPath(new URL('../scripts/prepare.mjs', import.meta.url));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-prepare-'));
  for (const path of ['node_modules/rolldown', 'node_modules/typescript', 'src/deep'])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'build.cjs'), BUILD);
  writeFileSync(join(folder, 'package.json'), '{ "scripts": { "build": "node build.cjs" } }');
  writeFileSync(join(folder, 'src/deep/one.ts'), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** How often it was built once this has run, and what came of it. */
function prepare() {
  const { status, stderr } = spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
  return { status, stderr, builds: readFileSync(join(folder, 'builds'), 'utf8').split(' ').length - 1 };
}

it('leaves a build alone that nothing has changed since', () => {
  expect(prepare()).toMatchObject({ status: 0, builds: 1 });
  expect(prepare()).toMatchObject({ status: 0, builds: 1 });
});

it.each(['src/deep/one.ts', 'package.json'])('builds again when %s has changed', (path) => {
  prepare();
  const later = new Date(Date.now() + 5_000);
  utimesSync(join(folder, path), later, later);
  expect(prepare().builds).toBe(2);
});

it.each(['dist', 'node_modules/.headgate-built'])('builds again without %s', (path) => {
  prepare();
  rmSync(join(folder, path), { recursive: true });
  expect(prepare().builds).toBe(2);
});

it('takes no failed build for one', () => {
  writeFileSync(join(folder, 'broken'), '');
  expect(prepare()).toMatchObject({ status: 1, builds: 1, stderr: expect.stringContaining('the build failed') });
  expect(prepare().builds).toBe(2);
});
