import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { Dispatcher } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, gatewayKey, type GraphAnswer, type TestApp } from '../support/create-test-app.js';
import { changes, readEverything, readMore, readVariables } from './every-operation.js';
import { ALL_SCOPES, uncoded } from './support.js';
import { anyText } from '../support/any-text.js';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
interface Example {
  readonly request: { readonly method: string; readonly path: string };
  readonly response: { readonly status: number; readonly body?: Json };
}

const folder = new URL('../../schema/upstream/', import.meta.url);
const examples = new Map(
  ['pi', 'mypit', 'pinning', 'bitminter'].map((provider, index) => {
    const at = new URL(`${provider}/examples/`, folder);
    const all = readdirSync(at).map((file) => JSON.parse(readFileSync(new URL(file, at), 'utf8')) as Example);
    return [
      `http://127.0.0.1:${index + 1}`,
      all.filter(({ response }) => response.body !== undefined && response.status < 300),
    ];
  }),
);

const strip = (path: string): string[] => (path.split('?')[0] ?? '').replace(/^\/v2/, '').split('/').filter(Boolean);

/** A good answer to a request, about the very object that was asked for; which of several depends on the turn. */
function goodAnswer(origin: string, method: string, path: string, turn: number): Json {
  const asked = strip(path);
  const alike = (examples.get(origin) ?? []).filter(({ request }) => {
    const known = strip(request.path);
    return (
      request.method === method &&
      known.length === asked.length &&
      known[0] === asked[0] &&
      (known.length < 3 || known.at(-1) === asked.at(-1) || asked[0] === 'ads_network') &&
      (known.length !== 2 ||
        (known[1] === 'incomplete_server_payments') === (asked[1] === 'incomplete_server_payments')) &&
      (origin !== 'http://127.0.0.1:4' || known[0] !== 'pool' || known[1] === asked[1])
    );
  });
  const body = structuredClone(alike[turn % Math.max(1, alike.length)]?.response.body ?? {});
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    const id = asked[0] === 'ads_network' ? asked[2] : asked[1];
    for (const key of ['identifier', 'requestid']) if (id !== undefined && key in body) body[key] = id;
    if ('_id' in body) body['_id'] = path.includes('Holder') ? 'holder-1' : 'template-1';
  }
  return body;
}

const strange: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -1e-320,
  2 ** 53,
  '',
  ' ',
  '\0',
  '\u001b[31m\r\n',
  '\ud800',
  '..',
  '../../me',
  'x'.repeat(5_000),
  'true',
  '5',
  '2025-13-45T99:99:99Z',
  '1e999999',
  '<html>',
  [],
  [null],
  [[]],
  {},
  { a: { b: {} } },
  'gw_idem',
  'QmBad',
  '-0',
  'NaN',
  JSON.parse('{"__proto__":{"polluted":1}}') as Json,
  JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) as Json,
  { constructor: { prototype: { polluted: 1 } } },
];

interface Change {
  readonly steps: readonly number[];
  readonly kind: 'replace' | 'drop' | 'nest' | 'repeat' | 'add' | 'rename' | 'text';
  readonly value: Json;
  readonly cut: number;
}

/** Where a walk of some steps ends: the holder of a value and its key there. */
function changed(source: Json, { steps, kind, value }: Change): Json {
  const root: { [key: string]: Json } = { root: source };
  let holder: Json[] | { [key: string]: Json } = root;
  let key: string | number = 'root';
  for (const step of steps) {
    const next: Json | undefined = (holder as Record<string | number, Json>)[key];
    if (typeof next !== 'object' || next === null || Object.keys(next).length === 0) break;
    holder = next;
    const keys: string[] = Object.keys(next);
    key = keys[step % keys.length] ?? '';
  }
  const target = holder as Record<string | number, Json>;
  const old = target[key] ?? null;
  if (kind === 'replace') target[key] = value;
  else if (kind === 'drop') delete target[key];
  else if (kind === 'nest') target[key] = [old];
  else if (kind === 'repeat') target[key] = Array.isArray(old) ? [...old, ...old, ...old] : [old, old];
  else if (kind === 'add' && typeof old === 'object' && old !== null)
    Object.defineProperty(old, '__proto__', { value, enumerable: true, configurable: true });
  else if (kind === 'rename') {
    delete target[key];
    if (!Array.isArray(holder)) target[`${key}X`] = old;
  }
  return root['root'] ?? null;
}

