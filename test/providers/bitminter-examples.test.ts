import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { UpstreamError } from '../../src/errors.js';
import type { CallScope } from '../../src/upstream/http.js';
import { silentLogger } from '../../src/log.js';
import { createBitMinterClient, type BitMinterClient } from '../../src/providers/bitminter/client.js';
import { API_KEY, poolExamples, type PoolExample } from '../support/bitminter-harness.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';
import { createTestHttp } from '../support/test-http.js';

let upstream: FakeUpstream;
let client: BitMinterClient;
let close: () => Promise<void>;

beforeAll(async () => {
  upstream = await fakeUpstream(() => ({ status: 500 }));
  const http = createTestHttp();
  client = createBitMinterClient(http.client({ provider: 'bitminter', baseUrl: `${upstream.url}/api` }), silentLogger);
  close = async () => {
    await http.close();
    await upstream.close();
  };
});
afterAll(() => close());

let counter = 0;
const scope = (): CallScope => ({
  fingerprint: `fp-${counter++}`,
  credential: 'server',
  deadline: monotonicNow() + 5_000,
});

/** Makes the call that an example is about, and has the example answer it. */
async function play({ name, request, response }: PoolExample): Promise<unknown> {
  upstream.requests.length = 0;
  upstream.answer(() => response);
  const url = new URL(request.path, 'http://pool');
  switch (name.split('.')[0]) {
    case 'getPoolStats':
      return client.getPoolStats(scope());
    case 'getPoolHashrate':
      return client.getPoolHashrate(scope());
    case 'getPoolWorkers':
      return client.getPoolWorkers(scope());
    case 'getPoolUsers':
      return client.getPoolUsers(scope());
    case 'getPoolRound':
      return client.getPoolRound(scope());
    case 'getPoolBlocks':
      return client.getPoolBlocks(scope(), 0, url.searchParams.get('commodity') ?? undefined);
    case 'getPoolShifts':
      return client.getPoolShifts(scope(), 0);
    case 'getPoolTop50':
      return client.getPoolTop50(scope());
    case 'getUser':
      return client.getUser(scope(), API_KEY);
    case 'getUserByName':
      return client.getUserByName(scope(), API_KEY, url.pathname.split('/')[2] ?? '');
    default:
      throw new Error(`no operation for ${name}`);
  }
}

const bad = (reason: string, detail?: string) => ({
  kind: 'bad_response',
  reason,
  ...(detail === undefined ? {} : { detail }),
});
const stats = { hashRate: '1843207620000000', activeWorkers: 2914, activeUsers: 871 };
const work = (chain: string) => ({
  chain,
  totalAccepted: '9126805504',
  totalRejected: '13631488',
  sinceResetAccepted: '1073741824',
  sinceResetRejected: '1572864',
});
const miner = {
  name: 'hydro_shed',
  hashRate: '13502114200000',
  activeWorkers: 1,
  asOf: { text: '2018-06-25T09:01:00Z' },
  balances: [
    { chain: 'BTC', amount: '0.01840277' },
    { chain: 'NMC', amount: '0.7312' },
  ],
  roundStarts: [
    { chain: 'BTC', startedAt: { text: '2018-06-13T09:44:00Z' } },
    { chain: 'NMC', startedAt: { text: '2018-06-25T09:00:03Z' } },
  ],
  shift: {
    startedAt: { text: '2018-06-25T08:48:00Z' },
    accepted: '2818048',
    rejected: '4096',
    userScore: 2811.402,
    totalScore: 380114.9,
  },
  workers: [
    {
      name: 's9-a',
      hashRate: '13502114200000',
      lastWorkAt: { text: '2018-06-25T09:00:51Z' },
      alive: true,
      work: [work('BTC'), work('NMC')],
    },
    { name: 'spare', hashRate: '0', lastWorkAt: null, alive: false, work: [] },
  ],
};

