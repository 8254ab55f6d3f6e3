import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { UpstreamError } from '../../src/errors.js';
import { silentLogger } from '../../src/log.js';
import type { OperationScope } from '../../src/providers/provider.js';
import { createProviders, readProviderConfigs, type Providers } from '../../src/providers/registry.js';
import { piUsers } from '../../src/sandbox/pi/users.js';
import { createSettingsReader } from '../../src/settings.js';
import { examples as mypitExamples } from '../providers/mypit-support.js';
import { example as piExample, examples as piExamples } from '../providers/pi-support.js';
import { poolExamples } from '../support/bitminter-harness.js';
import {
  caller,
  startTestSandbox,
  type SandboxAnswer,
  type SandboxCaller,
  type TestSandbox,
} from '../support/start-sandbox.js';
import { createTestHttp } from '../support/test-http.js';

type Wire = Record<string, unknown>;

let sandbox: TestSandbox;
let providers: Providers;
let close: () => Promise<void>;
beforeAll(async () => {
  sandbox = await startTestSandbox({ startAt: Date.now() });
  const http = createTestHttp({ upstreamTimeoutMs: 2000 });
  const times = { readbackDelayMs: 5, upstreamTimeoutMs: 2000, writeTimeoutMs: 2000 };
  providers = createProviders(readProviderConfigs(createSettingsReader(sandbox.settings)), {
    http,
    log: silentLogger,
    ...times,
  });
  close = async () => {
    await http.close();
    await sandbox.close();
  };
});
afterAll(() => close());

/** Whatever its author likes stands in these. */
const free = new Set(['metadata', 'badgeData', 'info', 'meta']);

/** The paths of all keys in an answer; rows and names of chains are any row and any chain. */
function keysOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => keysOf(item, `${path}[]`)))];
  if (typeof value !== 'object' || value === null) return [];
  return [
    ...new Set(
      Object.entries(value).flatMap(([key, item]) => {
        const at = `${path}.${/^[A-Z]{2,5}$/.test(key) ? '*' : key}`;
        return [at, ...(free.has(key) ? [] : keysOf(item, at))];
      }),
    ),
  ].toSorted();
}

interface Recorded {
  readonly name: string;
  readonly response: { readonly status: number; readonly body?: unknown };
}
/** Every key that the examples of an operation's good answers have. */
const known = (examples: readonly Recorded[], operation: string) =>
  new Set(
    examples
      .filter(({ name, response }) => name.startsWith(`${operation}.`) && response.status < 300)
      .flatMap(({ response }) => [...keysOf(response.body), ...keysOf(unwrapped(response.body))]),
  );
const unwrapped = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'data' in body ? body.data : body;
const strange = (json: unknown, examples: readonly Recorded[], operation: string) =>
  keysOf(json).filter((key) => !known(examples, operation).has(key));
/** The keys that the plain example has and this answer has not. */
const lacking = (json: unknown, examples: readonly Recorded[], name: string) =>
  keysOf(examples.find((one) => one.name === name)?.response.body).filter((key) => !keysOf(json).includes(key));

const scope = (): OperationScope => ({ deadline: monotonicNow() + 5_000 });
const server = <Fields>(fields: Fields) => ({ source: 'server', fingerprint: 'fp', fields }) as const;
const nodesOf = (edges: readonly { readonly node: unknown }[]) => edges.map(({ node }) => node);

