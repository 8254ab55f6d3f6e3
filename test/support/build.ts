import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Examples that read no files of their own. */
const examples = {
  'pay-out': 'pay-out/main.ts',
  recover: 'recover/main.ts',
  'list-pins': 'list-pins.ts',
  'pin-and-watch': 'pin-and-watch.ts',
} as const;
export type BuiltExample = keyof typeof examples;

/** Apps of `examples/clients` that are pages. */
export type ClientApp = 'react-relay' | 'react-apollo' | 'react-urql' | 'sse-other-origin';

async function buildClientApp(name: ClientApp, folder: string): Promise<void> {
  const clients = join(root, 'examples/clients');
  const vite = join(clients, 'node_modules/vite/bin/vite.js');
  await run(process.execPath, [vite, 'build', '--mode', 'development', '--outDir', folder], {
    cwd: join(clients, name),
    env: { ...process.env, NODE_ENV: 'development' },
  });
}

/** What a gateway reads of its package when it starts. */
function copyForStart(folder: string): void {
  cpSync(join(root, 'schema/operations'), join(folder, 'schema/operations'), { recursive: true });
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
}

/** What tests need built from the sources, each made into a folder by whoever needs it first, once for all files of a run. */
const makers = {
  /** As a process a built program starts in a third of the time that its sources take. */
  async product(folder: string) {
    const bundler = join(root, 'node_modules/rolldown/bin/cli.mjs');
    await run(process.execPath, [bundler, '-c', '-d', join(folder, 'dist')], { cwd: root });
    copyForStart(folder);
  },
  async examples(folder: string) {
    const { build } = await import('rolldown');
    await build({
      input: Object.fromEntries(Object.entries(examples).map(([name, file]) => [name, join(root, 'examples', file)])),
      platform: 'node',
      logLevel: 'silent',
      output: { dir: folder, format: 'esm' },
    });
  },
  /** What `examples/try.ts` runs, and that itself: from their sources they take three times as long to start. */
  async tries(folder: string) {
    const { build } = await import('rolldown');
    const input = ['try.ts', 'pay-out/main.ts', 'recover/main.ts'];
    await build({
      input: Object.fromEntries(input.map((file) => [file.replace(/\.ts$/, ''), join(root, 'examples', file)])),
      external: ['lmdb'],
      platform: 'node',
      logLevel: 'silent',
      output: { dir: join(folder, 'examples'), format: 'esm', chunkFileNames: '[name].js' },
    });
    copyForStart(folder);
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  },
  async desk(folder: string) {
    const vite = join(root, 'node_modules/vite/bin/vite.js');
    // Tests run as such; what is built here is the product.
    const env = { ...process.env, NODE_ENV: 'production' };
    await run(process.execPath, [vite, 'build', '-c', 'desk/vite.config.ts', '--outDir', folder], { cwd: root, env });
  },
  async shop(folder: string) {
    const { bundlePage } = await import('../../examples/pay-with-pi/bundle.js');
    writeFileSync(join(folder, 'page.js'), await bundlePage());
  },
  'react-relay': (folder: string) => buildClientApp('react-relay', folder),
  'react-apollo': (folder: string) => buildClientApp('react-apollo', folder),
  'react-urql': (folder: string) => buildClientApp('react-urql', folder),
  'sse-other-origin': (folder: string) => buildClientApp('sse-other-origin', folder),
};
export type Built = keyof typeof makers;

const LONGEST_BUILD_MS = 120_000;

/** Resolves with the folder of what is built; `all` is the folder of this run. */
export async function builtIn(all: string, what: Built): Promise<string> {
  const folder = join(all, what);
  const [began, done] = [`${folder}.began`, `${folder}.done`];
  if (mkdirSync(began, { recursive: true }) !== undefined) {
    mkdirSync(folder);
    const fault = await makers[what](folder).then(
      () => '',
      (error: unknown) => String(error),
    );
    writeFileSync(`${done}.new`, fault);
    renameSync(`${done}.new`, done);
  }
  for (const until = performance.now() + LONGEST_BUILD_MS; !existsSync(done) && performance.now() < until;)
    await wait(50);
  const fault = readFileSync(done, 'utf8');
  if (fault !== '') throw new Error(`${what} cannot be built: ${fault}`);
  return folder;
}

/** Makes the folder for what is built, before all tests. */
export default function makeFolder({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-built-'));
  provide('built', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where what is built in this run stands. */
    built: string;
  }
}
