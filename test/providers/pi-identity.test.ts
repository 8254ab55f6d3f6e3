import { afterEach, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import type { Script } from '../support/fake-upstream.js';
import { example, piHarness, upstreamError, userCredential, type PiHarness } from './pi-support.js';

const harnesses: PiHarness[] = [];
async function harness(...options: Parameters<typeof piHarness>): Promise<PiHarness> {
  const made = await piHarness(...options);
  harnesses.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(harnesses.splice(0).map((one) => one.close()));
});

const always =
  (body: unknown, status = 200): Script =>
  () => ({ status, body });

describe('identity', () => {
  const scope = () => ({ deadline: monotonicNow() + 5_000 });
  const me = (changes: Record<string, unknown>) => ({ ...(example('getMe.ok').response.body as object), ...changes });
  const until = (valid_until: unknown) => ({ scopes: [], valid_until });

  it.each([
    [{ iso8601: '2090-01-01T00:00:00+01:00', timestamp: 5 }, '2089-12-31T23:00:00Z'],
    [{ iso8601: 'soon', timestamp: 4_070_908_799 }, '2098-12-31T23:59:59Z'],
    [{ timestamp: 99_999_999_999 }, '5138-11-16T09:46:39Z'],
    [{ timestamp: 4_070_908_799_000 }, '2098-12-31T23:59:59.000Z'],
  ])('reads %j as %s', async (validUntil, text) => {
    const { pi: provider } = await harness(always(me({ credentials: until(validUntil) })));
    expect((await provider.identify(userCredential, scope())).tokenValidUntil.text).toBe(text);
  });

  it.each([
    [],
    null,
    'text',
    5,
    {},
    me({ uid: '' }),
    me({ uid: 5 }),
    me({ uid: null }),
    me({ username: 5 }),
    me({ credentials: null }),
    me({ credentials: { valid_until: { timestamp: 4_070_908_799 } } }),
    me({ credentials: until(null) }),
    me({ credentials: until({}) }),
    me({ credentials: until({ timestamp: '4070908799' }) }),
    me({ credentials: until({ timestamp: -1 }) }),
    me({ credentials: until({ timestamp: 1e300 }) }),
    me({ credentials: until({ iso8601: '2020-01-01T00:00:00Z' }) }),
    me({ credentials: until({ timestamp: 1_500_000_000 }) }),
    me({ app_id: 7 }),
  ])('denies %j', async (body) => {
    const { pi: provider } = await harness(always(JSON.stringify(body)));
    expect(await upstreamError(provider.identify(userCredential, scope()))).toMatchObject({
      kind: 'unauthorized',
      credential: 'caller',
    });
  });

  it('denies the token of another app when it knows its own', async () => {
    const script = always(example('getMe.undocumented-fields').response.body);
    expect(
      await upstreamError((await harness(script, { appId: 'other-app' })).pi.identify(userCredential, scope())),
    ).toMatchObject({ kind: 'unauthorized' });
    expect(await (await harness(script, { appId: 'hollow-creek' })).pi.identify(userCredential, scope())).toMatchObject(
      {
        appId: 'hollow-creek',
      },
    );
    expect(
      await (await harness(always(me({})), { appId: 'other-app' })).pi.identify(userCredential, scope()),
    ).toMatchObject({ appId: null });
  });

  const outages: [string, Script][] = [
    ['HTML', always('<html>Welcome</html>')],
    ['an empty body', () => ({ status: 200 })],
    ['half a body', always('{"uid":"u')],
    ['a redirect', () => ({ status: 302, headers: { location: '/elsewhere' } })],
    ...[400, 403, 404, 429, 500, 503].map((status): [string, Script] => [
      `status ${status}`,
      always({ error: 'missing_scope' }, status),
    ]),
    [
      'a cut connection',
      (_request, response) => {
        response.destroy();
        return undefined;
      },
    ],
  ];
  it.each(outages)('does not deny anybody because of %s', async (_name, script) => {
    const { pi: provider } = await harness(script);
    expect((await upstreamError(provider.identify(userCredential, scope()))).kind).not.toBe('unauthorized');
  });

  it('asks on a new socket each time, and never with a token that no header can carry', async () => {
    const { pi: provider, upstream, seen } = await harness(always(me({})));
    await provider.identify(userCredential, scope());
    await provider.identify(userCredential, scope());
    expect(upstream.requests.map(({ headers }) => headers.connection)).toEqual(['close', 'close']);
    const strange = { ...userCredential, fields: { token: 'a\r\nx: y' } };
    expect(await upstreamError(provider.identify(strange, scope()))).toMatchObject({ kind: 'unauthorized' });
    expect(seen()).toHaveLength(2);
  });
});
