import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { killRounds } from '../../soak/kill-rounds.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

it(
  'pays once for a key, under the cap, and forgets no end, when it is killed at any point',
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-product-'));
    try {
      const bundler = join(root, 'node_modules/rolldown/bin/cli.mjs');
      await promisify(execFile)(process.execPath, [bundler, '-c', '-d', join(folder, 'dist')], { cwd: root });
      cpSync(join(root, 'schema/operations'), join(folder, 'schema/operations'), { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      const found = await killRounds({ kills: 6, writers: 8, cap: 3, product: [join(folder, 'dist/main.js')] });
      expect(found).toMatchObject({ doubled: 0, lost: 0, repeated: 0 });
      expect(found.told).toBeGreaterThan(0);
      expect(found.paid).toBeLessThanOrEqual(3);
      expect(found.capped, 'payouts that came up against the cap').toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
