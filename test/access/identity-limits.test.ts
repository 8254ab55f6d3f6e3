import { afterEach, expect, it, vi } from 'vitest';
import { createIdentities } from '../../src/access/identity.js';
import { GatewayError, UpstreamError } from '../../src/errors.js';
import type { OperationScope } from '../../src/providers/provider.js';
import { monotonicNow } from '../../src/values/clock.js';
import { instantFromMillis } from '../../src/values/instant.js';
import { piHarness, userCredential, type PiHarness } from '../providers/pi-support.js';

const harnesses: PiHarness[] = [];
afterEach(() => {
  vi.useRealTimers();
});
afterEach(async () => {
  for (const harness of harnesses.splice(0)) await harness.close();
});

const user = {
  uid: 'uid-of-ann',
  username: 'ann',
  credentials: { scopes: [], valid_until: { iso8601: '2100-01-01T00:00:00Z' } },
};
const overTheLimit = () => new GatewayError('TOO_MANY_REQUESTS', 'enough');

async function start() {
  const harness = await piHarness(() => ({ body: user }));
  harnesses.push(harness);
  const identities = createIdentities(harness.pi, { ttlMs: 60_000, negativeTtlMs: 5_000, timeoutMs: 3_000 });
  /** One caller's operation with the same token as everybody's, charged to the caller. */
  const verify = (charge: OperationScope['onAttempt']) =>
    identities.verify(userCredential, { deadline: monotonicNow() + 3_000, ...(charge && { onAttempt: charge }) });
  return { verify, seen: harness.seen, pi: harness.pi };
}

it('does not refuse one caller for the limit of another who brought the same token', async () => {
  const { verify, seen } = await start();
  let refuse = (): void => {};
  const charged = new Promise<void>((_, reject) => {
    refuse = () => reject(overTheLimit());
  });
  const leader = verify(() => charged);
  const followers = [verify(undefined), verify(undefined), verify(undefined)];
  refuse();
  await expect(leader).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  for (const {
    user: { uid },
  } of await Promise.all(followers))
    expect(uid).toBe('uid-of-ann');
  expect(seen()).toEqual(['GET /me']);
});

it('refuses each who is over a limit, and asks nothing for any of them', async () => {
  const { verify, seen } = await start();
  const charges: number[] = [];
  const callers = Array.from({ length: 5 }, (_, index) =>
    verify(() => {
      charges.push(index);
      throw overTheLimit();
    }),
  );
  for (const caller of callers) await expect(caller).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  expect(charges.toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4]);
  expect(seen()).toEqual([]);
});

it.each([
  ['refused', 'UNAUTHENTICATED'],
  ['known', undefined],
] as const)('remembers ten thousand tokens that are %s, and no more', async (kind, code) => {
  // However long that takes here, nothing of it is forgotten for its age.
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  const { pi } = await start();
  const asked: string[] = [];
  const identify: typeof pi.identify = async ({ fingerprint }) => {
    asked.push(fingerprint);
    if (kind === 'known')
      return {
        uid: fingerprint,
        username: null,
        scopes: [],
        tokenValidUntil: instantFromMillis(Date.now() + 3_600_000),
        walletAddress: null,
        appId: null,
      };
    throw new UpstreamError('unauthorized', { provider: 'pi', operation: 'getMe', delivery: 'answered', status: 401 });
  };
  const identities = createIdentities({ ...pi, identify }, { ttlMs: 60_000, negativeTtlMs: 5_000, timeoutMs: 3_000 });
  const verify = (index: number) =>
    identities.verify({ ...userCredential, fingerprint: `fp-${index}` }, { deadline: monotonicNow() + 60_000 }).then(
      () => undefined,
      (error: GatewayError) => error.code,
    );
  for (let index = 0; index <= 10_000; index += 1) expect(await verify(index)).toBe(code);
  asked.length = 0;
  expect([await verify(10_000), await verify(1)]).toEqual([code, code]);
  expect(asked, 'the last ten thousand').toEqual([]);
  expect(await verify(0)).toBe(code);
  expect(asked, 'the one before').toEqual(['fp-0']);
});
