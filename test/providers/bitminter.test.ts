import { afterEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/errors.js';
import { silentLogger } from '../../src/log.js';
import { bitminter } from '../../src/providers/bitminter/index.js';
import { createSettingsReader, type Settings } from '../../src/settings.js';
import { monotonicNow } from '../../src/values/clock.js';
import {
  answerOf,
  API_KEY,
  callerKey,
  poolHarness,
  poolScript,
  type PoolHarness,
} from '../support/bitminter-harness.js';
import { createTestHttp } from '../support/test-http.js';

let harness: PoolHarness | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await harness?.close();
  harness = undefined;
});

async function open(...args: Parameters<typeof poolHarness>): Promise<PoolHarness> {
  return (harness = await poolHarness(...args));
}

const minute = { cacheTtlMs: 60_000 };
const down = () => ({ status: 503, body: 'down' });
/** Only the clocks: sockets and timers go on. */
const freezeClock = (now: number) => vi.useFakeTimers({ toFake: ['Date', 'performance'], now });

describe('settings', () => {
  const read = (settings: Settings) => {
    const reader = createSettingsReader(settings);
    const config = bitminter.readConfig(reader);
    reader.finish();
    return config;
  };

  it('leave it off, and refuse a key without an address', () => {
    expect(read({})).toEqual({ baseUrl: undefined, apiKey: undefined, cacheTtlMs: 60_000, pollIntervalMs: 60_000 });
    expect(() => read({ BITMINTER_API_KEY: 'k' })).toThrow(/^BITMINTER_BASE_URL: is required/);
    expect(read({ BITMINTER_BASE_URL: 'https://pool.example/api/', POOL_CACHE_TTL_MS: '0' })).toMatchObject({
      baseUrl: 'https://pool.example/api',
      cacheTtlMs: 0,
    });
    for (const wrong of [
      { POOL_CACHE_TTL_MS: '-1' },
      { POOL_POLL_INTERVAL_MS: '0' },
      { BITMINTER_BASE_URL: 'http://pool.example' },
    ]) {
      expect(() => read({ BITMINTER_BASE_URL: 'https://pool.example', ...wrong })).toThrow(Object.keys(wrong)[0]);
    }
  });

  it('that leave it off open nothing', async () => {
    const http = createTestHttp();
    const off = bitminter.create(read({}), {
      http,
      log: silentLogger,
      readbackDelayMs: 1,
      upstreamTimeoutMs: 100,
      writeTimeoutMs: 100,
    });
    const scope = { deadline: monotonicNow() + 1_000 };
    expect(off.health()).toMatchObject([{ name: 'bitminter', enabled: false }]);
    expect(() => off.openPool(scope)).toThrow(expect.objectContaining({ code: 'PROVIDER_DISABLED' }));
    expect(() => off.openMiners(callerKey, scope)).toThrow(expect.objectContaining({ code: 'PROVIDER_DISABLED' }));
    await expect(off.ping('bitminter', scope)).rejects.toMatchObject({ code: 'PROVIDER_DISABLED' });
    await http.close();
  });
});

