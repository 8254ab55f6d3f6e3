import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const isOurs = /\.(ts|tsx|mjs)$/;
/** Installed, built, or written by a program. */
const isOthers = /(^|\/)(node_modules|dist|generated|__generated__|\.build)\/|\.d\.ts$/;

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => isOurs.test(name) && !isOthers.test(name));
}

// Prettier keeps code to 120 columns, but breaks no text and no comment.
it.each(['src', 'test', 'examples', 'scripts'])('no line of %s has more than 140 characters', (folder) => {
  const long = sourcesIn(folder).flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) => (line.length > 140 ? [`${file}:${index + 1}`] : [])),
  );
  expect(long).toEqual([]);
});

/** They are made once a process, or once a name. */
const LASTING = ['src/access/stream-limits.ts', 'src/values/places.ts', 'src/writes/mutex.ts'];

// What a getter of a literal closes over stays in memory until a large collection: a class costs nothing.
it('no literal that is made for each operation has a getter', () => {
  const found = sourcesIn('src').filter(
    (file) => !file.startsWith('src/sandbox/') && /^ {4,}get \w+\(\)/m.test(readFileSync(file, 'utf8')),
  );
  expect(found.toSorted()).toEqual(LASTING);
});
