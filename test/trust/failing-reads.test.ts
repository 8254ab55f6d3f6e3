import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../upstream/self-signed.js';
import { closeAll, closeLater } from '../support/graph-payments.js';
import {
  codesOf,
  fieldOf,
  lostWith,
  oneOfEach,
  startWholeGraph,
  upstreamNames,
  type UpstreamName,
  type WholeGraph,
} from '../support/all-upstreams.js';
import { refusals, unclear, type Fault } from './faults.js';
import { uncoded } from './support.js';

afterAll(closeAll);

interface Row {
  readonly code: string;
  readonly retryable?: boolean;
  readonly reason?: string;
  /** Calls made for one read, where the pool is tried again once at the most. */
  readonly calls: number;
}
const unusable = (reason: string, calls = 1): Row => ({
  code: 'UPSTREAM_INVALID_RESPONSE',
  reason,
  retryable: true,
  calls,
});
const down = (calls: number): Row => ({ code: 'UPSTREAM_UNAVAILABLE', retryable: true, calls });
const late: Row = { code: 'UPSTREAM_TIMEOUT', retryable: true, calls: 2 };

/** How a read ends for each failure: the column of reads. */
const rows: Readonly<Record<string, Row>> = {
  'no headers in time (4)': late,
  'a body that drips (5)': late,
  'a reset before any header (6)': down(3),
  'a body that is cut (7)': unusable('truncated', 3),
  'half a JSON text (8)': unusable('not_json'),
  'HTML with 200 (9)': unusable('html'),
  'HTML with 500 (10)': down(2),
  'HTML with 502 (10)': down(3),
  '204 (11)': unusable('empty'),
  'an empty 200 (11)': unusable('empty'),
  'wrong types (12)': unusable('shape'),
  'nothing that is required (13)': unusable('shape'),
  'a gzip bomb (15)': unusable('too_large'),
  'six encodings (15)': unusable('encoding'),
  'a redirect (16)': unusable('redirect'),
  'another redirect (16)': unusable('redirect'),
  '500 (23)': down(2),
  '502 (24)': down(3),
  '503 (24)': down(3),
  '504 (24)': down(3),
};

/** Asks every upstream one thing, while one of them is at fault; the others must not feel it. */
async function askWith(
  name: UpstreamName,
  { script, slow }: Fault,
  headers?: Record<string, string>,
): Promise<{
  readonly graph: WholeGraph;
  readonly data: unknown;
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
}> {
  const graph = await startWholeGraph({
    UPSTREAM_TIMEOUT_MS: slow ? '1000' : '4000',
    OPERATION_TIMEOUT_MS: '12000',
    UPSTREAM_MAX_BYTES: '1000000',
  });
  graph.answer(name, script);
  const answer = await graph.query<Record<string, object | null>>(oneOfEach, {}, headers);
  expect(uncoded(answer)).toEqual([]);
  expect(JSON.stringify(answer)).not.toMatch(/app\.js|elsewhere\.example|127\.0\.0\.1/);
  const lost = lostWith[name];
  expect((answer.errors ?? []).filter(({ path }) => !lost.some((field) => field === path?.join()))).toEqual([]);
  for (const other of upstreamNames)
    if (!lost.includes(fieldOf[other])) expect(answer.data?.[fieldOf[other]], other).toBeTruthy();
  const own = answer.errors?.find(({ path }) => path?.join() === fieldOf[name]);
  return { graph, data: answer.data?.[fieldOf[name]], extensions: own?.extensions };
}

/** Upstreams whose reads are tried again once at the most. */
const onceAgain: readonly UpstreamName[] = ['bitminter', 'ledger'];

/** A listing that is always there cannot be missing; and 409 is about money where pins are concerned. */
function whole(name: UpstreamName, row: string): string | undefined {
  if (name === 'bitminter' && row === '404 (20)') return 'UPSTREAM_INVALID_RESPONSE';
  // What is asked of the ledger is nobody's input: it has to answer.
  if (name === 'ledger' && /^4(?:00|04|09)/.test(row)) return 'UPSTREAM_INVALID_RESPONSE';
  // Nor can it refuse a credential: none is sent.
  if (name === 'ledger' && /^40[13]/.test(row)) return 'UPSTREAM_UNAVAILABLE';
  return name === 'pinning:acme' && row === '409 (21)' ? 'INSUFFICIENT_FUNDS' : undefined;
}

