import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isThere, mutants } from '../soak/mutants-list.js';

it.each(mutants)('a fault that the soak puts into %s can still be put there: %s', (file, change) => {
  expect(isThere(readFileSync(`src/${file}`, 'utf8'), change)).toBe(true);
});
