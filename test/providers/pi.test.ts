import { afterEach, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { InvalidInput, UpstreamError } from '../../src/errors.js';
import { pi } from '../../src/providers/pi/index.js';
import { ConfigError, createSettingsReader } from '../../src/settings.js';
import type { PollReading } from '../../src/polling/polling.js';
import type { Payment } from '../../src/providers/pi/model.js';
import type { Script } from '../support/fake-upstream.js';
import { API_KEY, flags, piHarness, rejection, upstreamError, wirePayment, type PiHarness } from './pi-support.js';

const harnesses: PiHarness[] = [];
async function harness(...options: Parameters<typeof piHarness>): Promise<PiHarness> {
  const made = await piHarness(...options);
  harnesses.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(harnesses.splice(0).map((one) => one.close()));
});

const idOf = (path: string) => path.split('/')[3] ?? '';
/** A Platform API that knows every payment. */
const everyPayment: Script = ({ path }) => ({ body: wirePayment({ identifier: idOf(path) }) });
const always =
  (body: unknown, status = 200): Script =>
  () => ({ status, body });

describe('payments', () => {
  it('are asked for once per id, whatever fails beside them', async () => {
    const { session, seen } = await harness((request, response) => {
      const id = idOf(request.path);
      if (id === 'gone') return { status: 404, body: { error: 'payment_not_found' } };
      if (id === 'foreign') return { status: 403, body: { error: 'forbidden' } };
      if (id === 'broken') return { body: '<html>' };
      return everyPayment(request, response);
    });
    const ids = ['a', 'gone', 'b', 'a', 'foreign', 'broken'];
    const results = await Promise.allSettled(ids.map((id) => session.payment(id)));
    expect(
      results.map((result) =>
        result.status === 'fulfilled' ? (result.value?.paymentId ?? null) : (result.reason as UpstreamError).reason,
      ),
    ).toEqual(['a', null, 'b', 'a', null, 'html']);
    expect(seen().sort()).toEqual([
      'GET /payments/a',
      'GET /payments/b',
      'GET /payments/broken',
      'GET /payments/foreign',
      'GET /payments/gone',
    ]);
  });

  it('are asked for again after a failure, not after a success', async () => {
    const { session, upstream, seen } = await harness(always('nonsense'));
    await expect(session.payment('a')).rejects.toMatchObject({ reason: 'not_json' });
    upstream.answer(everyPayment);
    expect(await session.payment('a')).toMatchObject({ paymentId: 'a' });
    await session.payment('a');
    expect(seen()).toHaveLength(2);
  });

  it('have at most ten reads under way', async () => {
    let now = 0;
    let most = 0;
    let full = () => {};
    const ten = new Promise<void>((resolve) => {
      full = resolve;
    });
    const { session } = await harness(async (request, response) => {
      most = Math.max(most, ++now);
      if (now === 10) full();
      await ten;
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      now -= 1;
      return everyPayment(request, response);
    });
    const ids = Array.from({ length: 35 }, (_, index) => `p${index}`);
    expect((await Promise.all(ids.map((id) => session.payment(id)))).map((payment) => payment?.paymentId)).toEqual(ids);
    expect(most).toBe(10);
  });

  it.each(['', '.', '..', 'a/b', 'a%2Fb', 'a?b', 'ü', 'a b', 'x'.repeat(65), 'incomplete_server_payments'])(
    'never send the id %j',
    async (id) => {
      const { session, seen } = await harness(everyPayment);
      expect(await rejection(session.payment(id))).toMatchObject({
        code: 'BAD_USER_INPUT',
        issues: [{ path: ['paymentId'] }],
      });
      for (const write of [session.approve(id), session.cancel(id), session.complete(id, 'a'.repeat(64))]) {
        expect(await rejection(write)).toMatchObject({ issues: [{ path: ['input', 'paymentId'] }] });
      }
      expect(seen()).toEqual([]);
    },
  );

  it('are refused when the answer is about another payment', async () => {
    const { session } = await harness(always(wirePayment({ identifier: 'other' })));
    expect(await upstreamError(session.payment('mine'))).toMatchObject({
      kind: 'bad_response',
      reason: 'identity_mismatch',
    });
  });

  it.each([
    ['identifier', 7],
    ['identifier', undefined],
    ['user_uid', ''],
    ['amount', '4.25 Pi'],
    ['amount', -4.25],
    ['amount', null],
    ['amount', true],
    ['created_at', 'yesterday'],
    ['created_at', 0],
    ['status', null],
    ['status', undefined],
    ['status', { ...flags(), cancelled: 'true' }],
    ['direction', 1],
    ['transaction', { txid: 1 }],
    ['transaction', 'none'],
    ['transaction', { txid: 'aa', verified: 'yes', _link: '' }],
  ])('are refused with a wrong %s: %j', async (field, value) => {
    const { session } = await harness(always(wirePayment({ identifier: 'p1', [field]: value })));
    const error = await upstreamError(session.payment('p1'));
    expect(error).toMatchObject({ kind: 'bad_response', reason: 'shape' });
    expect(error.detail).toMatch(new RegExp(`^${field}`));
  });

  it('bear with what may be missing or unknown', async () => {
    const { session } = await harness(
      always(
        wirePayment({
          identifier: 'p1',
          direction: 'sideways',
          network: 'Pi Network II',
          status: { cancelled: null },
          from_address: '',
          to_address: null,
          metadata: null,
          transaction: undefined,
          extra: { more: 1 },
        }),
      ),
    );
    expect(await session.payment('p1')).toMatchObject({
      direction: 'UNKNOWN',
      network: 'MAINNET',
      state: 'CREATED',
      fromAddress: null,
      toAddress: null,
      metadata: {},
      transaction: null,
    });
  });

  it.each([
    [[], 'CREATED'],
    [['developer_approved'], 'APPROVED'],
    [['transaction_verified'], 'VERIFIED'],
    [['developer_completed'], 'COMPLETED'],
    [['cancelled', 'developer_completed'], 'CANCELLED'],
    [['user_cancelled', 'transaction_verified'], 'CANCELLED'],
  ])('with the flags %j are %s', async (names, state) => {
    const { session } = await harness(always(wirePayment({ identifier: 'p1', status: flags(...names) })));
    expect((await session.payment('p1'))?.state).toBe(state);
  });

  it('keep metadata usable, exact and harmless', async () => {
    const text = JSON.stringify(wirePayment({ identifier: 'p1' })).replace(
      /"metadata":\{.*?\}\},?|"metadata":\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/,
      '"metadata":{"gw_idem":"m1","small":1e-7,"big":12345678901234567890,"long":0.12345678901234567890123,' +
        '"__proto__":{"state":"COMPLETED"},"deep":{"__proto__":{"x":1},"list":[1.50,null]}}',
    );
    const { session } = await harness(always(text));
    const payment = await session.payment('p1');
    expect(payment?.metadata).toEqual({
      small: 1e-7,
      big: '12345678901234567890',
      long: '0.12345678901234567890123',
      deep: { list: [1.5, null] },
    });
    expect(payment?.marker).toBe('m1');
    expect(Object.keys(payment?.metadata ?? {})).not.toContain('__proto__');
    expect(Object.getPrototypeOf(payment?.metadata)).toBe(Object.prototype);
    expect(JSON.parse(JSON.stringify(payment))).toEqual(payment);
  });

  it('are refused with bottomless metadata or a body that contradicts itself', async () => {
    const deep = `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`;
    const { session, upstream } = await harness(
      always(JSON.stringify(wirePayment({ identifier: 'p1', metadata: 'X' })).replace('"X"', deep)),
    );
    expect(await upstreamError(session.payment('p1'))).toMatchObject({ reason: 'shape', detail: 'metadata' });
    upstream.answer(always('['.repeat(20_000)));
    expect(await upstreamError(session.payment('p1'))).toMatchObject({ reason: 'not_json' });
    upstream.answer(
      always(JSON.stringify(wirePayment({ identifier: 'p1' })).replace('"amount":4.25', '"amount":4.25,"amount":400')),
    );
    expect(await upstreamError(session.payment('p1'))).toMatchObject({ reason: 'not_json' });
    upstream.answer(() => ({ status: 204 }));
    expect(await upstreamError(session.payment('p1'))).toMatchObject({ reason: 'empty' });
  });
});

