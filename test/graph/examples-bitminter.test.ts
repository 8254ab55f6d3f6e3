import { beforeEach, describe, expect, it } from 'vitest';
import type { GraphAnswer } from '../support/create-test-app.js';
import { answerOf, poolExamples, type PoolExample } from '../support/bitminter-harness.js';
import type { FakeAnswer } from '../support/fake-upstream.js';
import { closeAfterEach } from '../support/graph-payments.js';
import { globalId, startWholeGraph, type WholeGraph } from '../support/all-upstreams.js';

closeAfterEach();
let graph: WholeGraph;
// One for each: what one answer pauses is not the next one's concern.
beforeEach(async () => {
  graph = await startWholeGraph({ UPSTREAM_TIMEOUT_MS: '2000' });
});

const BLOCK =
  'blockId chain hash height difficulty income accepted rejected status confirmationsLeft generator generatedAt durationSeconds';
const MINER =
  'name hashRate activeWorkers asOf balances { chain amount } roundStarts { chain startedAt } shift { ' +
  'startedAt accepted rejected userScore totalScore } workers { name hashRate lastWorkAt alive work { ' +
  'chain totalAccepted totalRejected sinceResetAccepted sinceResetRejected } }';
const stats = 'poolStats { hashRate activeWorkers activeUsers stale }';

/** The field that each upstream operation stands behind. */
const fields: Readonly<Record<string, string>> = {
  getPoolStats: stats,
  getPoolHashrate: stats,
  getPoolWorkers: stats,
  getPoolUsers: stats,
  getPoolRound:
    'poolRound { hashRate activeWorkers activeUsers stale shift { accepted rejected durationSeconds ' +
    'score } chains { chain accepted rejected durationSeconds difficulty } }',
  getPoolBlocks: `poolBlocks(first: 50, commodity: $commodity) { nodes { ${BLOCK} } }`,
  getPoolShifts:
    'poolShifts(first: 50) { nodes { shiftId difficulty accepted rejected score completedAt durationSeconds } }',
  getPoolTop50: 'topMiners { rank name hashRate(unit: H_PER_S) }',
  getUser: `miner { ${MINER} }`,
  getUserByName: `miner(name: $name) { ${MINER} }`,
};
/** What a pool without `/pool/stats` still has. */
const parts: Readonly<Record<string, FakeAnswer>> = {
  '/pool/hashrate': answerOf('getPoolHashrate.ok'),
  '/pool/workers': answerOf('getPoolWorkers.ok'),
  '/pool/users': answerOf('getPoolUsers.ok'),
};
const isPart = (name: string) => /^getPool(Hashrate|Workers|Users)\./.test(name);

/** Has the example answer at its path and asks for its field. */
async function play({ name, request, response }: PoolExample): Promise<GraphAnswer<{ field: unknown }>> {
  graph.reset();
  const url = new URL(request.path, 'http://pool');
  graph.answer('bitminter', ({ path, query }) => {
    const own = path.replace(/^\/api/, '');
    // A listing is read until it ends.
    if (own === url.pathname) return Number(query.get('offset') ?? 0) > 0 ? { body: [] } : response;
    return (isPart(name) ? parts[own] : undefined) ?? { status: 404, body: '' };
  });
  const commodity = url.searchParams.get('commodity');
  const field = fields[name.split('.')[0] ?? ''] ?? '';
  const variables = [...field.matchAll(/\$(\w+)/g)].map(([variable]) => `${variable}: String`).join(', ');
  return graph.query(`query ${variables === '' ? '' : `(${variables})`} { field: ${field} }`, {
    commodity,
    name: url.pathname.split('/')[2],
  });
}

const data = (field: unknown) => ({ data: { field } });
const having = (field: object) => data(expect.objectContaining(field));
const nodes = (...rows: unknown[]) =>
  data({ nodes: rows.map((row) => (row === null ? null : expect.objectContaining(row))) });
