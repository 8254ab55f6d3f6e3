import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { faults, type PlantedFault } from './planted-faults.js';

/**
 * Plants known faults in a copy of the source, one at a time, and tells whether the model of the money, or the storm, finds
 * each: `npm run soak:planted [-- <part of a name> <first>]`. MONEY_RUNS says how many histories each is given, STORM_SECONDS
 * how long a storm.
 */
const runs = process.env['MONEY_RUNS'] ?? '150';
const stormSeconds = process.env['STORM_SECONDS'] ?? '90';
const [wanted = '', from = '0'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'headgate-planted-'));
for (const part of ['src', 'test', 'schema', 'package.json', 'vitest.config.ts', 'tsconfig.json'])
  cpSync(part, join(folder, part), { recursive: true });
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
// Neither the model nor the storm starts the built product.
const config = readFileSync('vitest.config.ts', 'utf8');
writeFileSync(join(folder, 'vitest.config.ts'), config.replace(/^ *globalSetup: .*\n/m, ''));

/** What the model said, or undefined when it found nothing. Rejects when it could not even begin. */
function model(stores: readonly string[]): Promise<string | undefined> {
  const files = stores.map((store) => `test/trust/${store === 'storm' ? '' : 'money/'}${store}.test.ts`);
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const env = { ...process.env, MONEY_RUNS: runs, MONEY_SHRINK: 'off', STORM_SECONDS: stormSeconds, NO_COLOR: '1' };
  return new Promise((done, fail) => {
    execFile(
      process.execPath,
      [vitest, 'run', '--bail=1', '--reporter=dot', ...files],
      { cwd: folder, env, maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        const text = `${stdout}\n${stderr}`;
        const said = /Caused by: (?:\w*Error)[^:]*: ([^\n]*)/.exec(text) ?? /AssertionError: ([^\n]*)/.exec(text);
        if (error && !said) fail(new Error(`what looks for faults does not run: ${text.slice(-2_000)}`));
        else done(error ? said?.[1] : undefined);
      },
    );
  });
}

async function tryOne({ file, from, to, stores }: PlantedFault): Promise<string | undefined> {
  const place = join(folder, file);
  const source = readFileSync(place, 'utf8');
  if (source.split(from).length !== 2) throw new Error(`${file} has not exactly one: ${from}`);
  writeFileSync(
    place,
    source.replace(from, () => to),
  );
  try {
    return await model(stores);
  } finally {
    writeFileSync(place, source);
  }
}

const missed: string[] = [];
const chosen = faults.filter(({ name }, index) => name.includes(wanted) && index >= Number(from));
for (const fault of chosen) {
  const began = performance.now();
  const said = await tryOne(fault);
  if (said === undefined) missed.push(fault.name);
  const seconds = ((performance.now() - began) / 1_000).toFixed();
  console.log(
    `${said === undefined ? 'MISSED' : 'found '}  ${fault.name}, ${seconds} s${said ? `: ${said.slice(0, 120)}` : ''}`,
  );
}
rmSync(folder, { recursive: true, force: true });
console.log(`${chosen.length - missed.length} of ${chosen.length} planted faults found`);
process.exitCode = missed.length === 0 ? 0 : 1;
