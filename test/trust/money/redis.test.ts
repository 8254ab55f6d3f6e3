import { expect, it } from 'vitest';
import { describeWithRedis } from '../../support/start-redis.js';
import { liveThrough, msFor } from './money.js';

const RUNS = Number(process.env['MONEY_RUNS'] ?? 15);

describeWithRedis('two instances over one Redis', () => {
  it('pay once, whatever happens, also when it comes back empty', { timeout: 20_000 + msFor(RUNS) }, async () => {
    const found = await liveThrough('redis', RUNS);
    console.log(found);
    expect(found).toContain(`${RUNS} histories`);
  });
});