const changeOf: fc.Arbitrary<Change> = fc.record({
  steps: fc.array(fc.nat(40), { maxLength: 5 }),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'drop', 'nest', 'repeat', 'add', 'rename', 'text'),
  value: fc.oneof(fc.constantFrom(...strange), fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>),
  cut: fc.nat(2_000),
});

let cases = 0;

/** An upstream without a network, whose every answer is spoilt a little. */
class Spoilt extends Dispatcher {
  changes: readonly Change[] = [];
  private turn = 0;

  restart(changesOfAnswers: readonly Change[]): void {
    this.changes = changesOfAnswers;
    this.turn = 0;
  }

  override dispatch(
    { origin, method, path }: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const turn = this.turn++;
    const change = this.changes[turn % Math.max(1, this.changes.length)];
    cases += 1;
    const good = goodAnswer(String(origin), method, String(path), turn);
    const whole = JSON.stringify(change && change.kind !== 'text' ? changed(good, change) : good);
    const body = Buffer.from(change?.kind === 'text' ? whole.slice(0, change.cut) : whole);
    const status =
      change && change.cut % 17 === 0
        ? ([202, 204, 302, 400, 401, 403, 404, 409, 500, 503][change.cut % 10] ?? 200)
        : 200;
    const controller: Dispatcher.DispatchController = {
      aborted: false,
      paused: false,
      reason: null,
      rawHeaders: [],
      abort() {},
      pause() {},
      resume() {},
    };
    setImmediate(() => {
      handler.onRequestStart?.(controller, {});
      handler.onResponseStart?.(controller, status, { 'content-type': 'application/json' }, 'OK');
      handler.onResponseData?.(controller, body);
      handler.onResponseEnd?.(controller, {});
    });
    return true;
  }
}

const upstream = new Spoilt();
const headers = { 'x-gateway-key': 'test-operator-key', authorization: 'Bearer token-of-a-user' };
const lines: string[] = [];
let app: TestApp;

beforeAll(async () => {
  // Of the errors in the log one is the upstream's own doing: an alert that a payment was completed otherwise.
  const note = (event: string, fields?: object) =>
    void (event.startsWith('pi_completed_') || lines.push(JSON.stringify([event, fields])));
  app = await createTestApp(
    {
      PI_BASE_URL: 'http://127.0.0.1:1/v2',
      PI_API_KEY: 'key',
      MYPIT_BASE_URL: 'http://127.0.0.1:2',
      MYPIT_CLIENT_ID: 'client',
      MYPIT_SECRET_KEY: 'secret',
      MYPIT_USER_ID: 'user',
      MYPIT_ISSUER_DID: 'did:web:server',
      PINNING_SERVICES: 'acme',
      PINNING_ACME_URL: 'http://127.0.0.1:3',
      PINNING_ACME_TOKEN: 'token',
      BITMINTER_BASE_URL: 'http://127.0.0.1:4',
      BITMINTER_API_KEY: 'key',
      GATEWAY_KEYS: gatewayKey(ALL_SCOPES),
      BREAKER_MIN_REQUESTS: '1000000',
      READBACK_DELAY_MS: '0',
      POOL_CACHE_TTL_MS: '0',
      ME_CACHE_TTL_MS: '0',
      ME_NEGATIVE_TTL_MS: '0',
      OPERATION_TIMEOUT_MS: '500',
      PAYOUT_MAX_PER_CALL: '10',
      PAYOUT_MAX_PER_DAY: '1000000',
      UPSTREAM_CONCURRENCY: '10000',
    },
    { dispatcher: upstream, log: { debug: () => {}, info: () => {}, warn: () => {}, error: note } },
  );
});
afterAll(() => app.close());

