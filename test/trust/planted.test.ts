import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { faults } from '../../soak/planted-faults.js';

it.each(faults)('the fault "$name" can still be planted', ({ file, from, to }) => {
  expect(readFileSync(file, 'utf8').split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});
