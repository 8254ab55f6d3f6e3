// Writes docs/errors.md, docs/settings.md, docs/schema.md and docs/price.md from the code: `npm run docs`, or `npm run docs -- --check`.
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { errorsPage } from './docs/errors-page.js';
import { pricePage } from './docs/price-page.js';
import { schemaPage } from './docs/schema-page.js';
import { settingsPage } from './docs/settings-page.js';

const pages = {
  'docs/errors.md': errorsPage(),
  'docs/settings.md': settingsPage(readFileSync('.env.example', 'utf8')),
  'docs/schema.md': schemaPage(),
  'docs/price.md': pricePage(),
};

const check = process.argv.includes('--check');
const options = (await resolveConfig('docs/errors.md')) ?? {};
const stale: string[] = [];
for (const [file, text] of Object.entries(pages)) {
  const wanted = await format(text, { ...options, parser: 'markdown' });
  if (!check) writeFileSync(file, wanted);
  else if (readOrEmpty(file) !== wanted) stale.push(file);
}
if (stale.length > 0) {
  process.stderr.write(`stale: ${stale.join(' ')}; run npm run docs\n`);
  process.exitCode = 1;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
