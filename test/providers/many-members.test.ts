import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CallFacts } from '../../src/errors.js';
import { parseMiner } from '../../src/providers/bitminter/wire-miner.js';
import { parseRound } from '../../src/providers/bitminter/wire.js';
import { parseBatchAnswer } from '../../src/providers/mypit/writes/issue-answer.js';
import { parseUser } from '../../src/providers/pi/wire-user.js';
import type { Reading } from '../../src/providers/reading.js';
import { parseLossless } from '../../src/values/lossless.js';
import { nextTurn } from '../../src/values/next-turn.js';

const MOST = 10_000;
const facts: CallFacts = { provider: 'provider', operation: 'getThing', credential: 'server' };
const reading: Reading = { facts, delivery: 'answered' };

const exampleOf = (provider: string, name: string): Record<string, unknown> => {
  const file = new URL(`../../schema/upstream/${provider}/examples/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { response: { body: Record<string, unknown> } }).response.body;
};
const account = exampleOf('bitminter', 'getUser.ok') as { workers: readonly { work: { BTC: unknown } }[] };
const [worker] = account.workers;
const round = exampleOf('bitminter', 'getPoolRound.ok') as { chains: { BTC: unknown } };
const user = exampleOf('pi', 'getMe.ok') as { credentials: object };

const miner = (changes: object) =>
  parseMiner(parseLossless(JSON.stringify({ ...account, ...changes })), reading, nextTurn);
const chains = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_none, at) => [`C${at}`, value]));
const names = (count: number) => Array.from({ length: count }, (_none, at) => `name-${at}`);

const objects: readonly (readonly [what: string, detail: string | undefined, read: (count: number) => unknown])[] = [
  ['machines of an account', 'workers', (count) => miner({ workers: Array(count).fill({ ...worker, work: {} }) })],
  ['balances of an account', 'balances', (count) => miner({ balances: chains(count, 0.5) })],
  ['round starts of an account', 'round_start', (count) => miner({ round_start: chains(count, 1_528_883_040) })],
  [
    'chains of one machine',
    'workers.0.work',
    (count) => miner({ workers: [{ ...worker, work: chains(count, worker?.work.BTC) }] }),
  ],
  [
    'chains of a round',
    'chains',
    (count) =>
      parseRound(parseLossless(JSON.stringify({ ...round, chains: chains(count, round.chains.BTC) })), reading),
  ],
  [
    'scopes of a token',
    'credentials.scopes',
    (count) =>
      parseUser(
        parseLossless(JSON.stringify({ ...user, credentials: { ...user.credentials, scopes: names(count) } })),
        reading,
      ),
  ],
  ['badges of a batch', undefined, (count) => parseBatchAnswer({ issuedBadges: names(count) }, ['a'], reading)],
  [
    'recipients of a batch',
    undefined,
    (count) => parseBatchAnswer({ details: { successful: names(count) } }, ['a'], reading),
  ],
  [
    'failures of a batch',
    undefined,
    (count) =>
      parseBatchAnswer({ details: { failed: names(count).map((recipientId) => ({ recipientId })) } }, ['a'], reading),
  ],
];

describe.each(objects)('%s', (_what, detail, read) => {
  it('are read when they are ten thousand', async () => {
    await read(MOST);
  });

  it('are too large when they are one more', async () => {
    const reads = async () => read(MOST + 1);
    await expect(reads()).rejects.toMatchObject({ kind: 'bad_response', reason: 'too_large', detail });
  });
});
