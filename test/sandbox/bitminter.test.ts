import { describe, expect, it } from 'vitest';
import { caller, startTestSandbox, type SandboxCaller, type TestSandbox } from '../support/start-sandbox.js';

interface Block {
  readonly id: number;
  readonly chain: string;
  readonly status: string;
  readonly confirmations_left: number | null;
  readonly generated: number;
  readonly income: number | string;
  readonly accepted: number | string;
  readonly generator: string;
  readonly height: number;
}
interface Stats {
  readonly hash_rate: number;
  readonly active_workers: number;
  readonly active_users: number;
}

async function withPool(
  run: (
    get: (path: string, headers?: Record<string, string>) => ReturnType<SandboxCaller>,
    sandbox: TestSandbox,
    key: string,
  ) => Promise<void>,
  speed = 1,
): Promise<void> {
  const sandbox = await startTestSandbox({ speed });
  const call = caller(sandbox.settings['BITMINTER_BASE_URL'] ?? '');
  try {
    await run(
      (path, headers) => call('GET', path, undefined, headers),
      sandbox,
      sandbox.settings['BITMINTER_API_KEY'] ?? '',
    );
  } finally {
    await sandbox.close();
  }
}

type Get = Parameters<Parameters<typeof withPool>[0]>[0];

async function everyBlock(get: Get, filter = ''): Promise<Block[]> {
  const blocks: Block[] = [];
  for (let offset = 0; ; offset += 50) {
    const rows = (await get(`/pool/blocks?max=50&offset=${offset}${filter}`)).json as Block[];
    blocks.push(...rows);
    if (rows.length < 50) return blocks;
  }
}

describe('the figures', () => {
  it('wander with time, and are the same at the same time', () =>
    withPool(async (get, sandbox) => {
      const stats = async () => (await get('/pool/stats')).json as Stats;
      const first = await stats();
      expect(await stats()).toEqual(first);
      sandbox.advance(60_000);
      const later = await stats();
      expect(later.hash_rate).not.toBe(first.hash_rate);
      expect(Math.abs(later.hash_rate / first.hash_rate - 1)).toBeLessThan(0.1);
      expect(Number.isInteger(later.active_workers) && Number.isInteger(later.active_users)).toBe(true);
    }));

  it('come as bare numbers too, in plain text', () =>
    withPool(async (get) => {
      const stats = (await get('/pool/stats')).json as Stats;
      for (const [path, value] of [
        ['hashrate', stats.hash_rate],
        ['workers', stats.active_workers],
        ['users', stats.active_users],
      ] as const) {
        const answer = await get(`/pool/${path}`);
        expect([answer.text, answer.headers.get('content-type')]).toEqual([String(value), 'text/plain; charset=utf-8']);
      }
    }));

  it('of the round grow until the next shift', () =>
    withPool(async (get, sandbox) => {
      const round = async () =>
        (await get('/pool/round')).json as {
          hash_rate: unknown;
          shift_accepted: number;
          shift_duration: number;
          chains: object;
        };
      sandbox.advance(1_000_000);
      const first = await round();
      expect(first).toMatchObject({
        hash_rate: expect.any(String),
        shift_duration: 1_000,
        chains: { BTC: { duration: expect.any(Number) }, NMC: {} },
      });
      sandbox.advance(1_000_000);
      expect((await round()).shift_accepted).toBeGreaterThan(first.shift_accepted);
      sandbox.advance(1_600_000);
      expect((await round()).shift_duration).toBe(0);
    }));
});