/** What each example is understood as: fields of the model, or of the error. */
const meanings: Readonly<Record<string, unknown>> = {
  'getPoolStats.ok': stats,
  'getPoolStats.numbers-as-text': stats,
  'getPoolStats.missing-rate': bad('shape', 'hash_rate'),
  'getPoolStats.not-a-number': bad('shape', 'hash_rate'),
  'getPoolStats.error-in-200': bad('shape', 'hash_rate'),
  'getPoolStats.parked-domain': bad('html'),
  'getPoolStats.blocked': { kind: 'rate_limited', status: 429, retryAfterMs: 30_000 },
  'getPoolStats.down': { kind: 'unavailable', status: 502 },
  'getPoolStats.moved': bad('redirect'),
  'getPoolHashrate.ok': '1843207620000000',
  'getPoolHashrate.newline': '1843207620000000',
  'getPoolHashrate.infinity': bad('not_json'),
  'getPoolWorkers.ok': 2914,
  'getPoolWorkers.fraction': bad('shape'),
  'getPoolUsers.ok': 871,
  'getPoolUsers.as-json-string': 871,
  'getPoolUsers.empty': bad('empty'),
  'getPoolRound.ok': {
    ...stats,
    shift: { accepted: '1533907712', rejected: '2214784', durationSeconds: 3127, score: 1530214.4471 },
    chains: [
      {
        chain: 'BTC',
        accepted: '498112307200',
        rejected: '733184512',
        durationSeconds: 1034220,
        difficulty: 3511060552899.72,
      },
      {
        chain: 'NMC',
        accepted: '21474836480',
        rejected: '31981568',
        durationSeconds: 44011,
        difficulty: 1287364110211.5,
      },
    ],
  },
  'getPoolRound.no-chains': { ...stats, chains: [] },
  'getPoolRound.bad-chain': bad('shape', 'chains.BTC.rejected'),
  'getPoolBlocks.ok': [
    {
      id: '90417',
      time: 1529917203,
      node: {
        blockId: '90417',
        chain: 'NMC',
        height: 401882,
        income: '12.5031',
        status: 'UNCONFIRMED',
        confirmationsLeft: 87,
        generator: 'rigwright',
        generatedAt: { text: '2018-06-25T09:00:03Z' },
        durationSeconds: 2291,
      },
    },
    { node: { status: 'ORPHAN', confirmationsLeft: -1, accepted: '613118337024', income: '12.64911873' } },
    { node: { status: 'CONFIRMED', confirmationsLeft: 0, difficulty: 4940704885521.83 } },
  ],
  'getPoolBlocks.one-chain': [{ id: '90416' }, { id: '90411' }],
  'getPoolBlocks.empty': [],
  'getPoolBlocks.sparse': [
    { id: 'blk-90418', node: { status: 'PROCESSING', confirmationsLeft: null, income: null, generator: null } },
    { node: { status: 'STALE', confirmationsLeft: null, income: null, generator: null } },
  ],
  'getPoolBlocks.unknown-status': [{ node: { status: 'UNKNOWN' } }],
  'getPoolBlocks.huge-numbers': [{ node: { accepted: '9223372036854775808', income: '0.1234567890123456789' } }],
  'getPoolBlocks.bad-row': [
    { id: '90417' },
    { id: '90416', time: 1529811477, node: bad('shape', '1.height') },
    { id: expect.stringMatching(/^\?[0-9a-f]{16}$/), time: 1529811477, node: bad('shape') },
    { id: '90411' },
  ],
  'getPoolBlocks.not-a-list': bad('shape'),
  'getPoolBlocks.truncated': bad('not_json'),
  'getPoolShifts.ok': [
    {
      id: '51220',
      time: 1529916480,
      node: {
        shiftId: '51220',
        accepted: '1760559104',
        score: 1757311.0218,
        completedAt: { text: '2018-06-25T08:48:00Z' },
        durationSeconds: 3600,
      },
    },
    { id: '51219' },
  ],
  'getPoolShifts.empty': [],
  'getPoolShifts.milliseconds': bad('shape', '0.completed'),
  'getPoolTop50.ok': [
    { rank: 1, name: 'rigwright', hashRate: '61250400500000' },
    { rank: 2, name: 'coldbarn', hashRate: '40118233100000' },
    { rank: 3, name: '20817', hashRate: '38990012000000' },
    { rank: 4, name: 'hydro_shed', hashRate: '22044910750000' },
  ],
  'getPoolTop50.proto': [
    { rank: 1, name: '__proto__' },
    { rank: 2, name: 'rigwright' },
    { rank: 3, name: 'constructor', hashRate: '1500000' },
  ],
  'getPoolTop50.none': [],
  'getPoolTop50.a-list': bad('shape'),
  'getUser.ok': miner,
  'getUser.sparse': {
    shift: null,
    balances: [],
    roundStarts: [],
    workers: [
      { name: 'new', hashRate: '0', lastWorkAt: null, alive: false, work: [] },
      {
        name: 'odd',
        lastWorkAt: null,
        work: [
          { chain: 'BTC', totalAccepted: '5', totalRejected: '1', sinceResetAccepted: '0', sinceResetRejected: '1' },
        ],
      },
    ],
  },
  'getUser.no-workers': { workers: [] },
  'getUser.bad-key': { kind: 'unauthorized', credential: 'server' },
  'getUser.missing-scope': { kind: 'forbidden' },
  'getUser.server-error': { kind: 'unavailable', status: 500 },
  'getUserByName.ok': miner,
  'getUserByName.not-found': { kind: 'not_found' },
  'getUserByName.another': bad('identity_mismatch'),
};

