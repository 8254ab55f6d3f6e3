import { afterEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../src/settings.js';
import { answerOf, poolScript } from '../support/bitminter-harness.js';
import { createTestApp, gatewayKey, operatorHeaders, type GraphAnswer } from '../support/create-test-app.js';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type Script } from '../support/fake-upstream.js';

interface PoolApp {
  readonly upstream: FakeUpstream;
  readonly query: <Data = Record<string, never>>(
    text: string,
    variables?: object,
    headers?: Record<string, string>,
  ) => Promise<GraphAnswer<Data>>;
  readonly subscribe: <Data>(
    text: string,
    variables: object,
    headers: Record<string, string>,
    signal: AbortSignal,
  ) => AsyncGenerator<GraphAnswer<Data>>;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function start(script: Script = poolScript(), settings: Settings = {}): Promise<PoolApp> {
  const upstream = await fakeUpstream(script);
  const app = await createTestApp({
    BITMINTER_BASE_URL: `${upstream.url}/api`,
    BITMINTER_API_KEY: 'server-key',
    POOL_CACHE_TTL_MS: '0',
    POOL_POLL_INTERVAL_MS: '30',
    GATEWAY_KEYS: `${gatewayKey('bm:read')},${gatewayKey('pin:read', 'another-key', 'others')}`,
    ...settings,
  });
  closers.push(async () => {
    await app.close();
    await upstream.close();
  });
  return { upstream, query: (...args) => app.query(...args), subscribe: (...args) => app.subscribe(...args) };
}

const anonymous = {};
const codes = (answer: {
  errors?: readonly { extensions: Readonly<Record<string, unknown>>; path?: readonly unknown[] }[];
}) => answer.errors?.map(({ extensions, path }) => [path?.[0], extensions['code']]) ?? [];

describe('pool data', () => {
  it('is for anyone, in any unit', async () => {
    const { query, upstream } = await start();
    const { data, errors } = await query(
      `{
      poolStats { hashRate mega: hashRate(unit: MH_PER_S) peta: hashRate(unit: PH_PER_S) activeWorkers activeUsers stale asOf }
      poolRound { hashRate shift { accepted rejected durationSeconds score } chains { chain } btc: chains(chain:
      "BTC") { chain accepted rejected durationSeconds difficulty } }
      poolShifts(first: 1) { nodes { shiftId difficulty accepted rejected score completedAt durationSeconds } pageInfo { hasNextPage } }
      topMiners { rank name hashRate mega: hashRate(unit: MH_PER_S) }
    }`,
      {},
      anonymous,
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      poolStats: {
        hashRate: 1843207.62,
        mega: 1843207620,
        peta: 1.84320762,
        activeWorkers: 2914,
        activeUsers: 871,
        stale: false,
        asOf: expect.stringMatching(/Z$/),
      },
      poolRound: {
        hashRate: 1843207.62,
        shift: { accepted: 1533907712, rejected: 2214784, durationSeconds: 3127, score: 1530214.4471 },
        chains: [{ chain: 'BTC' }, { chain: 'NMC' }],
        btc: [
          {
            chain: 'BTC',
            accepted: 498112307200,
            rejected: 733184512,
            durationSeconds: 1034220,
            difficulty: 3511060552899.72,
          },
        ],
      },
      poolShifts: {
        nodes: [{ shiftId: '51220', completedAt: '2018-06-25T08:48:00Z', accepted: 1760559104 }],
        pageInfo: { hasNextPage: true },
      },
      topMiners: [
        { rank: 1, name: 'rigwright', hashRate: 61250.4005, mega: 61250400.5 },
        { rank: 2, name: 'coldbarn' },
        { rank: 3, name: '20817' },
        { rank: 4, name: 'hydro_shed' },
      ],
    });
    expect(upstream.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it('keeps digits that a float would lose', async () => {
    const { query } = await start(poolScript({ '/pool/blocks': answerOf('getPoolBlocks.huge-numbers') }));
    const { data } = await query('{ poolBlocks { nodes { accepted income } } }', {}, anonymous);
    expect(data).toEqual({
      poolBlocks: { nodes: [{ accepted: '9223372036854775808', income: '0.1234567890123456789' }] },
    });
  });

  it.each([
    [
      'getPoolBlocks.ok',
      [
        { status: 'UNCONFIRMED', confirmationsLeft: 87 },
        { status: 'ORPHAN', confirmationsLeft: -1 },
        { status: 'CONFIRMED', confirmationsLeft: 0 },
      ],
    ],
    ['getPoolBlocks.unknown-status', [{ status: 'UNKNOWN', confirmationsLeft: 87 }]],
    [
      'getPoolBlocks.sparse',
      [
        { status: 'PROCESSING', confirmationsLeft: null },
        { status: 'STALE', confirmationsLeft: null },
      ],
    ],
  ])('shows the blocks of %s', async (name, nodes) => {
    const { query } = await start(poolScript({ '/pool/blocks': answerOf(name) }));
    expect((await query('{ poolBlocks { nodes { status confirmationsLeft } } }', {}, anonymous)).data).toEqual({
      poolBlocks: { nodes },
    });
  });

  it('loses no page to a row that cannot be read', async () => {
    const { query } = await start(poolScript({ '/pool/blocks': answerOf('getPoolBlocks.bad-row') }));
    const { data, errors } = await query('{ poolBlocks { edges { cursor node { blockId } } } }', {}, anonymous);
    expect(data).toMatchObject({
      poolBlocks: {
        edges: [{ node: { blockId: '90417' } }, { node: null }, { node: null }, { node: { blockId: '90411' } }],
      },
    });
    expect(errors?.map(({ path, extensions }) => [path?.join('.'), extensions['code']])).toEqual([
      ['poolBlocks.edges.1.node', 'UPSTREAM_INVALID_RESPONSE'],
      ['poolBlocks.edges.2.node', 'UPSTREAM_INVALID_RESPONSE'],
    ]);
  });

  it('fails field by field, and remembers what it may while the pool is down', async () => {
    const { query, upstream } = await start();
    const text =
      '{ poolStats { stale activeUsers } poolRound { stale } topMiners { rank } poolBlocks { nodes { id } } }';
    await query(text, {}, anonymous);
    upstream.answer(() => ({ status: 503 }));
    const answer = await query(text, {}, anonymous);
    expect(answer.data).toEqual({
      poolStats: { stale: true, activeUsers: 871 },
      poolRound: { stale: true },
      topMiners: null,
      poolBlocks: null,
    });
    expect(codes(answer)).toEqual(
      expect.arrayContaining([
        ['topMiners', 'UPSTREAM_UNAVAILABLE'],
        ['poolBlocks', 'UPSTREAM_UNAVAILABLE'],
      ]),
    );
  });

  it('is asked for once by a whole operation, and by all within the time to live', async () => {
    const { query, upstream } = await start(undefined, { POOL_CACHE_TTL_MS: '60000' });
    for (const _again of [1, 2])
      await query(
        '{ a: poolStats { hashRate } b: poolStats { activeUsers } c: poolBlocks(first: 1) { nodes { id } } ' +
          'd: poolBlocks(first: 2) { nodes { id } } }',
        {},
        anonymous,
      );
    expect(upstream.requests.map(({ path }) => path).toSorted()).toEqual(['/api/pool/blocks', '/api/pool/stats']);
  });

  it('is off without an address, field by field', async () => {
    const app = await createTestApp({ PI_API_KEY: 'k', GATEWAY_KEYS: gatewayKey('bm:read') });
    closers.push(() => app.close());
    const text =
      '{ poolStats { stale } poolRound { stale } poolBlocks { nodes { id } } poolShifts { nodes { shiftId ' +
      '} } topMiners { rank } miner { name } providers { name enabled } }';
    const answer = await app.query<{ providers: { name: string; enabled: boolean }[] }>(text);
    expect(codes(answer).map(([, code]) => code)).toEqual(Array.from({ length: 6 }, () => 'PROVIDER_DISABLED'));
    expect(answer.data?.providers).toContainEqual({ name: 'bitminter', enabled: false });
    expect(codes(await app.query('{ miner { name } }', {}, anonymous))).toEqual([['miner', 'UNAUTHENTICATED']]);
    expect(codes(await app.query('{ miner { name } }', {}, { 'x-bitminter-key': 'mine' }))).toEqual([
      ['miner', 'PROVIDER_DISABLED'],
    ]);
  });
});

describe('pages', () => {
  /** A pool with so many blocks, newest first; more may be found. */
  function minedPool(count: number) {
    const template = (answerOf('getPoolBlocks.ok').body as Record<string, unknown>[])[0];
    const rows = Array.from({ length: count }, (_, index) => ({
      ...template,
      id: count - index,
      generated: 1_500_000_000 + (count - index) * 60,
      chain: (count - index) % 2 ? 'BTC' : 'NMC',
    }));
    const script: Script = ({ query }): FakeAnswer => {
      const offset = Number(query.get('offset'));
      return {
        body: rows
          .filter(({ chain }) => (query.get('commodity') ?? chain) === chain)
          .slice(offset, offset + Number(query.get('max'))),
      };
    };
    return {
      script,
      find: () => {
        rows.unshift({
          ...template,
          id: rows.length + 1,
          generated: 1_500_000_000 + (rows.length + 1) * 60,
          chain: 'BTC',
        });
      },
    };
  }
  interface Page {
    poolBlocks: {
      edges: { cursor: string; node: { id: string; blockId: string } }[];
      pageInfo: {
        hasNextPage: boolean;
        hasPreviousPage: boolean;
        endCursor: string | null;
        startCursor: string | null;
      };
    };
  }
  const text =
    'query ($first: Int, $after: String, $commodity: String) { poolBlocks(first: $first, after: $after, ' +
    'commodity: $commodity) { edges { cursor node { id blockId } } pageInfo { hasNextPage ' +
    'hasPreviousPage startCursor endCursor } } }';
  const ids = (page: Page | null | undefined) => page?.poolBlocks.edges.map(({ node }) => Number(node.blockId)) ?? [];

  it('follow one another while blocks are found between them', async () => {
    const pool = minedPool(230);
    const { query } = await start(pool.script);
    const seen: number[] = [];
    let after: string | null = null;
    for (;;) {
      const page: Page | null | undefined = (await query<Page>(text, { first: 60, after }, anonymous)).data;
      seen.push(...ids(page));
      expect(page?.poolBlocks.pageInfo).toMatchObject({
        hasPreviousPage: after !== null,
        startCursor: page?.poolBlocks.edges[0]?.cursor,
      });
      after = page?.poolBlocks.pageInfo.endCursor ?? null;
      if (!page?.poolBlocks.pageInfo.hasNextPage) break;
      for (let blocks = 0; blocks < 7; blocks++) pool.find();
    }
    expect(seen).toEqual(Array.from({ length: 230 }, (_, index) => 230 - index));
  });

  it('have 20 rows, and 100 at most', async () => {
    const { query, upstream } = await start(minedPool(150).script);
    expect(ids((await query<Page>(text, {}, anonymous)).data)).toHaveLength(20);
    expect(ids((await query<Page>(text, { first: 100 }, anonymous)).data)).toHaveLength(100);
    expect(ids((await query<Page>(text, { first: 0 }, anonymous)).data)).toEqual([]);
    const before = upstream.requests.length;
    for (const variables of [{ first: 101 }, { first: -1 }, { commodity: 'btc' }, { after: 'nonsense' }]) {
      expect(codes(await query(text, variables, anonymous))).toEqual([['poolBlocks', 'BAD_USER_INPUT']]);
    }
    expect(upstream.requests).toHaveLength(before);
  });

  it('go on from the middle, for the same commodity alone', async () => {
    const { query, upstream } = await start(minedPool(40).script);
    const page = (await query<Page>(text, { first: 6, commodity: 'BTC' }, anonymous)).data;
    expect(ids(page)).toEqual([39, 37, 35, 33, 31, 29]);
    expect(upstream.requests.at(-1)?.query.get('commodity')).toBe('BTC');
    const after = page?.poolBlocks.edges[2]?.cursor;
    expect(ids((await query<Page>(text, { first: 2, after, commodity: 'BTC' })).data)).toEqual([33, 31]);
    expect(codes(await query(text, { after }, anonymous))).toEqual([['poolBlocks', 'BAD_USER_INPUT']]);
    expect(
      codes(
        await query('query ($after: String) { poolShifts(after: $after) { nodes { shiftId } } }', { after }, anonymous),
      ),
    ).toEqual([['poolShifts', 'BAD_USER_INPUT']]);
  });

  it('expire with their row', async () => {
    const { query, upstream } = await start(minedPool(40).script);
    const after = (await query<Page>(text, { first: 5 }, anonymous)).data?.poolBlocks.pageInfo.endCursor;
    upstream.answer(() => ({ body: [] }));
    expect(codes(await query(text, { after }, anonymous))).toEqual([['poolBlocks', 'CURSOR_EXPIRED']]);
  });

  it('lead to blocks by their global ids, in one walk', async () => {
    const { query, upstream } = await start(minedPool(120).script);
    const last = (await query<Page>(text, { first: 100 }, anonymous)).data?.poolBlocks.edges.at(-1)?.node;
    upstream.requests.length = 0;
    const unknown = Buffer.from('PoolBlock:999').toString('base64');
    const answer = await query(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on PoolBlock { blockId } } }',
      { ids: [last?.id, unknown] },
      anonymous,
    );
    expect(answer).toEqual({ data: { nodes: [{ __typename: 'PoolBlock', ...last }, null] } });
    expect(upstream.requests.map(({ query: sent }) => sent.get('offset'))).toEqual(['0', '50', '100']);
  });

  it('cannot tell of a block beyond the first thousand', async () => {
    const { query, upstream } = await start(minedPool(1_050).script);
    const id = Buffer.from('PoolBlock:3').toString('base64');
    expect(codes(await query('query ($id: ID!) { node(id: $id) { id } }', { id }, anonymous))).toEqual([
      ['node', 'LOOKUP_LIMIT'],
    ]);
    expect(upstream.requests).toHaveLength(20);
  });
});

describe('miners', () => {
  const text = 'query ($name: String) { miner(name: $name) { name activeWorkers } }';

  it('are shown with all they have', async () => {
    const { query, upstream } = await start();
    const { data, errors } = await query(`{ miner {
      name hashRate(unit: TH_PER_S) asOf balances { chain amount } nmc: balances(chain: "NMC") { amount } roundStarts { chain startedAt }
      shift { startedAt accepted rejected userScore totalScore }
      workers { name hashRate lastWorkAt alive work(chain: "BTC") { chain totalAccepted totalRejected
      sinceResetAccepted sinceResetRejected } }
    } }`);
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      miner: {
        name: 'hydro_shed',
        hashRate: 13.5021142,
        asOf: '2018-06-25T09:01:00Z',
        balances: [
          { chain: 'BTC', amount: '0.01840277' },
          { chain: 'NMC', amount: '0.7312' },
        ],
        nmc: [{ amount: '0.7312' }],
        roundStarts: [
          { chain: 'BTC', startedAt: '2018-06-13T09:44:00Z' },
          { chain: 'NMC', startedAt: '2018-06-25T09:00:03Z' },
        ],
        shift: {
          startedAt: '2018-06-25T08:48:00Z',
          accepted: 2818048,
          rejected: 4096,
          userScore: 2811.402,
          totalScore: 380114.9,
        },
        workers: [
          {
            name: 's9-a',
            hashRate: 13502.1142,
            lastWorkAt: '2018-06-25T09:00:51Z',
            alive: true,
            work: [
              {
                chain: 'BTC',
                totalAccepted: 9126805504,
                totalRejected: 13631488,
                sinceResetAccepted: 1073741824,
                sinceResetRejected: 1572864,
              },
            ],
          },
          { name: 'spare', hashRate: 0, lastWorkAt: null, alive: false, work: [] },
        ],
      },
    });
    expect(upstream.requests[0]?.headers.authorization).toBe('key=server-key');
  });

