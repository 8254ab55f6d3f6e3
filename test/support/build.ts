import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build as bundle } from 'rolldown';
import type { TestProject } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Examples that read no files of their own. */
const examples = { 'pay-out': 'pay-out/main.ts', recover: 'recover/main.ts', 'list-pins': 'list-pins.ts' } as const;
export type BuiltExample = keyof typeof examples;

/**
 * Builds the product and some examples from the sources, once before all tests, into a folder of its own: as a process a built program
 * starts in a third of the time that its sources take. Tests find them with `product()` and `example()`.
 */
export default async function build({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-built-'));
  const bundler = join(root, 'node_modules/rolldown/bin/cli.mjs');
  await promisify(execFile)(process.execPath, [bundler, '-c', '-d', join(folder, 'dist')], { cwd: root });
  await bundle({
    input: Object.fromEntries(Object.entries(examples).map(([name, file]) => [name, join(root, 'examples', file)])),
    platform: 'node',
    logLevel: 'silent',
    output: { dir: join(folder, 'examples'), format: 'esm' },
  });
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