describe('blocks', () => {
  it('are 120 of two chains at the start, newest first, in every state', () =>
    withPool(async (get, sandbox) => {
      const blocks = await everyBlock(get);
      expect(blocks).toHaveLength(120);
      expect(new Set(blocks.map(({ id }) => id)).size).toBe(120);
      expect(
        blocks.every(({ generated }, index) => generated <= (blocks[index - 1]?.generated ?? sandbox.now() / 1000)),
      ).toBe(true);
      expect(new Set(blocks.map(({ status }) => status))).toEqual(
        new Set(['processing', 'unconfirmed', 'confirmed', 'stale', 'orphan']),
      );
      for (const { status, confirmations_left: left } of blocks) {
        if (status === 'confirmed') expect(left).toBe(0);
        else if (status === 'unconfirmed') expect(left).toBeGreaterThan(0);
        else expect(left).toBe(status === 'processing' ? null : -1);
      }
      expect(
        blocks.some(
          ({ chain, generated }, index) =>
            generated === blocks[index + 1]?.generated && chain !== blocks[index + 1]?.chain,
        ),
      ).toBe(true);
      expect(new Set(blocks.map(({ income }) => typeof income))).toEqual(new Set(['number', 'string']));
      expect(blocks.some(({ accepted }) => accepted === '9007199254740993127')).toBe(true);
      expect(blocks.some(({ generator }) => generator === '')).toBe(true);
    }));

  it('are filtered by commodity, not by chain', () =>
    withPool(async (get) => {
      const bitcoin = await everyBlock(get, '&commodity=BTC');
      expect(bitcoin).toHaveLength(40);
      expect(new Set(bitcoin.map(({ chain }) => chain))).toEqual(new Set(['BTC']));
      expect(await everyBlock(get, '&chain=BTC')).toHaveLength(120);
      expect(await everyBlock(get, '&commodity=DOGE')).toEqual([]);
    }));

  it.each([1, 60])('are found and confirmed as time goes by, at speed %i', (speed) =>
    withPool(async (get, sandbox) => {
      const before = await everyBlock(get);
      sandbox.advance(200_000 / speed);
      const found = (await everyBlock(get))[0];
      expect(found).toMatchObject({ id: (before[0]?.id ?? 0) + 1, status: 'processing' });
      const statusOf = async () => (await everyBlock(get)).find(({ id }) => id === found?.id);
      sandbox.advance(100_000 / speed);
      expect(await statusOf()).toMatchObject({ status: 'unconfirmed', confirmations_left: 99 });
      sandbox.advance(7_200_000 / speed);
      expect(await statusOf()).toMatchObject({ status: 'confirmed', confirmations_left: 0 });
      expect((await everyBlock(get)).length).toBeGreaterThan(155);
    }, speed),
  );

  it('come ten at a time unless told otherwise; senseless numbers are refused', () =>
    withPool(async (get) => {
      expect((await get('/pool/blocks')).json).toHaveLength(10);
      for (const query of ['max=0', 'max=51', 'offset=-1', 'max=x'])
        expect((await get(`/pool/blocks?${query}`)).status).toBe(400);
    }));
});

it('completes a shift every hour', () =>
  withPool(async (get, sandbox) => {
    const newest = async () =>
      ((await get('/pool/shifts?max=1')).json as { id: number; completed: number; accepted: unknown }[])[0];
    const first = await newest();
    sandbox.advance(3_600_000);
    expect(await newest()).toMatchObject({ id: (first?.id ?? 0) + 1, completed: sandbox.now() / 1000 });
    expect((await get('/pool/shifts?max=50&offset=50')).json).toHaveLength(31);
  }));

it('ranks fifty miners, one with a name of digits alone', () =>
  withPool(async (get) => {
    const names = Object.keys((await get('/pool/top50')).json as object);
    expect(names).toHaveLength(50);
    expect(names[0]).toBe('20817');
  }));

describe('accounts', () => {
  it('open with the key in any of three ways, and not otherwise', () =>
    withPool(async (get, _sandbox, key) => {
      const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}` });
      for (const [path, headers] of [
        ['/users', { authorization: `key=${key}` }],
        ['/users', basic('key')],
        [`/users?key=${key}`, {}],
      ] as const) {
        expect((await get(path, headers)).json).toMatchObject({ name: 'hollow_creek' });
      }
      for (const headers of [{}, { authorization: `key=${key}x` }, { authorization: `Bearer ${key}` }, basic('user')])
        expect((await get('/users', headers)).status).toBe(401);
      expect((await get('/pool/stats')).status).toBe(200);
    }));

  it("are the owner's, a shared one, refused or missing", () =>
    withPool(async (get, _sandbox, key) => {
      const headers = { authorization: `key=${key}` };
      expect((await get('/users/', headers)).json).toMatchObject({ name: 'hollow_creek' });
      expect((await get('/users/Hydro_Shed', headers)).json).toMatchObject({ name: 'hydro_shed' });
      expect((await get('/users/rigwright', headers)).status).toBe(403);
      expect((await get('/users/nobody', headers)).status).toBe(404);
    }));

  it('work: two machines, and one that never did', () =>
    withPool(async (get, sandbox, key) => {
      const account = async () =>
        (await get('/users', { authorization: `key=${key}` })).json as {
          hash_rate: unknown;
          now: number;
          workers: { last_work: number; alive: boolean; work: { BTC?: { total_accepted: number } } }[];
        };
      const first = await account();
      expect(typeof first.hash_rate).toBe('string');
      expect(first.now).toBe(sandbox.now() / 1000);
      expect(first.workers.map(({ alive, last_work: last }) => [alive, last > 0])).toEqual([
        [true, true],
        [true, true],
        [false, false],
      ]);
      sandbox.advance(60_000);
      expect((await account()).workers[0]?.work.BTC?.total_accepted).toBeGreaterThan(
        first.workers[0]?.work.BTC?.total_accepted ?? 0,
      );
    }));
});