describe('MyPit in the sandbox', () => {
  const send = (): SandboxCaller =>
    caller(sandbox.settings['MYPIT_BASE_URL'] ?? '', {
      clientId: sandbox.settings['MYPIT_CLIENT_ID'] ?? '',
      secretKey: sandbox.settings['MYPIT_SECRET_KEY'] ?? '',
    });
  const rows = async (operation: string) =>
    (
      (
        await send()('POST', `/${operation}`, {
          userId: sandbox.settings['MYPIT_USER_ID'],
          paginationOpts: { numItems: 100, cursor: null },
        })
      ).json as { page: Wire[] }
    ).page;

  /** Sends what an example sends, about things that there are. */
  async function play(name: string): Promise<SandboxAnswer> {
    const example = mypitExamples.find((one) => one.name === name);
    if (!example) throw new Error(`there is no example ${name}`);
    const [[template], holders] = await Promise.all([rows('getAllBadgeTemplatesByOwnerId'), rows('getHolders')]);
    const user = sandbox.settings['MYPIT_USER_ID'];
    const own: Wire = {
      userId: user,
      issuerId: user,
      templateId: template?.['_id'],
      holderID: holders.at(-1)?.['_id'],
      type: template?.['type'],
    };
    const { body } = example.request as { body?: Wire };
    const recipients = body?.['recipientIds'] as string[] | undefined;
    const filled = body && {
      ...body,
      ...Object.fromEntries(Object.entries(own).filter(([key]) => key in body)),
      ...('holderId' in body && { holderId: holders[0]?.['_id'] }),
      ...(recipients && {
        recipientIds: recipients.map((_, index) =>
          name.endsWith('partial') && index === 1 ? 'nobody' : holders[index]?.['_id'],
        ),
      }),
      ...(name.startsWith('createHolder') && { data: { ...(body['data'] as Wire), ownerId: user } }),
      ...('paginationOpts' in body && { paginationOpts: { numItems: 5, cursor: null } }),
    };
    return send()(example.request.method, example.request.path, filled);
  }

  it.each([
    'hello.ok',
    'getAllBadgeTemplatesByOwnerId.documented',
    'getASingleBadgeTemplate.ok',
    'getHolders.documented',
    'getHolderById.ok',
    'getIssuedBadges.convex-last',
    'createBadgeTemplate.ok',
    'updateBadgeTemplate.ok',
    'createHolder.ok',
    'updateHolder.ok',
    'issueBadge.one',
    'issueBadge.partial',
    'deleteHolder.ok',
    'deleteBadgeTemplate.ok',
  ])('takes what %s sends, and answers with keys that are known', async (name) => {
    const { status, json, text } = await play(name);
    expect([status, text.slice(0, status === 200 ? 0 : 300)]).toEqual([200, '']);
    // Either dialect of paging may be met at each of the listings.
    const dialect = /^get(All|Holders|Issued)/.test(name)
      ? new Set(['.hasMore', '.cursor', '.isDone', '.continueCursor', '.pageStatus', '.splitCursor'])
      : new Set();
    expect(strange(json, mypitExamples, name.split('.')[0] ?? '').filter((key) => !dialect.has(key))).toEqual([]);
  });

  it('is read without a fault, row by row', async () => {
    const { fields } = providers.mypit;
    if (!fields) throw new Error('the sandbox gives no credential');
    const session = providers.mypit.open(server(fields), scope());
    const listings = await Promise.all([
      session.templates(100, null),
      session.holders(100, null),
      session.issuedBadges(100, null),
    ]);
    for (const { edges } of listings) {
      expect(edges.length).toBeGreaterThan(10);
      expect(nodesOf(edges).filter((node) => node instanceof UpstreamError)).toEqual([]);
    }
    // All that the examples show of a thing is there to be seen, and nothing else, in what was made just now too.
    for (const [operation, name] of [
      ['getAllBadgeTemplatesByOwnerId', 'getASingleBadgeTemplate.ok'],
      ['getHolders', 'getHolderById.ok'],
    ] as const) {
      const all = await rows(operation);
      expect(lacking(Object.assign({}, ...all), mypitExamples, name)).toEqual([]);
      for (const row of all) expect(strange(row, mypitExamples, name.split('.')[0] ?? '')).toEqual([]);
    }
    expect(strange({ page: await rows('getIssuedBadges') }, mypitExamples, 'getIssuedBadges')).toEqual([]);
  });
});

