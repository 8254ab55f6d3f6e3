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
