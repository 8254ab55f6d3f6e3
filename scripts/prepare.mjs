// Builds the product after an install, where what builds it is installed. Without development dependencies
// (NODE_ENV=production) an install must not fail: it keeps a build that is there, and says what to do when there is none.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const canBuild = existsSync('node_modules/rolldown') && existsSync('node_modules/typescript');
if (canBuild) process.exitCode = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status ?? 1;
else if (!existsSync('dist/main.js'))
  process.stderr.write(
    'headgate: not built, since development dependencies are left out; run `npm ci --include=dev`, then `npm prune --omit=dev`\n',
  );
