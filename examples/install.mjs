// Installs what a program of this folder needs, where it is not there yet: `node install.mjs [folder]`. First the gateway's own
// libraries, for the program runs against this very checkout, then those of the folder.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [folder] = process.argv.slice(2);
const places = [dirname(here), ...(folder === undefined ? [] : [join(here, folder)])];
for (const place of places.filter((one) => !existsSync(join(one, 'node_modules')))) {
  console.log(`installing the libraries of ${place}`);
  const { status } = spawnSync('npm', ['ci', '--silent'], {
    cwd: place,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}