describe('a read that meets', () => {
  const meet = async (row: string, { code, retryable, reason, calls }: Row): Promise<void> => {
    await Promise.all(
      upstreamNames.map(async (name) => {
        const { graph, data, extensions } = await askWith(name, unclear[row] as Fault);
        // A table of the best is an object of names and numbers, and any number may be one.
        if (name === 'bitminter' && row === 'nothing that is required (13)') return expect(data).toBeTruthy();
        expect(data).toBeNull();
        expect(extensions).toMatchObject({
          code,
          provider: name,
          retryable,
          ...(reason === undefined ? {} : { reason }),
        });
        expect([name, graph.calls()[name]]).toEqual([name, onceAgain.includes(name) ? Math.min(calls, 2) : calls]);
      }),
    );
  };
  const isSlow = ([row]: readonly [string, Row]): boolean => unclear[row]?.slow === true;
  // These wait side by side. With all the others beside them, what is well would be late on a slow machine.
  it.concurrent.each(Object.entries(rows).filter(isSlow))('%s', meet);
  it.each(Object.entries(rows).filter((each) => !isSlow(each)))('%s', meet);

  it.each([
    ['400 (17)', 'BAD_USER_INPUT'],
    ['401 (18)', 'UPSTREAM_AUTH_FAILED'],
    ['403 (19)', 'UPSTREAM_AUTH_FAILED'],
    ['404 (20)', null],
    ['409 (21)', 'CONFLICT'],
    ['429 (22)', 'RATE_LIMITED'],
  ] as const)('%s', async (row, code) => {
    await Promise.all(
      upstreamNames.map(async (name) => {
        const { graph, data, extensions } = await askWith(name, refusals[row]);
        expect(data).toBeNull();
        expect([name, extensions?.['code'] ?? null, extensions?.['retryable'] ?? false]).toEqual([
          name,
          whole(name, row) ?? code,
          code === 'RATE_LIMITED' || whole(name, row)?.startsWith('UPSTREAM_') === true,
        ]);
        if (code === 'RATE_LIMITED') expect(extensions?.['retryAfterMs']).toBeGreaterThan(30_000);
        expect(graph.calls()[name]).toBe(1);
      }),
    );
  });

  it("401 and 403 of the caller's own credential", async () => {
    const own: Readonly<Partial<Record<UpstreamName, Record<string, string>>>> = {
      'pinning:acme': { 'x-pinning-token': 'mine' },
      mypit: { 'x-mypit-client-id': 'mine', 'x-mypit-secret-key': 'mine', 'x-mypit-user-id': 'me' },
    };
    for (const [name, headers] of Object.entries(own) as [UpstreamName, Record<string, string>][]) {
      for (const [row, code] of [
        ['401 (18)', 'UNAUTHENTICATED'],
        ['403 (19)', 'FORBIDDEN'],
      ] as const) {
        const { extensions } = await askWith(name, refusals[row], { ...headers, 'x-gateway-key': 'test-operator-key' });
        expect([name, row, extensions?.['code'], extensions?.['provider']]).toEqual([name, row, code, name]);
      }
    }
  });

  it('more than was expected (14) reads on', async () => {
    const graph = await startWholeGraph();
    const plain = await graph.query(oneOfEach);
    const more = await startWholeGraph();
    // What comes beside the miners is a miner, so the pool's table has no room for more.
    for (const name of upstreamNames.filter((each) => each !== 'bitminter')) {
      const { requests } = more.upstreams[name];
      more.upstreams[name].answer(async (request) => {
        const response = await fetch(`${graph.upstreams[name].url}${request.url}`, {
          method: request.method,
          headers: { authorization: request.headers.authorization ?? '' },
          ...(request.body === '' ? {} : { body: request.body }),
        });
        const body = (await response.json()) as object;
        return { body: { ...body, unheard: { of: [1] } } };
      });
      expect(requests).toEqual([]);
    }
    expect(await more.query(oneOfEach)).toEqual(plain);
  });

  it('another object than the one asked for (28)', async () => {
    const others: Readonly<Partial<Record<UpstreamName, (graph: WholeGraph) => Promise<unknown>>>> = {
      pi: async (graph) => (await fetch(`${graph.upstreams.pi.url}/v2/payments/p2`)).json(),
      'pinning:acme': async (graph) => (await fetch(`${graph.upstreams['pinning:acme'].url}/pins/r2`)).json(),
      mypit: async (graph) =>
        (
          await fetch(`${graph.upstreams.mypit.url}/getASingleBadgeTemplate`, {
            method: 'POST',
            body: '{"templateId":"t2"}',
          })
        ).json(),
    };
    for (const [name, read] of Object.entries(others) as [UpstreamName, (graph: WholeGraph) => Promise<unknown>][]) {
      const body = await read(await startWholeGraph());
      const { data, extensions } = await askWith(name, { script: () => ({ body }), yes: true, slow: false });
      expect([name, data, extensions?.['code'], extensions?.['reason']]).toEqual([
        name,
        null,
        'UPSTREAM_INVALID_RESPONSE',
        'identity_mismatch',
      ]);
    }
  });

  it('429 with a wait that fits (22), and waits that are none', async () => {
    for (const wait of ['0', '-5', 'Mon, 01 Jan 2001 00:00:00 GMT', '1', 'soon']) {
      const graph = await startWholeGraph({ OPERATION_TIMEOUT_MS: '6000' });
      let first = true;
      const { upstreams } = await startWholeGraph();
      graph.answer('pinning:acme', async ({ url }) => {
        if (!first) return { body: await (await fetch(`${upstreams['pinning:acme'].url}${url}`)).json() };
        first = false;
        return { status: 429, headers: { 'retry-after': wait } };
      });
      const answer = await graph.query<Record<string, object | null>>(oneOfEach);
      expect([wait, codesOf(answer), graph.calls()['pinning:acme']]).toEqual([wait, [], 2]);
    }
  });
});