describe('keys', () => {
  it("go to accounts alone, the caller's as well as the server's", async () => {
    const { pool, miners, upstream } = await open();
    await Promise.all([
      pool().stats(),
      pool().round(),
      pool().topMiners(),
      pool().blocks({ first: 1, after: null }, 'BTC'),
      pool().shifts({ first: 1, after: null }),
    ]);
    await miners().miner(null);
    await miners(callerKey).miner('hydro_shed');
    const sent = upstream.requests.map(({ path, headers }) => [
      path.replace('/api', ''),
      headers.authorization ?? null,
    ]);
    expect(sent.filter(([path]) => path?.startsWith('/pool')).map(([, key]) => key)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(sent.filter(([path]) => path?.startsWith('/users'))).toEqual([
      ['/users', `key=${API_KEY}`],
      ['/users/hydro_shed', 'key=a-callers-key'],
    ]);
  });

  it('keep their answers apart', async () => {
    const { miners, seen } = await open(undefined, minute);
    await miners().miner(null);
    await miners().miner(null);
    await miners(callerKey).miner(null);
    expect(seen()).toEqual(['/users', '/users']);
  });
});

describe('names', () => {
  it.each(['', '.', '..', 'a/b', 'a b', '%2e', 'a?b', 'a#b', 'ü', 'x'.repeat(65)])(
    'like "%s" are not sent',
    async (name) => {
      const { miners, seen } = await open();
      await expect(miners().miner(name)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      expect(seen()).toEqual([]);
    },
  );

  it.each(['', 'btc', 'B', 'BTC&max=1', 'ABCDEFGHIJK'])('of chains like "%s" are not sent', async (commodity) => {
    const { pool, seen } = await open();
    await expect(pool().blocks({ first: 1, after: null }, commodity)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(seen()).toEqual([]);
  });

  it('of miners may be spelled in any case; unknown ones are null', async () => {
    const { miners } = await open(poolScript({ '/users/HYDRO_Shed': answerOf('getUser.ok') }));
    expect(await miners().miner('HYDRO_Shed')).toMatchObject({ name: 'hydro_shed' });
    expect(await miners().miner('nobody')).toBeNull();
  });
});

describe('the figures', () => {
  it('come in one call', async () => {
    const { pool, seen } = await open();
    expect(await pool().stats()).toMatchObject({
      hashRate: '1843207620000000',
      activeWorkers: 2914,
      activeUsers: 871,
      stale: false,
    });
    expect(seen()).toEqual(['/pool/stats']);
  });

  it.each([
    ['missing', { status: 404 }],
    ['a page', answerOf('getPoolStats.parked-domain')],
    ['of another shape', answerOf('getPoolStats.error-in-200')],
  ])('come one by one when the answer is %s', async (_what, answer) => {
    const { pool, seen } = await open(poolScript({ '/pool/stats': answer }));
    expect(await pool().stats()).toMatchObject({ hashRate: '1843207620000000', activeWorkers: 2914, activeUsers: 871 });
    expect(seen().toSorted()).toEqual(['/pool/hashrate', '/pool/stats', '/pool/users', '/pool/workers']);
  });

  it('do not come one by one when the pool is down: one repetition, then the error', async () => {
    const { pool, seen } = await open(down);
    await expect(pool().stats()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(seen()).toEqual(['/pool/stats', '/pool/stats']);
  });

  it('tell the first failure when the single ones are missing too', async () => {
    const { pool } = await open(() => ({ body: '<html></html>' }));
    await expect(pool().stats()).rejects.toMatchObject({ kind: 'bad_response', reason: 'html' });
  });
});

describe('shared answers', () => {
  it('serve everybody for the configured time, then are asked for anew', async () => {
    const start = Date.UTC(2026, 0, 1);
    freezeClock(start);
    const { pool, seen } = await open(undefined, minute);
    const first = await pool().round();
    vi.advanceTimersByTime(59_000);
    expect(await pool().round()).toEqual(first);
    expect(first.asOf.text).toBe('2026-01-01T00:00:00.000Z');
    expect(seen()).toHaveLength(1);
    vi.advanceTimersByTime(2_000);
    expect((await pool().round()).asOf.seconds).toBe(first.asOf.seconds + 61);
    expect(seen()).toHaveLength(2);
  });

  it('stand in for up to ten minutes while the pool is down, marked stale, for stats and round alone', async () => {
    const start = Date.UTC(2026, 0, 1);
    freezeClock(start);
    const { pool, upstream } = await open(undefined, { cacheTtlMs: 0 });
    await Promise.all([
      pool().stats(),
      pool().round(),
      pool().topMiners(),
      pool().blocks({ first: 1, after: null }, null),
    ]);
    upstream.answer(down);
    vi.advanceTimersByTime(599_000);
    const late = () => pool({ deadline: monotonicNow() + 5_000 });
    expect(await late().stats()).toMatchObject({ stale: true, asOf: { seconds: start / 1000 }, activeUsers: 871 });
    expect(await late().round()).toMatchObject({ stale: true, asOf: { seconds: start / 1000 } });
    await expect(late().topMiners()).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(late().blocks({ first: 1, after: null }, null)).rejects.toMatchObject({ kind: 'unavailable' });
    vi.advanceTimersByTime(2_000);
    await expect(late().stats()).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('do not stand in for a pool that answers nonsense', async () => {
    const { pool, upstream } = await open();
    await pool().round();
    upstream.answer(() => ({ body: '<html></html>' }));
    await expect(pool().round()).rejects.toMatchObject({ kind: 'bad_response' });
  });

  it('are never failures, missing accounts or rows that cannot be read', async () => {
    const { pool, miners, seen, upstream } = await open(
      poolScript({ '/pool/blocks': answerOf('getPoolBlocks.bad-row') }),
      minute,
    );
    for (const _again of [1, 2]) {
      await pool().blocks({ first: 5, after: null }, null);
      await miners().miner('nobody');
    }
    expect(seen().filter((path) => path.startsWith('/pool/blocks'))).toHaveLength(2);
    expect(seen().filter((path) => path.startsWith('/users'))).toHaveLength(2);
    upstream.answer(() => ({ status: 400 }));
    await expect(pool().topMiners()).rejects.toMatchObject({ kind: 'rejected' });
    upstream.answer(poolScript());
    expect(await pool().topMiners()).toHaveLength(4);
  });

  it('cannot be changed by those who hold them', async () => {
    const { pool } = await open(undefined, minute);
    const miners = await pool().topMiners();
    expect(() => {
      Object.assign(miners[0] ?? {}, { name: 'me' });
    }).toThrow(TypeError);
  });
});

describe('a read under way', () => {
  /** A pool that answers when told to. */
  function gate() {
    let release: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      release = resolve;
    });
    return {
      release: () => {
        release();
      },
      script: async () => {
        await opened;
        return answerOf('getPoolTop50.ok');
      },
    };
  }
  const asked = (harness: PoolHarness, times: number) =>
    vi.waitFor(() => {
      expect(harness.seen()).toHaveLength(times);
    }, 20_000);

  it('is shared, and goes on when one who waits leaves', async () => {
    const { release, script } = gate();
    const own = await open(script);
    const leaver = new AbortController();
    const first = own.pool({ signal: leaver.signal }).topMiners();
    await asked(own, 1);
    const second = own.pool().topMiners();
    leaver.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    release();
    expect(await second).toHaveLength(4);
    expect(own.seen()).toHaveLength(1);
  });

  it('is given up when the last one leaves', async () => {
    const closed = vi.fn();
    const own = await open((_request, response) => {
      response.once('close', closed);
      return undefined;
    });
    const leavers = [new AbortController(), new AbortController()];
    const reads = leavers.map(({ signal }) => own.pool({ signal }).topMiners());
    await asked(own, 1);
    for (const leaver of leavers) leaver.abort(new Error('gone'));
    for (const read of reads) await expect(read).rejects.toThrow('gone');
    await vi.waitFor(() => {
      expect(closed).toHaveBeenCalledOnce();
    }, 20_000);
  });

  it('keeps nobody beyond their own deadline', async () => {
    const { release, script } = gate();
    const own = await open(script);
    const patient = own.pool().topMiners();
    await asked(own, 1);
    await expect(own.pool({ deadline: monotonicNow() + 20 }).topMiners()).rejects.toMatchObject({ kind: 'timeout' });
    release();
    expect(await patient).toHaveLength(4);
  });

  it('is metered to the one who asks first, whose limit does not refuse the others', async () => {
    const own = await open();
    const refusal = new GatewayError('TOO_MANY_REQUESTS', 'slow down');
    const meter = vi.fn();
    const refused = own
      .pool({
        onAttempt: async () => {
          throw refusal;
        },
      })
      .topMiners();
    const other = own.pool({ onAttempt: meter }).topMiners();
    await expect(refused).rejects.toBe(refusal);
    expect(await other).toHaveLength(4);
    expect(meter).toHaveBeenCalledOnce();
  });
});

describe('blocks by id', () => {
  it('are looked for in one walk, and remembered within the operation', async () => {
    const { pool, seen } = await open();
    const session = pool();
    expect(await Promise.all(['90416', 'none', '90411'].map((id) => session.block(id)))).toMatchObject([
      { blockId: '90416' },
      null,
      { blockId: '90411' },
    ]);
    expect(await session.block('90416')).toMatchObject({ chain: 'BTC' });
    expect(seen()).toEqual(['/pool/blocks?max=50&offset=0']);
  });

  it('may be a row that does not show its id: that is an error, and none of those that were found', async () => {
    const whole = answerOf('getPoolBlocks.ok');
    for (const row of ['gone', null, {}]) {
      const body = [...(whole.body as object[]), row];
      const session = (await open(poolScript({ '/pool/blocks': { ...whole, body } }))).pool();
      expect(await session.block('90416')).toMatchObject({ blockId: '90416' });
      await expect(session.block('none')).rejects.toMatchObject({ kind: 'bad_response' });
      await harness?.close();
    }
  });
});

describe('the poll of the figures', () => {
  it('asks anew each time but the first, and has one key for everybody', async () => {
    const { pool, seen } = await open(undefined, minute);
    await pool().stats();
    const source = pool().statsPollSource();
    const none = new AbortController().signal;
    const first = (await source.read(['stats'], new Map(), none)).get('stats');
    expect(seen()).toHaveLength(1);
    if (!first || first instanceof Error) throw new Error('no figures');
    const second = (await source.read(['stats'], new Map([['stats', first]]), none)).get('stats');
    expect(seen()).toHaveLength(2);
    if (!second || second instanceof Error) throw new Error('no figures');
    expect(source.changed(first, second)).toBe(false);
    expect(source.changed(first, { ...second, activeUsers: 5 })).toBe(true);
    expect(source.final(second)).toBe(false);
    expect(source.key).toBe(pool().statsPollSource().key);
    expect(await pool().stats()).toEqual(second);
  });

  it('does not take an old answer for news', async () => {
    const { pool, upstream } = await open();
    const stats = await pool().stats();
    upstream.answer(down);
    const source = pool().statsPollSource();
    await expect(
      source.read(['stats'], new Map([['stats', stats]]), new AbortController().signal),
    ).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

it('says how it is doing', async () => {
  const { provider } = await open();
  expect(provider.health()).toMatchObject([
    { name: 'bitminter', enabled: true, circuit: 'CLOSED', lastSuccessAt: undefined },
  ]);
  await provider.ping('bitminter', { deadline: monotonicNow() + 1_000 });
  expect(provider.health()[0]?.lastSuccessAt).toBeGreaterThan(0);
});