describe('every example of the upstream', () => {
  it('has a meaning', () => {
    expect(poolExamples.map(({ name }) => name).toSorted()).toEqual(Object.keys(meanings).toSorted());
    expect(new Set(poolExamples.map(({ name }) => name.split('.')[0])).size).toBe(10);
  });

  it.each(poolExamples.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const outcome = await play(one).catch((error: unknown) => error);
    const meaning = meanings[name];
    expect(outcome instanceof UpstreamError).toBe(typeof meaning === 'object' && meaning !== null && 'kind' in meaning);
    if (typeof meaning === 'object') expect(outcome).toMatchObject(meaning as object);
    else expect(outcome).toBe(meaning);
    const [sent] = upstream.requests;
    expect(sent).toMatchObject({ method: 'GET', url: `/api${one.request.path}` });
    // The key goes where it is needed, in its own form, and nowhere else.
    expect(sent?.headers.authorization).toBe(name.startsWith('getUser') ? `key=${API_KEY}` : undefined);
  });
});

/** Every field of an object's answer, wrong in every way. */
function variants(source: Record<string, unknown>): [key: string, value: unknown][] {
  return Object.keys(source).flatMap((key) =>
    [undefined, null, {}, true, 'NaN', '1e999', '', -5].map((value): [string, unknown] => [key, value]),
  );
}

const bodyOf = (name: string): unknown => poolExamples.find((one) => one.name === name)?.response.body;
const blockRow = (bodyOf('getPoolBlocks.ok') as Record<string, unknown>[])[0] ?? {};
const shiftRow = (bodyOf('getPoolShifts.ok') as Record<string, unknown>[])[0] ?? {};
const user = bodyOf('getUser.ok') as Record<string, unknown>;

describe('a field that is missing or wrong', () => {
  const nullable = new Set(['income', 'confirmations_left', 'generator']);

  it('makes the row of a block an error, unless it may be absent', async () => {
    for (const [key, value] of variants(blockRow)) {
      upstream.answer(() => ({ body: [blockRow, { ...blockRow, id: 2, [key]: value }] }));
      const rows = await client.getPoolBlocks(scope(), 0);
      const node = rows[1]?.node;
      const text =
        typeof value === 'string' &&
        ['chain', 'hash', 'status', 'generator', 'id'].includes(key) &&
        (value !== '' || ['hash', 'status', 'generator'].includes(key));
      const number =
        value === -5 && ['difficulty', 'income', 'duration', 'confirmations_left', 'id', 'generator'].includes(key);
      const absent = (value === undefined || value === null) && nullable.has(key);
      expect([key, value, node instanceof UpstreamError]).toEqual([key, value, !(text || number || absent)]);
      expect(rows[0]?.node).not.toBeInstanceOf(Error);
    }
  });

  it('makes the row of a shift an error', async () => {
    for (const key of Object.keys(shiftRow)) {
      upstream.answer(() => ({ body: [shiftRow, { ...shiftRow, id: 2, [key]: null }] }));
      expect([key, (await client.getPoolShifts(scope(), 0))[1]?.node instanceof UpstreamError]).toEqual([key, true]);
    }
  });

  it.each(['name', 'active_workers', 'hash_rate', 'now', 'round_start', 'balances', 'workers'])(
    'makes an account without a usable %s unusable',
    async (key) => {
      for (const value of [undefined, null, true, 'NaN', []]) {
        if (key === 'workers' && Array.isArray(value)) continue;
        if (key === 'name' && value === 'NaN') continue;
        upstream.answer(() => ({ body: { ...user, [key]: value } }));
        await expect(client.getUser(scope(), API_KEY), `${key} ${String(value)}`).rejects.toMatchObject(
          bad('shape', key),
        );
      }
    },
  );

  it('refuses numbers that GraphQL cannot carry, and rates below 0', async () => {
    for (const body of [
      { hash_rate: 1, active_workers: 2_147_483_648, active_users: 1 },
      { hash_rate: -1, active_workers: 1, active_users: 1 },
      { hash_rate: 1, active_workers: 1.5, active_users: 1 },
    ]) {
      upstream.answer(() => ({ body }));
      await expect(client.getPoolStats(scope())).rejects.toMatchObject({ kind: 'bad_response' });
    }
  });

  it.each([
    ['9007199254740993', '9007199254740992', '1'],
    ['123456789012345678901234567890', '1', '123456789012345678901234567889'],
    ['999999999999999', '1', '999999999999998'],
    ['1000000000000000', '999999999999999', '1'],
    ['5', '9007199254740993', '0'],
    ['7', '7', '0'],
  ])('counts exactly what was done since a reset: %s - %s', async (total, checkpoint, since) => {
    const [worker] = user.workers as readonly object[];
    const work = { BTC: { total_accepted: total, total_rejected: 0, checkpoint_accepted: checkpoint } };
    upstream.answer(() => ({ body: { ...user, workers: [{ ...worker, work }] } }));
    const { workers } = await client.getUser(scope(), API_KEY);
    expect(workers[0]?.work[0]).toMatchObject({ totalAccepted: total, sinceResetAccepted: since });
  });
});
