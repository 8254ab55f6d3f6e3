import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createBitMinterClient } from '../../src/providers/bitminter/client.js';
import { createLedgerClient } from '../../src/providers/ledger/client.js';
import { createMyPitClient } from '../../src/providers/mypit/client.js';
import { createPiClient } from '../../src/providers/pi/client.js';
import { createPinningClient } from '../../src/providers/pinning/client.js';
import type { ListRequest } from '../../src/providers/pinning/listing/listing.js';
import type { Call, HttpClient } from '../../src/upstream/http.js';
import { nextTurn, type Turn } from '../../src/values/next-turn.js';
import { testScope } from '../support/test-http.js';
import { turnsOf } from '../support/turns.js';
import { fields } from './mypit-support.js';

/** Stands for an upstream that is never asked: it tells how a call would understand an answer. */
class Understanding implements HttpClient {
  readonly provider = 'upstream';
  readonly baseUrl = 'https://upstream.example';
  #accept: ((text: string, turn: Turn) => unknown) | undefined;

  call<T>(call: Call<T>): Promise<T> {
    this.#accept = (text, turn) => call.accept({ status: 200, headers: {}, text, turn });
    return new Promise(() => undefined);
  }
  accept(text: string, turn: Turn = nextTurn): unknown {
    if (this.#accept === undefined) throw new Error('nothing was asked');
    return this.#accept(text, turn);
  }
  budget(): undefined {}
  pausedUntil(): number {
    return 0;
  }
  state() {
    return { circuit: 'CLOSED', standing: 'WELL', lastSuccessAt: undefined } as const;
  }
}

const scope = testScope();
const bodyOf = (provider: string, name: string): unknown => {
  const file = new URL(`../../schema/upstream/${provider}/examples/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { response: { body: unknown } }).response.body;
};

/** One operation of each client, and more where a provider reads in more than one way. */
const calls: readonly (readonly [provider: string, example: string, ask: (http: HttpClient) => unknown])[] = [
  ['pi', 'getIncompleteServerPayments.one', (http) => pi(http).getIncompleteServerPayments(scope, 'key')],
  ['ledger', 'getAccountTransactions.ok', (http) => createLedgerClient(http).getAccountTransactions(scope, 'G', null)],
  [
    'mypit',
    'getHolders.documented',
    (http) => myPit(http).getHolders({ scope, fields }, { numItems: 20, cursor: null }),
  ],
  ['bitminter', 'getPoolBlocks.ok', (http) => pool(http).getPoolBlocks(scope, 0)],
  ['bitminter', 'getUser.ok', (http) => pool(http).getUser(scope, 'key')],
  ['pinning', 'getPins.newest-first', (http) => pins(http).getPins(scope, 'token', everyPin)],
  ['pinning', 'getPinByRequestId.pinned', (http) => pins(http).getPinByRequestId(scope, 'token', idOfPin)],
];
const everyPin: ListRequest = {
  cids: [],
  name: null,
  match: 'EXACT',
  status: [],
  before: null,
  after: null,
  meta: null,
  limit: 100,
};
const idOfPin = String((bodyOf('pinning', 'getPinByRequestId.pinned') as { requestid: unknown }).requestid);
const pi = (http: HttpClient) => createPiClient(http, undefined, silentLogger);
const myPit = (http: HttpClient) => createMyPitClient(http, silentLogger);
const pool = (http: HttpClient) => createBitMinterClient(http, silentLogger);
const pins = (http: HttpClient) => createPinningClient('acme', http, silentLogger);

describe.each(calls)('an answer of %s: %s', (provider, example, ask) => {
  const text = JSON.stringify(bodyOf(provider, example));
  const http = new Understanding();
  void ask(http);

  it('is understood at once when it is short, without a promise', () => {
    expect(http.accept(text)).not.toBeInstanceOf(Promise);
  });

  it('is read, understood and used in turns of their own when it is long', async () => {
    const long = text + ' '.repeat(140_000);
    const understood = http.accept(long);
    expect(understood).toBeInstanceOf(Promise);
    expect(await turnsOf(() => understood)).toBeGreaterThanOrEqual(2);
    expect(await http.accept(long)).toEqual(http.accept(text));
  });

  it('is given up at whichever turn nobody wants it any more', async () => {
    const long = text + ' '.repeat(140_000);
    const turns = await turnsGiven(http, long);
    expect(turns).toBeGreaterThanOrEqual(2);
    for (let last = 1; last <= turns; last += 1) expect(await turnsGiven(http, long, last)).toBe(last);
  });
});

/** How many turns an answer takes, which must reject with what the last that it is given rejects with. */
async function turnsGiven(http: Understanding, text: string, last = Infinity): Promise<number> {
  let given = 0;
  const left = new Error('left');
  const turn: Turn = () => ((given += 1) === last ? Promise.reject(left) : nextTurn());
  const end: unknown = await Promise.resolve(http.accept(text, turn)).catch((thrown: unknown) => thrown);
  if (last !== Infinity) expect(end).toBe(left);
  return given;
}

describe('ten thousand members of one object', () => {
  const account = bodyOf('bitminter', 'getUser.ok') as { workers: readonly Record<string, unknown>[] };
  const round = bodyOf('bitminter', 'getPoolRound.ok') as { chains: { BTC: unknown } };
  const [worker = {}] = account.workers;
  const chains = (value: unknown) =>
    Object.fromEntries(Array.from({ length: 10_000 }, (_none, at) => [`C${at}`, value]));
  const work = (worker['work'] as { BTC: unknown }).BTC;
  const asked: readonly (readonly [string, object, (http: HttpClient) => unknown, number])[] = [
    ['machines, each on two chains', { ...account, workers: Array(10_000).fill(worker) }, accountOf, 50],
    ['chains of one machine', { ...account, workers: [{ ...worker, work: chains(work) }] }, accountOf, 15],
    ['chains of an account', { ...account, balances: chains(0.5), round_start: chains(1_528_883_040) }, accountOf, 5],
    ['chains of a round', { ...round, chains: chains(round.chains.BTC) }, roundOf, 10],
  ];

  it.each(asked)('are read in many turns: %s', async (_what, body, ask, most) => {
    const http = new Understanding();
    void ask(http);
    const text = JSON.stringify(body);
    const understood = http.accept(text);
    expect(await turnsOf(() => understood)).toBeGreaterThanOrEqual(most);
    await understood;
    const turns = await turnsGiven(http, text);
    expect(turns).toBeGreaterThanOrEqual(most);
    for (const last of [1, Math.ceil(turns / 2), turns - 1]) expect(await turnsGiven(http, text, last)).toBe(last);
  });

  it('cannot be read when the last is wrong, which is named', async () => {
    const http = new Understanding();
    void accountOf(http);
    const workers = [
      ...Array(9_999).fill(worker),
      { ...worker, work: { BTC: { ...(work as object), total_accepted: -1 } } },
    ];
    await expect(http.accept(JSON.stringify({ ...account, workers }))).rejects.toMatchObject({
      reason: 'shape',
      detail: 'workers.9999.work.BTC.total_accepted',
    });
  });
});

function accountOf(http: HttpClient): unknown {
  return pool(http).getUser(scope, 'key');
}

function roundOf(http: HttpClient): unknown {
  return pool(http).getPoolRound(scope);
}