const code = (text: string, more: object = {}) => ({
  data: { field: null },
  errors: [
    expect.objectContaining({
      path: ['field'],
      extensions: expect.objectContaining({ code: text, provider: 'bitminter', ...more }),
    }),
  ],
});
const unusable = (reason: string) => code('UPSTREAM_INVALID_RESPONSE', { reason, retryable: true });
const figures = data({ hashRate: 1843207.62, activeWorkers: 2914, activeUsers: 871, stale: false });
const miner = having({
  name: 'hydro_shed',
  hashRate: 13502.1142,
  activeWorkers: 1,
  asOf: '2018-06-25T09:01:00Z',
  shift: {
    startedAt: '2018-06-25T08:48:00Z',
    accepted: 2818048,
    rejected: 4096,
    userScore: 2811.402,
    totalScore: 380114.9,
  },
});

const answers: Readonly<Record<string, object>> = {
  'getPoolStats.ok': figures,
  'getPoolStats.numbers-as-text': figures,
  'getPoolHashrate.ok': figures,
  'getPoolHashrate.newline': figures,
  'getPoolWorkers.ok': figures,
  'getPoolUsers.ok': figures,
  'getPoolUsers.as-json-string': figures,
  'getPoolStats.blocked': code('RATE_LIMITED', {
    upstreamStatus: 429,
    retryAfterMs: expect.any(Number),
    retryable: true,
  }),
  'getPoolStats.down': code('UPSTREAM_UNAVAILABLE', { upstreamStatus: 502, retryable: true }),
  'getPoolRound.ok': having({
    hashRate: 1843207.62,
    stale: false,
    shift: { accepted: 1533907712, rejected: 2214784, durationSeconds: 3127, score: 1530214.4471 },
    chains: [
      {
        chain: 'BTC',
        accepted: 498112307200,
        rejected: 733184512,
        durationSeconds: 1034220,
        difficulty: 3511060552899.72,
      },
      { chain: 'NMC', accepted: 21474836480, rejected: 31981568, durationSeconds: 44011, difficulty: 1287364110211.5 },
    ],
  }),
  'getPoolRound.no-chains': having({ chains: [] }),
  'getPoolRound.bad-chain': unusable('shape'),
  'getPoolBlocks.ok': nodes(
    {
      blockId: '90417',
      chain: 'NMC',
      height: 401882,
      income: '12.5031',
      status: 'UNCONFIRMED',
      confirmationsLeft: 87,
      generator: 'rigwright',
      generatedAt: '2018-06-25T09:00:03Z',
      durationSeconds: 2291,
    },
    { status: 'ORPHAN', confirmationsLeft: -1, accepted: 613118337024, income: '12.64911873' },
    { status: 'CONFIRMED', confirmationsLeft: 0, difficulty: 4940704885521.83 },
  ),
  'getPoolBlocks.one-chain': nodes({ blockId: '90416' }, { blockId: '90411' }),
  'getPoolBlocks.empty': nodes(),
  'getPoolBlocks.sparse': nodes(
    { blockId: 'blk-90418', status: 'PROCESSING', confirmationsLeft: null, income: null, generator: null },
    { status: 'STALE', confirmationsLeft: null, income: null, generator: null },
  ),
  'getPoolBlocks.unknown-status': nodes({ status: 'UNKNOWN' }),
  'getPoolBlocks.huge-numbers': nodes({ accepted: '9223372036854775808', income: '0.1234567890123456789' }),
  'getPoolBlocks.bad-row': {
    ...nodes({ blockId: '90417' }, null, null, { blockId: '90411' }),
    errors: [1, 2].map((row) =>
      expect.objectContaining({
        path: ['field', 'nodes', row],
        extensions: expect.objectContaining({ code: 'UPSTREAM_INVALID_RESPONSE', reason: 'shape' }),
      }),
    ),
  },
  'getPoolBlocks.not-a-list': unusable('shape'),
  'getPoolBlocks.truncated': unusable('not_json'),
  'getPoolShifts.ok': nodes(
    {
      shiftId: '51220',
      accepted: 1760559104,
      score: 1757311.0218,
      completedAt: '2018-06-25T08:48:00Z',
      durationSeconds: 3600,
    },
    { shiftId: '51219' },
  ),
  'getPoolShifts.empty': nodes(),
  'getPoolShifts.milliseconds': unusable('shape'),
  'getPoolTop50.ok': data([
    { rank: 1, name: 'rigwright', hashRate: 61250400500000 },
    { rank: 2, name: 'coldbarn', hashRate: 40118233100000 },
    { rank: 3, name: '20817', hashRate: 38990012000000 },
    { rank: 4, name: 'hydro_shed', hashRate: 22044910750000 },
  ]),
  'getPoolTop50.proto': data([
    expect.objectContaining({ rank: 1, name: '__proto__' }),
    expect.objectContaining({ rank: 2, name: 'rigwright' }),
    { rank: 3, name: 'constructor', hashRate: 1500000 },
  ]),
  'getPoolTop50.none': data([]),
  'getPoolTop50.a-list': unusable('shape'),
  'getUser.ok': miner,
  'getUserByName.ok': miner,
  'getUser.sparse': having({
    shift: null,
    balances: [],
    roundStarts: [],
    workers: [
      expect.objectContaining({ name: 'new', hashRate: 0, lastWorkAt: null, alive: false, work: [] }),
      expect.objectContaining({ name: 'odd', lastWorkAt: null }),
    ],
  }),
  'getUser.no-workers': having({ workers: [] }),
  'getUser.bad-key': code('UPSTREAM_AUTH_FAILED', { retryable: false }),
  'getUser.missing-scope': code('UPSTREAM_AUTH_FAILED', { retryable: false }),
  'getUser.server-error': code('UPSTREAM_UNAVAILABLE', { upstreamStatus: 500 }),
  'getUserByName.not-found': data(null),
  'getUserByName.another': unusable('identity_mismatch'),
};
/** Of these it is enough that the field is an error of its own: two answers were of no use. */
const fallen = [
  'getPoolStats.missing-rate',
  'getPoolStats.not-a-number',
  'getPoolStats.error-in-200',
  'getPoolStats.parked-domain',
  'getPoolStats.moved',
  'getPoolHashrate.infinity',
  'getPoolWorkers.fraction',
  'getPoolUsers.empty',
];