describe('an upstream that cannot be reached', () => {
  const everyChange = `mutation { addPin(input: { cid: "bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu" }) { __typename }
    approvePayment(input: { paymentId: "p1" }) { __typename } completePayment(input: { paymentId: "p1", txid:
    "${'ab'.repeat(32)}" }) { __typename } cancelPayment(input: { paymentId: "p1" }) { __typename }
    createBadgeTemplate(input: { name: "n", type: FINANCE, imageUrl: "https://a.example/" }) { __typename }
    createHolder(input: { name: "n", email: "a@b.example", phone: "1", did: "did:web:a", externalId: "e" }) {
    __typename }
    issueBadge(input: { templateId: "t1", recipientIds: ["h1"], idempotencyKey: "k" }) { __typename }
    updateHolder(input: { holderId: "h1", name: "n" }) { __typename } removePin(input: { requestId: "r1" }) {
    __typename } settlePayment(input: { paymentId: "p1" }) { __typename } }`;

  async function expectUnreachable(url: string): Promise<void> {
    const graph = await startWholeGraph({
      PI_BASE_URL: url,
      MYPIT_BASE_URL: url,
      PINNING_ACME_URL: url,
      BITMINTER_BASE_URL: url,
      PI_LEDGER_URL: url,
    });
    const read = await graph.query(oneOfEach);
    expect(codesOf(read).map((line) => line.replace(/^\w+: /, ''))).toEqual(
      upstreamNames.map(() => 'UPSTREAM_UNAVAILABLE'),
    );
    const changed = await graph.query<Record<string, null>>(everyChange);
    expect(
      changed.errors?.map(({ extensions }) => [extensions['code'], extensions['outcome'], extensions['retryable']]),
    ).toEqual(Array.from({ length: 10 }, () => ['UPSTREAM_UNAVAILABLE', 'not_applied', true]));
    const beside = await startWholeGraph({ PI_LEDGER_URL: url });
    const without = await beside.query(oneOfEach);
    expect(codesOf(without)).toEqual([`${fieldOf.ledger}: UPSTREAM_UNAVAILABLE`]);
    expect(without.data).toMatchObject({ payment: { paymentId: 'p1' } });
    expect(JSON.stringify([read, changed, without])).not.toContain(new URL(url).hostname);
  }

  it('because it refuses connections (1)', () => expectUnreachable('http://127.0.0.1:1'));
  it('because nobody knows its name (2)', () => expectUnreachable('https://nowhere.invalid'));
  it('because nobody vouches for its certificate (3): it is not tried again, and told nothing', async () => {
    let heard = 0;
    const server = createTlsServer(selfSigned, (_request, response) => {
      heard += 1;
      response.end('{}');
    });
    let greeted = 0;
    server.on('connection', () => {
      greeted += 1;
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    closeLater(() => new Promise((resolve) => server.close(() => resolve())));
    await expectUnreachable(`https://localhost:${(server.address() as AddressInfo).port}`);
    expect(heard).toBe(0);
    // Four reads (the ledger is not asked about a payment that cannot be read), ten changes, the ledger alone, and the look
    // before a pin is added, which it can do without; each once; the look at a pin that nobody here has seen, before it is
    // removed.
    expect(greeted).toBe(17);
  });
});