describe('open payouts', () => {
  it('are read once in one operation, anew after a failure', async () => {
    const { session, upstream, seen } = await harness(always('nonsense'));
    await Promise.allSettled([session.incompleteServerPayments(), session.incompleteServerPayments()]);
    upstream.answer(always([]));
    expect(await Promise.all([session.incompleteServerPayments(), session.incompleteServerPayments()])).toEqual([
      [],
      [],
    ]);
    expect(seen()).toHaveLength(2);
  });

  it.each([
    {},
    { incomplete_server_payments: null },
    { incomplete_server_payments: {} },
    { payments: [] },
    null,
    'none',
    0,
  ])('are never guessed from %j', async (body) => {
    const { session } = await harness(always(JSON.stringify(body)));
    expect(await upstreamError(session.incompleteServerPayments())).toMatchObject({
      kind: 'bad_response',
      reason: 'shape',
    });
  });
});

describe('rewarded ads', () => {
  it('encode their id and check it in the answer', async () => {
    const { session, upstream } = await harness(
      always({
        identifier: 'a/b ?',
        mediator_ack_status: 'granted',
        mediator_granted_at: null,
        mediator_revoked_at: null,
      }),
    );
    expect(await session.rewardedAd('a/b ?')).toMatchObject({ rewardable: true, grantedAt: null });
    expect(upstream.requests[0]?.url).toBe('/v2/ads_network/status/a%2Fb%20%3F');
    expect(await upstreamError(session.rewardedAd('another'))).toMatchObject({ reason: 'identity_mismatch' });
  });

  it('are not rewardable on words that nobody knows', async () => {
    const { session } = await harness(
      always({
        identifier: 'ad',
        mediator_ack_status: 'GRANTED!',
        mediator_granted_at: null,
        mediator_revoked_at: null,
      }),
    );
    expect(await session.rewardedAd('ad')).toMatchObject({ mediatorAckStatus: 'UNKNOWN', rewardable: false });
  });

  it('are null when unknown, and an error when refused', async () => {
    const { session, upstream } = await harness(always('', 404));
    expect(await session.rewardedAd('ad')).toBeNull();
    upstream.answer(always('', 403));
    expect(await upstreamError(session.rewardedAd('ad2'))).toMatchObject({ kind: 'forbidden' });
  });

  it.each(['', '.', '..', 'x'.repeat(513), 'half \ud800'])('never send the id %j', async (id) => {
    const { session, seen } = await harness(always({}));
    expect(await rejection(session.rewardedAd(id))).toBeInstanceOf(InvalidInput);
    expect(seen()).toEqual([]);
  });
});