describe('the Pi Platform in the sandbox', () => {
  const send = (): SandboxCaller =>
    caller(sandbox.settings['PI_BASE_URL'] ?? '', { authorization: `Key ${sandbox.settings['PI_API_KEY']}` });
  const { payment: payout } = piExample('createPayment.ok').request.body as { payment: Wire };
  const calls: readonly (readonly [name: string, run: (send: SandboxCaller) => Promise<SandboxAnswer>])[] = [
    [
      'getMe.ok',
      () =>
        caller(sandbox.settings['PI_BASE_URL'] ?? '', { authorization: sandbox.headers['authorization'] ?? '' })(
          'GET',
          '/me',
        ),
    ],
    ['getPayment.created', (to) => to('GET', '/payments/created-flowers')],
    ['getPayment.completed', (to) => to('GET', '/payments/completed-seedlings')],
    ['approvePayment.ok', (to) => to('POST', '/payments/created-bread/approve')],
    ['cancelPayment.ok', (to) => to('POST', '/payments/created-cheese/cancel')],
    ['createPayment.ok', (to) => to('POST', '/payments', { payment: { ...payout, uid: piUsers.juniper.uid } })],
    ['getIncompleteServerPayments.one', (to) => to('GET', '/payments/incomplete_server_payments')],
    ['getRewardedAdStatus.granted', (to) => to('GET', '/ads_network/status/ad-granted')],
    ['getRewardedAdStatus.waiting', (to) => to('GET', '/ads_network/status/ad-waiting')],
  ];

  it.each(calls)('answers as %s does, key for key', async (name, run) => {
    const { status, json } = await run(send());
    expect(status).toBe(200);
    expect(strange(json, piExamples, name.split('.')[0] ?? '')).toEqual([]);
    expect(lacking(json, piExamples, name)).toEqual([]);
  });

  it('is read without a fault', async () => {
    const session = providers.pi.open(server({ apiKey: providers.pi.apiKey ?? '' }), scope());
    for (const id of ['created-flowers', 'completed-honey', 'payout-cancelled', 'submitted-apples', 'verified-squash'])
      expect(await session.payment(id)).toMatchObject({ paymentId: id });
    expect(await session.incompleteServerPayments()).toHaveLength(1);
    for (const ad of ['ad-granted', 'ad-revoked', 'ad-failed', 'ad-waiting'])
      expect(await session.rewardedAd(ad)).toMatchObject({ adId: ad });
    expect([await session.payment('none'), await session.rewardedAd('none')]).toEqual([null, null]);
  });
});

describe('the pool in the sandbox', () => {
  const send = (): SandboxCaller =>
    caller(sandbox.settings['BITMINTER_BASE_URL'] ?? '', {
      authorization: `key=${sandbox.settings['BITMINTER_API_KEY']}`,
    });

  it.each([
    ['getPoolStats.ok', '/pool/stats'],
    ['getPoolRound.ok', '/pool/round'],
    ['getPoolBlocks.ok', '/pool/blocks?max=50&offset=0'],
    ['getPoolShifts.ok', '/pool/shifts?max=50&offset=0'],
    ['getUser.ok', '/users'],
  ])('answers as %s does, key for key', async (name, path) => {
    const { status, json } = await send()('GET', path);
    expect(status).toBe(200);
    expect(strange(json, poolExamples, name.split('.')[0] ?? '')).toEqual([]);
    expect(lacking(json, poolExamples, name)).toEqual([]);
  });

  it.each([
    ['getPoolHashrate.ok', '/pool/hashrate'],
    ['getPoolWorkers.ok', '/pool/workers'],
    ['getPoolUsers.ok', '/pool/users'],
  ])('answers as %s does, with a bare number', async (_name, path) => {
    expect((await send()('GET', path)).text).toMatch(/^\d+(\.\d+)?$/);
  });

  it('names its best fifty as the example does', async () => {
    const { json } = await send()('GET', '/pool/top50');
    const kinds = (body: unknown) => new Set(Object.values(body as Wire).map((value) => typeof value));
    expect(kinds(json)).toEqual(
      kinds(JSON.parse(String(poolExamples.find(({ name }) => name === 'getPoolTop50.ok')?.response.body))),
    );
  });

  it('is read without a fault', async () => {
    const { bitminter } = providers;
    const pool = bitminter.openPool(scope());
    const [stats, round, blocks, shifts, top] = await Promise.all([
      pool.stats(),
      pool.round(),
      pool.blocks({ first: 50, after: null }, null),
      pool.shifts({ first: 50, after: null }),
      pool.topMiners(),
    ]);
    expect([stats.stale, round.stale, top.length]).toEqual([false, false, expect.any(Number)]);
    for (const { edges } of [blocks, shifts]) {
      expect(edges.length).toBeGreaterThan(10);
      expect(nodesOf(edges).filter((node) => node instanceof UpstreamError)).toEqual([]);
    }
    const miner = await bitminter.openMiners(server({ apiKey: bitminter.apiKey ?? '' }), scope()).miner(null);
    expect(miner?.workers.length).toBeGreaterThan(0);
    expect(
      (await bitminter.openMiners(server({ apiKey: bitminter.apiKey ?? '' }), scope()).miner(miner?.name ?? ''))?.name,
    ).toBe(miner?.name);
  });
});