describe('every example of the pool, at the graph', () => {
  it('has an answer', () => {
    expect(poolExamples.map(({ name }) => name).toSorted()).toEqual([...Object.keys(answers), ...fallen].toSorted());
  });

  it.each(poolExamples.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const answer = await play(one);
    expect(answer).toEqual(fallen.includes(name) ? code('UPSTREAM_INVALID_RESPONSE') : answers[name]);
    const { pathname } = new URL(one.request.path, 'http://pool');
    expect(
      graph.upstreams.bitminter.requests.map(({ path }) => path),
      'the example was met',
    ).toContain(`/api${pathname}`);
    expect(JSON.stringify(answer)).not.toMatch(/pool-key|127\.0\.0\.1|doctype|parked/i);
  });

  it('shows a block by its global id as in its listing', async () => {
    const listed = (await play(
      poolExamples.find(({ name }) => name === 'getPoolBlocks.ok') as PoolExample,
    )) as GraphAnswer<{ field: { nodes: { blockId: string }[] } }>;
    for (const block of listed.data?.field.nodes ?? []) {
      expect(
        await graph.query(`query ($id: ID!) { field: node(id: $id) { ... on PoolBlock { ${BLOCK} } } }`, {
          id: globalId('PoolBlock', block.blockId),
        }),
      ).toEqual({ data: { field: block } });
    }
  });
});
