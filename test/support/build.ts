import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Builds the product from the sources once before all tests, into a folder of its own: as a process it starts in a third of the time
 * that the sources take. Tests find it with `product()`.
 */
export default async function build({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-built-'));
  const bundler = join(root, 'node_modules/rolldown/bin/cli.mjs');
  const run = (...args: readonly string[]) => promisify(execFile)(process.execPath, [bundler, ...args], { cwd: root });
  await Promise.all([
    run('-c', '-d', join(folder, 'dist')),
    run('examples/pay-out/main.ts', '-d', join(folder, 'pay-out'), '--platform', 'node', '--log-level', 'silent'),
  ]);
  cpSync(join(root, 'schema/operations'), join(folder, 'schema/operations'), { recursive: true });
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  provide('built', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the product was built. */
    built: string;
  }
}
