// Builds the product after an install, where what builds it is installed. Without development dependencies
// (NODE_ENV=production) an install must not fail: it keeps a build that is there, and says what to do when there is none.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const canBuild = existsSync('node_modules/rolldown') && existsSync('node_modules/typescript');
if (canBuild) {
  // Bundlers list every file that they write: what they say is told only when the build fails.
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) process.stderr.write(`${stdout}${stderr}headgate: the build failed\n`);
  process.exitCode = status ?? 1;
} else if (!existsSync('dist/main.js'))
  process.stderr.write(
    'headgate: not built, since development dependencies are left out; run `npm ci --include=dev`, then `npm prune --omit=dev`\n',
  );