describe('watching', () => {
  const read = async (made: PiHarness, ids: string[], known: ReadonlyMap<string, Payment> = new Map()) =>
    made.session.pollSource().read(ids, known, new AbortController().signal);
  const kindOf = (reading: PollReading<Payment> | undefined) =>
    reading instanceof UpstreamError ? reading.kind : reading instanceof Error ? reading.name : reading?.paymentId;

  it('answers one reading per id', async () => {
    const made = await harness((request, response) => {
      const id = idOf(request.path);
      if (id === 'gone') return { status: 404, body: '' };
      if (id.startsWith('foreign')) return { status: 403, body: { error: 'forbidden' } };
      if (id === 'locked') return { status: 403, body: '' };
      if (id === 'down') return { status: 422, body: {} };
      return everyPayment(request, response);
    });
    const seen = await made.session.payment('p1');
    const readings = await read(
      made,
      ['p1', 'gone', 'foreign1', 'foreign2', 'locked', 'down'],
      new Map(seen ? [['foreign2', seen]] : []),
    );
    expect(readings.get('gone')).toBeNull();
    expect([...readings].map(([id, reading]) => [id, kindOf(reading)])).toEqual([
      ['p1', 'p1'],
      ['gone', undefined],
      ['foreign1', undefined],
      ['foreign2', 'forbidden'],
      ['locked', 'forbidden'],
      ['down', 'rejected'],
    ]);
    const source = made.session.pollSource();
    const [foreign, locked, down] = ['foreign2', 'locked', 'down'].map((id) => readings.get(id) as Error);
    // Pi's own word ends it at once, that of whoever else with the second refusal in a row.
    expect(foreign && source.hopeless(foreign)).toBe(true);
    for (const error of [locked, down]) {
      expect(error && source.hopeless(error)).toBe(false);
      expect(error && source.hopeless(error, locked)).toBe(true);
      expect(error && source.hopeless(error, new Error('an outage'))).toBe(false);
    }
    expect(
      source.hopeless(new UpstreamError('unavailable', { provider: 'pi', operation: 'x', delivery: 'unclear' })),
    ).toBe(false);
    expect(source.key).toBe(made.session.pollSource().key);
    expect(source.key).not.toContain(API_KEY);
    expect(source.notBefore()).toBe(0);
  });

  it('tells changes of state, flag and transaction, and the ends', async () => {
    const made = await harness(everyPayment);
    const source = made.session.pollSource();
    const models = [];
    const tx = { txid: 'aa', verified: false, _link: 'x' };
    for (const change of [
      {},
      { status: flags('developer_approved') },
      { status: flags('developer_approved'), transaction: tx },
      { status: flags('developer_approved'), transaction: { ...tx, verified: true } },
      { status: flags('developer_approved', 'developer_completed'), transaction: tx },
      { status: flags('cancelled') },
    ]) {
      made.upstream.answer(always(wirePayment({ identifier: 'p1', ...change })));
      models.push((await made.open().payment('p1')) as Payment);
    }
    for (const [at, model] of models.entries())
      expect(models.map((other) => source.changed(model, other))).toEqual(models.map((_, other) => other !== at));
    expect(models.map((model) => source.final(model))).toEqual([false, false, false, false, true, true]);
  });
});

