import { expect, it } from 'vitest';
import { killRounds } from '../../soak/kill-rounds.js';
import { product } from '../support/product.js';

it(
  'pays once for a key, under the cap, and forgets no end, when it is killed at any point',
  { timeout: 120_000 },
  async () => {
    const found = await killRounds({ kills: 6, writers: 8, cap: 3, product: [product()] });
    expect(found).toMatchObject({ doubled: 0, lost: 0, repeated: 0 });
    expect(found.told).toBeGreaterThan(0);
    expect(found.paid).toBeLessThanOrEqual(3);
    expect(found.capped, 'payouts that came up against the cap').toBeGreaterThan(0);
  },
);