  it.each([
    ['nobody', anonymous, 'UNAUTHENTICATED', undefined],
    ['an operator without the right', { 'x-gateway-key': 'another-key' }, 'FORBIDDEN', undefined],
    ['an operator with it', operatorHeaders, undefined, 'key=server-key'],
    ['who brings a key', { 'x-bitminter-key': 'mine' }, undefined, 'key=mine'],
    ['an operator who brings a key', { ...operatorHeaders, 'x-bitminter-key': 'mine' }, undefined, 'key=mine'],
    ['an operator with an empty key', { ...operatorHeaders, 'x-bitminter-key': '' }, 'UNAUTHENTICATED', undefined],
  ])('are opened by %s as they should', async (_who, headers, code, sent) => {
    const { query, upstream } = await start();
    expect(codes(await query(text, {}, headers)).map(([, each]) => each)[0]).toBe(code);
    expect(upstream.requests.map((request) => request.headers.authorization)).toEqual(sent === undefined ? [] : [sent]);
  });

  it('that cannot be opened say whose key it was', async () => {
    const { query } = await start(
      poolScript({ '/users': answerOf('getUser.bad-key'), '/users/rigwright': answerOf('getUser.missing-scope') }),
    );
    expect(codes(await query(text))).toEqual([['miner', 'UPSTREAM_AUTH_FAILED']]);
    expect(codes(await query(text, {}, { 'x-bitminter-key': 'mine' }))).toEqual([['miner', 'UNAUTHENTICATED']]);
    expect(codes(await query(text, { name: 'rigwright' }, { 'x-bitminter-key': 'mine' }))).toEqual([
      ['miner', 'FORBIDDEN'],
    ]);
  });