describe('the provider', () => {
  it('pings with the server key, if there is one', async () => {
    const made = await harness(always([]));
    await made.pi.ping('pi', { deadline: monotonicNow() + 1_000 });
    expect(made.upstream.requests[0]).toMatchObject({
      url: '/v2/payments/incomplete_server_payments',
      headers: { authorization: `Key ${API_KEY}` },
    });
    expect(made.pi.health()).toMatchObject([
      { name: 'pi', enabled: true, circuit: 'CLOSED', lastSuccessAt: expect.any(Number) },
    ]);
    const keyless = await harness(always([]), { apiKey: undefined });
    expect(await rejection(keyless.pi.ping('pi', { deadline: monotonicNow() + 1_000 }))).toMatchObject({
      code: 'PROVIDER_DISABLED',
    });
  });

  it('reads its settings', () => {
    const read = (settings: Record<string, string>) => {
      const reader = createSettingsReader(settings);
      const config = pi.readConfig(reader);
      reader.finish();
      return config;
    };
    expect(read({})).toEqual({
      baseUrl: 'https://api.minepi.com/v2',
      apiKey: undefined,
      appId: undefined,
      network: undefined,
      paymentPollIntervalMs: 2_000,
    });
    expect(
      read({
        PI_BASE_URL: 'http://127.0.0.1:1/v2/',
        PI_API_KEY: 'k',
        PI_APP_ID: 'a',
        PI_NETWORK: 'testnet',
        PAYMENT_POLL_INTERVAL_MS: '50',
      }),
    ).toEqual({
      baseUrl: 'http://127.0.0.1:1/v2',
      apiKey: 'k',
      appId: 'a',
      network: 'TESTNET',
      paymentPollIntervalMs: 50,
    });
    const wrong = {
      PI_BASE_URL: 'http://pi.example',
      PI_API_KEY: 'two words',
      PI_NETWORK: 'moon',
      PAYMENT_POLL_INTERVAL_MS: '0',
    };
    expect(() => read(wrong)).toThrow(ConfigError);
    try {
      read(wrong);
    } catch (error) {
      expect((error as ConfigError).problems.map((problem) => problem.split(':')[0])).toEqual([
        'PI_BASE_URL',
        'PI_API_KEY',
        'PI_NETWORK',
        'PAYMENT_POLL_INTERVAL_MS',
      ]);
      expect((error as ConfigError).message).not.toMatch(/two words|moon/);
    }
  });
});
