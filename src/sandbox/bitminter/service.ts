import type { IncomingHttpHeaders } from 'node:http';
import type { SandboxClock } from '../part.js';
import { Refusal, route, type Reply } from '../routes.js';
import type { Service } from '../server.js';
import { accountAt, OWNER } from './accounts.js';
import { blocksAt, chainOf, renderBlock } from './blocks.js';
import { roundAt, shiftsAt, statsAt, top50At, type PoolTime } from './figures.js';

const MAX_ROWS = 50;
const DEFAULT_ROWS = 10;
/** Where "no wait" ends: the pool would find blocks without end. */
const MAX_SPEED = 1_000;

/** A mining pool after the BitMinter API, alive: all it shows follows from the time that has passed. */
export function createPoolService(apiKey: string, clock: SandboxClock): Service {
  const startedAt = clock.now() / 1_000;
  const time = (): PoolTime => ({ startedAt, now: clock.now() / 1_000, speed: Math.min(clock.speed, MAX_SPEED) });
  const account = (name: string): Reply => {
    const seen = accountAt(name, time());
    if (seen === 'missing') throw new Refusal(404, 'NOT_FOUND', 'No such user');
    if (seen === 'refused') throw new Refusal(403, 'FORBIDDEN', 'This key does not open that account');
    return { json: seen.account };
  };

  return {
    guard({ path, query, headers }) {
      if (!/^\/api\/users(\/|$)/.test(path) || keyOf(headers, query) === apiKey) return;
      throw new Refusal(401, 'UNAUTHORIZED', 'Invalid API key');
    },
    refuse: ({ status, headers, details }) => ({ status, headers, text: `${details}\n` }),
    missing: () => new Refusal(404, 'NOT_FOUND', 'No such user'),
    subjectOf: ({ params }) => ({ name: params['name']?.toLowerCase(), effect: 'read', readOnly: true }),
    routes: [
      route('GET', '/api/pool/stats', () => ({ json: statsAt(time()) })),
      // Bare numbers, and not as JSON.
      route('GET', '/api/pool/hashrate', () => ({ text: String(statsAt(time()).hash_rate) })),
      route('GET', '/api/pool/workers', () => ({ text: String(statsAt(time()).active_workers) })),
      route('GET', '/api/pool/users', () => ({ text: String(statsAt(time()).active_users) })),
      route('GET', '/api/pool/round', () => ({ json: roundAt(time()) })),
      route('GET', '/api/pool/blocks', ({ query }) => {
        const { now, speed } = time();
        const commodity = query.get('commodity');
        const blocks = blocksAt(startedAt, now, speed).filter(
          ({ number }) => commodity === null || chainOf(number) === commodity,
        );
        return { json: slice(blocks, query).map((block) => renderBlock(block, now, speed)) };
      }),
      route('GET', '/api/pool/shifts', ({ query }) => ({ json: slice(shiftsAt(time()), query) })),
      route('GET', '/api/pool/top50', () => ({ json: top50At(time()) })),
      route('GET', '/api/users', () => account(OWNER)),
      // Without a name the key's owner answers: the trap that clients must not fall into.
      route('GET', '/api/users/', () => account(OWNER)),
      route('GET', '/api/users/:name', ({ params }) => account(params.name)),
    ],
  };
}

/** The key by any of the three ways: its own form of Authorization, Basic with the user `key`, or the query. */
function keyOf({ authorization = '' }: IncomingHttpHeaders, query: URLSearchParams): string | null {
  if (authorization.startsWith('key=')) return authorization.slice('key='.length);
  const basic = /^basic +(.+)$/i.exec(authorization)?.[1];
  if (basic === undefined) return query.get('key');
  const text = Buffer.from(basic, 'base64').toString('utf8');
  return text.startsWith('key:') ? text.slice('key:'.length) : null;
}

function slice<Row>(rows: readonly Row[], query: URLSearchParams): Row[] {
  const max = wholeNumber(query.get('max') ?? String(DEFAULT_ROWS));
  const offset = wholeNumber(query.get('offset') ?? '0');
  if (max < 1 || max > MAX_ROWS) throw new Refusal(400, 'BAD_REQUEST', `max must be from 1 to ${MAX_ROWS}`);
  return rows.slice(offset, offset + max);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Refusal(400, 'BAD_REQUEST', 'Not a whole number');
  return Number(text);
}
