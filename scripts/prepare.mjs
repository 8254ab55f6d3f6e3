// Builds the product after an install, where what builds it is installed. Without development dependencies
// (NODE_ENV=production) an install must not fail: it keeps a build that is there, and says what to do when there is none.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Newer than what the last build was made of. Every `npm ci` removes it with the rest of this folder. */
const BUILT = 'node_modules/.headgate-built';
const SOURCES = ['src', 'desk', 'schema', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
const MAKERS = ['rolldown.config.ts', 'licences.ts'];

const canBuild = existsSync('node_modules/rolldown') && existsSync('node_modules/typescript');
if (!canBuild) {
  if (!existsSync('dist/main.js'))
    process.stderr.write(
      'headgate: not built, since development dependencies are left out; run `npm ci --include=dev`, then `npm prune --omit=dev`\n',
    );
  // `npx` prepares a checkout too, and a gateway may be running from it: a build takes away the files that it still reads.
} else if (!isBuilt()) build();

function isBuilt() {
  if (!existsSync('dist/main.js') || !existsSync(BUILT)) return false;
  const builtAt = statSync(BUILT).mtimeMs;
  return [...SOURCES, ...MAKERS].flatMap(filesIn).every((path) => statSync(path).mtimeMs <= builtAt);
}

/** A file, or a folder with all that is in it. */
function filesIn(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return [path, ...readdirSync(path, { recursive: true }).map((name) => join(path, name))];
}

function build() {
  // Bundlers list every file that they write: what they say is told only when the build fails.
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status === 0) writeFileSync(BUILT, '');
  else process.stderr.write(`${stdout}${stderr}headgate: the build failed\n`);
  process.exitCode = status ?? 1;
}
