import { expect, it } from 'vitest';
import { liveThrough, msFor } from './money.js';

const RUNS = Number(process.env['MONEY_RUNS'] ?? 15);

it('pays once, whatever happens, over the state of one process', { timeout: 20_000 + msFor(RUNS) }, async () => {
  const found = await liveThrough('memory', RUNS);
  console.log(found);
  expect(found).toContain(`${RUNS} histories`);
});
