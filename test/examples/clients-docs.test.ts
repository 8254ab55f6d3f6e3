import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const text = readFileSync('docs/clients.md', 'utf8');

/** Blocks of code, each with the file that was linked last before it; `…` alone on a line stands for what is left out. */
const extracts = [...text.matchAll(/\]\(\.\.\/([^)#\s]+\.tsx?)\):\n\n```ts\n([^]*?)^```/gm)].flatMap(
  ([, file = '', code = '']) => code.split(/^…\n/m).map((part) => [file, part.trim()] as const),
);

const lines = (code: string) =>
  code
    .split('\n')
    .map((line) => line.trim())
    .join('\n');

it('every block of code in docs/clients.md belongs to a file', () => {
  expect(text.match(/^```ts/gm)?.length).toBe([...text.matchAll(/\.tsx?\):\n\n```ts\n/g)].length);
});

it.each(extracts)('docs/clients.md shows what %s says: %s', (file, code) => {
  expect(lines(readFileSync(file, 'utf8'))).toContain(lines(code));
});

/** File and name of the tests that a row of the table runs. */
const commands = [...text.matchAll(/`npx vitest run (\S+)(?: -t (\S+))?`/g)].map(
  ([, file = '', name = '']) => [file, name] as const,
);

it.each(commands)('docs/clients.md: npx vitest run %s -t %s finds something', (file, name) => {
  expect(existsSync(join(process.cwd(), file)), file).toBe(true);
  expect(readFileSync(file, 'utf8')).toContain(name);
});
