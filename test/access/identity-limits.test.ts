import { afterEach, expect, it } from 'vitest';
import { createIdentities } from '../../src/access/identity.js';
import { GatewayError } from '../../src/errors.js';
import type { OperationScope } from '../../src/providers/provider.js';
import { piBench, userCredential, type PiBench } from '../providers/pi-support.js';

const benches: PiBench[] = [];
afterEach(async () => { for (const bench of benches.splice(0)) await bench.close(); });

const user = { uid: 'uid-of-ann', username: 'ann', credentials: { scopes: [], valid_until: { iso8601: '2100-01-01T00:00:00Z' } } };
const overTheLimit = () => new GatewayError('TOO_MANY_REQUESTS', 'enough');

async function start() {
  const bench = await piBench(() => ({ body: user }));
  benches.push(bench);
  const identities = createIdentities(bench.pi, { ttlMs: 60_000, negativeTtlMs: 5_000, timeoutMs: 3_000 });
  /** One caller's operation with the same token as everybody's, charged to the caller. */
  const verify = (charge: OperationScope['onAttempt']) => identities.verify(userCredential, { deadline: Date.now() + 3_000, ...(charge && { onAttempt: charge }) });
  return { verify, seen: bench.seen };
}

it('does not refuse one caller for the limit of another who brought the same token', async () => {
  const { verify, seen } = await start();
  let refuse = (): void => {};
  const charged = new Promise<void>((_, reject) => { refuse = () => reject(overTheLimit()); });
  const leader = verify(() => charged);
  const followers = [verify(undefined), verify(undefined), verify(undefined)];
  refuse();
  await expect(leader).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  for (const { user: { uid } } of await Promise.all(followers)) expect(uid).toBe('uid-of-ann');
  expect(seen()).toEqual(['GET /me']);
});

it('refuses each who is over a limit, and asks nothing for any of them', async () => {
  const { verify, seen } = await start();
  const charges: number[] = [];
  const callers = Array.from({ length: 5 }, (_, index) => verify(() => {
    charges.push(index);
    throw overTheLimit();
  }));
  for (const caller of callers) await expect(caller).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  expect(charges.toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4]);
  expect(seen()).toEqual([]);
});
