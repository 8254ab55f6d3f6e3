import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { schema } from '../../src/graph/index.js';
import { createDocuments } from '../../src/server/operation/documents.js';
import { defaultQueryLimits } from '../../src/server/operation/limits.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** After a while, since what compiled code holds is let go of in steps. */
async function heapMb(): Promise<number> {
  for (let i = 0; i < 4; i += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return process.memoryUsage().heapUsed / 1_048_576;
}

const documents = () => createDocuments({ schema, limits: defaultQueryLimits, hideSuggestions: true });
/** As much as one document may hold, and each another. */
const largest = (name: string): string =>
  `query ${name} { ${Array.from({ length: 10 }, (_, i) => `a${i}: providers { ${'name enabled '.repeat(36)} }`).join(' ')} }`;

it('what is remembered of documents is bounded in bytes', async () => {
  const { prepare } = documents();
  const before = await heapMb();
  for (let i = 0; i < 250; i += 1) expect(prepare(largest(`q${i}`), () => false)).toMatchObject({ errors: [] });
  // All of them take some 70 MB.
  expect((await heapMb()) - before).toBeLessThan(35);
}, 60_000);

it('comments take no memory once they are read', async () => {
  const { prepare } = documents();
  const before = await heapMb();
  const kept: unknown[] = [];
  for (let i = 0; i < 10; i += 1) kept.push(prepare(`{ __typename }${'#\n'.repeat(100_000)}# ${i}`, () => false));
  expect((await heapMb()) - before).toBeLessThan(25);
  expect(kept).toHaveLength(10);
});