function expectCoded(answer: GraphAnswer<unknown>): void {
  expect(uncoded(answer)).toEqual([]);
  expect(JSON.stringify(answer)).not.toMatch(/Cannot return null|TypeError|127\.0\.0\.1/);
  expect(lines).toEqual([]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
}

const seed = 20_251;

describe('spoilt answers', () => {
  it('are a test only when unspoilt ones are read', async () => {
    upstream.restart([]);
    const found = async (): Promise<readonly string[]> => {
      const [some, more] = await Promise.all([
        app.query<Record<string, object | null>>(readEverything, readVariables, headers),
        app.query<Record<string, object | null>>(readMore, {}, headers),
      ]);
      return Object.entries({ ...some.data, ...more.data })
        .filter(([, value]) => value !== null)
        .map(([name]) => name);
    };
    // The time of an operation is short here: on a busy machine the first may not be through in it.
    await expect
      .poll(found)
      .toEqual(
        expect.arrayContaining([
          'payment',
          'incompleteServerPayments',
          'rewardedAd',
          'pin',
          'pins',
          'badgeTemplate',
          'holder',
          'holders',
          'issuedBadges',
          'me',
          'poolRound',
          'poolBlocks',
          'miner',
        ]),
      );
  });

  it('give coded errors and whole objects, whatever is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(changeOf, { minLength: 1, maxLength: 30 }), async (list) => {
        upstream.restart(list);
        const answers = await Promise.all([
          app.query(readEverything, readVariables, headers),
          app.query(readMore, {}, headers),
        ]);
        answers.forEach(expectCoded);
      }),
      { numRuns: 190, seed },
    );
  }, 60_000);

  it('give coded errors and an honest outcome, whatever is changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(changeOf, { minLength: 1, maxLength: 10 }), async (list) => {
        upstream.restart(list);
        const answers = await Promise.all(
          changes.map(({ query, variables }) => app.query<{ result?: object | null }>(query, variables(), headers)),
        );
        answers.forEach(expectCoded);
        for (const { data, errors } of answers) expect(data?.result ?? errors?.[0]).toBeTruthy();
      }),
      { numRuns: 50, seed },
    );
  });
});

describe('strange input', () => {
  const anything = fc.oneof(
    fc.constantFrom(...strange),
    fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
    anyText({ maxLength: 50 }),
  );

  it('gives coded errors, in variables of queries', async () => {
    upstream.restart([]);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...Object.keys(readVariables)), anything), async (given) => {
        cases += 1;
        expectCoded(await app.query(readEverything, { ...readVariables, ...given }, headers));
      }),
      { numRuns: 300, seed },
    );
  });

  it('gives coded errors, in inputs of mutations', async () => {
    upstream.restart([]);
    const names = [
      'paymentId',
      'txid',
      'userUid',
      'amount',
      'memo',
      'metadata',
      'idempotencyKey',
      'cid',
      'name',
      'origins',
      'meta',
      'service',
      'requestId',
      'templateId',
      'type',
      'price',
      'recipientIds',
      'data',
      'email',
      'validityPeriodDays',
      'expectedUpdatedAt',
      'imageUrl',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 2 }),
        async (which, given) => {
          cases += 1;
          const { query, variables } = changes[which % changes.length] ?? changes[0]!;
          const { input } = variables();
          const known = Object.fromEntries(Object.entries(given).filter(([name]) => name in input || which % 3 === 0));
          expectCoded(await app.query(query, { input: { ...input, ...known } }, headers));
        },
      ),
      { numRuns: 1_000, seed },
    );
  });

  it('gives coded errors, as a document', async () => {
    const word = fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      ':',
      '!',
      '$',
      '...',
      '@',
      '"',
      '"""',
      'query',
      'mutation',
      'subscription',
      'fragment',
      'on',
      'pins',
      'nodes',
      'id',
      '__typename',
      '__schema',
      'ids',
      'first',
      '-1',
      '1e9',
      'null',
      '#',
      '\n',
      '\u0000',
      '&',
      '|',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 40 }), async (words) => {
        cases += 1;
        expectCoded(await app.query(words.join(' '), {}, headers));
      }),
      { numRuns: 1_000, seed },
    );
  });

  it('came to ten thousand cases', () => {
    console.info(`fuzz: ${cases} cases`);
    expect(cases).toBeGreaterThanOrEqual(10_000);
  });
});