  it('that do not exist are null; names that cannot be one are refused', async () => {
    const { query } = await start();
    expect(await query(text, { name: 'nobody' })).toEqual({ data: { miner: null } });
    for (const name of ['', '..', 'a/b'])
      expect(codes(await query(text, { name }))).toEqual([['miner', 'BAD_USER_INPUT']]);
  });
});

describe('watching the figures', () => {
  it('tells each change once to everybody, from one poll', async () => {
    let users = 1;
    const { subscribe, upstream } = await start(() => ({
      body: { hash_rate: 5, active_workers: 2, active_users: users },
    }));
    const abort = new AbortController();
    const watch = () =>
      subscribe<{ poolStats: { activeUsers: number; hashRate: number } }>(
        'subscription { poolStats { activeUsers hashRate } }',
        {},
        anonymous,
        abort.signal,
      );
    const [first, second] = [watch(), watch()];
    const next = async (stream: typeof first) => (await stream.next()).value?.data?.poolStats.activeUsers;
    expect(await Promise.all([next(first), next(second)])).toEqual([1, 1]);
    users = 2;
    expect(await Promise.all([next(first), next(second)])).toEqual([2, 2]);
    const polls = upstream.requests.length;
    expect(polls).toBeLessThan(12);
    abort.abort();
    await Promise.allSettled([first.next(), second.next()]);
  });
});
