import { UpstreamError } from '../../errors.js';
import type { CallScope } from '../../upstream/http.js';
import type { PollSource } from '../../polling/polling.js';
import { instantFromMillis } from '../../values/instant.js';
import { callScope, type OperationScope } from '../provider.js';
import { WINDOW, type BitMinterClient } from './client.js';
import { readPage, type Listing } from './listing.js';
import { createBlockLoader, createMinerLoader, OWNER } from './loaders.js';
import type { Freshness, Miner, PoolBlock, PoolFigures, PoolRow, PoolStats } from './model.js';
import type { BitMinterCredential, MinerSession, PoolSession } from './session.js';
import type { Shared, ReadCache } from './read-cache.js';
import { checkCommodity, checkMinerName } from './validate.js';
import { monotonicNow } from '../../values/clock.js';

/** What sessions are made from. */
export interface SessionParts {
  readonly client: BitMinterClient;
  readonly reads: ReadCache;
  readonly pollIntervalMs: number;
  /** Bound on one poll. */
  readonly timeoutMs: number;
}

/** Opens the pool's public data for one operation. */
export function openPoolSession(parts: SessionParts, operation: OperationScope): PoolSession {
  const { client, reads } = parts;
  const scope = callScope(operation, null);
  const shifts = listingOf(
    parts,
    'getPoolShifts',
    (offset, own) => client.getPoolShifts(own, offset),
    scope,
    '/pool/shifts',
  );
  const blocksOf = (commodity?: string) =>
    listingOf<PoolBlock>(
      parts,
      'getPoolBlocks',
      (offset, own) => client.getPoolBlocks(own, offset, commodity),
      scope,
      `/pool/blocks?commodity=${commodity ?? ''}`,
    );
  const blockById = createBlockLoader(blocksOf());

  return {
    fingerprint: scope.fingerprint,
    stats: async () => withFreshness(await readStats(parts, scope, false)),
    async round() {
      return withFreshness(
        await reads.get({ path: '/pool/round', scope, staleOk: true, load: (own) => client.getPoolRound(own) }),
      );
    },
    async blocks(slice, commodity) {
      if (commodity !== null) checkCommodity(commodity, 'commodity');
      return readPage(blocksOf(commodity ?? undefined), slice);
    },
    block: (blockId) => blockById.load(blockId),
    shifts: (slice) => readPage(shifts, slice),
    async topMiners() {
      return (await reads.get({ path: '/pool/top50', scope, load: (own) => client.getPoolTop50(own) })).value;
    },
    statsPollSource: () => statsPollSource(parts),
  };
}

/** Opens accounts with a key for one operation. */
export function openMinerSession(
  { client, reads }: SessionParts,
  credential: BitMinterCredential,
  operation: OperationScope,
): MinerSession {
  const scope = callScope(operation, credential);
  const { apiKey } = credential.fields;
  const minerByName = createMinerLoader((name) =>
    orNull(
      reads.get<Miner>({
        path: name === OWNER ? '/users' : `/users/${name}`,
        scope,
        load: (own) => (name === OWNER ? client.getUser(own, apiKey) : client.getUserByName(own, apiKey, name)),
      }),
    ),
  );
  return {
    async miner(name) {
      if (name !== null) checkMinerName(name, 'name');
      return minerByName.load(name ?? OWNER);
    },
  };
}

function listingOf<Node>(
  { client, reads }: SessionParts,
  operation: string,
  load: (offset: number, scope: CallScope) => Promise<readonly PoolRow<Node>[]>,
  scope: CallScope,
  path: string,
): Listing<Node> {
  return {
    provider: client.provider,
    operation,
    window: WINDOW,
    async read(offset, anew) {
      const { value, order, remembered } = await reads.get({
        path: `${path}#${offset}`,
        scope,
        anew,
        load: (own) => load(offset, own),
        keep: (rows) => rows.every(({ node }) => !(node instanceof Error)),
      });
      return { offset, order, remembered, rows: value };
    },
  };
}

function readStats({ client, reads }: SessionParts, scope: CallScope, anew: boolean): Promise<Shared<PoolFigures>> {
  return reads.get({ path: '/pool/stats', scope, anew, staleOk: true, load: (own) => loadStats(client, own) });
}

/** The figures in one call; one call each when the pool does not have them together. */
async function loadStats(client: BitMinterClient, scope: CallScope): Promise<PoolFigures> {
  try {
    return await client.getPoolStats(scope);
  } catch (error) {
    if (!(error instanceof UpstreamError) || error.kind !== 'bad_response') throw error;
    try {
      const [hashRate, activeWorkers, activeUsers] = await Promise.all([
        client.getPoolHashrate(scope),
        client.getPoolWorkers(scope),
        client.getPoolUsers(scope),
      ]);
      return { hashRate, activeWorkers, activeUsers };
    } catch (second) {
      // Where the single figures are missing too, the first failure tells more.
      throw second instanceof UpstreamError && second.status === 404 ? error : second;
    }
  }
}

function withFreshness<T>({ value, asOf, stale }: Shared<T>): T & Freshness {
  // In this order: a field that is added behind a spread makes a kind of object of its own for V8 each time.
  return { asOf: instantFromMillis(asOf), stale, ...value };
}

async function orNull<T>(reading: Promise<Shared<T>>): Promise<T | null> {
  try {
    return (await reading).value;
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === 'not_found') return null;
    throw error;
  }
}

/** Watches the figures for everybody: the first reading may be a remembered one, the others ask the pool. */
function statsPollSource(parts: SessionParts): PollSource<PoolStats> {
  const { client, pollIntervalMs, timeoutMs } = parts;
  return {
    key: JSON.stringify([client.provider, client.baseUrl, 'public']),
    firstIntervalMs: pollIntervalMs,
    async read(ids, known, signal) {
      const scope = callScope({ signal, deadline: monotonicNow() + timeoutMs }, null);
      const stats = withFreshness(
        await readStats(
          parts,
          scope,
          ids.some((id) => known.has(id)),
        ),
      );
      return new Map(ids.map((id) => [id, stats]));
    },
    changed: (before, after) => figuresOf(before) !== figuresOf(after),
    final: () => false,
    hopeless: (error) =>
      error instanceof UpstreamError &&
      ['unauthorized', 'forbidden', 'not_found', 'rejected', 'conflict'].includes(error.kind),
    notBefore: () => client.pausedUntil('public'),
  };
}

/** All that can change, as one text; when it was read is no change. */
function figuresOf({ hashRate, activeWorkers, activeUsers }: PoolStats): string {
  return JSON.stringify([hashRate, activeWorkers, activeUsers]);
}
