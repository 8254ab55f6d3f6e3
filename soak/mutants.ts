/**
 * Breaks `src` in one small way at a time, and says which of these faults the tests notice: `npm run soak:mutants [-- PART]` for
 * those whose file holds PART. Needs a work tree without changes, and puts each file back as it was.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { isThere, mutants, textBefore } from './mutants-list.js';

const PATIENCE_MS = 300_000;
const [part = ''] = process.argv.slice(2);

/** The source with the change; a test of the list says when one is not there any more. */
function broken(source: string, change: string): string {
  if (!isThere(source, change)) throw new Error(`not there, or not once: ${change}`);
  return source.replace(textBefore(change), () => change.replace(/‹.*?→(.*?)›/g, '$1'));
}

/** Whether a test fails, or the run does not end. */
function isNoticed(tests: readonly string[]): boolean {
  const named = tests.map((name) => `test/${name}`);
  const args = ['vitest', 'run', '--bail=1', '--reporter=dot', ...named];
  return spawnSync('npx', args, { stdio: 'ignore', timeout: PATIENCE_MS, killSignal: 'SIGINT' }).status !== 0;
}

let survived = 0;
for (const [name, change, ...tests] of mutants) {
  const file = `src/${name}`;
  if (!file.includes(part)) continue;
  const source = readFileSync(file, 'utf8');
  const mutated = broken(source, change);
  const began = performance.now();
  writeFileSync(file, mutated);
  let noticed: boolean;
  try {
    noticed = isNoticed(tests);
  } finally {
    writeFileSync(file, source);
  }
  survived += noticed ? 0 : 1;
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  console.log(`${noticed ? 'noticed ' : 'SURVIVED'} ${seconds.padStart(3)} s  ${name}  ${change}`);
}
console.log(`${survived} survived`);
process.exitCode = survived === 0 ? 0 : 1;
