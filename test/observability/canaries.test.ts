import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { describeThrown } from '../../src/observability/thrown.js';
import { shownFields } from '../../src/observability/logger.js';
import { fakeUpstream, type FakeAnswer, type Script } from '../support/fake-upstream.js';
import { wirePin } from '../support/graph-pins.js';
import { canaries, canariesIn, formsOf } from './canaries.js';
import { closing, operator, startWholeApp, type WholeApp } from './observed-app.js';

const opened = closing();
afterAll(() => opened.all());

const body = canaries.upstreamBody;
const tainted = (status: number, answer: unknown, headers: Record<string, string> = {}): FakeAnswer => ({
  status,
  body: answer,
  headers: { 'x-internal': canaries.upstreamHeader, 'set-cookie': `session=${canaries.cookie}`, ...headers },
});

/** Everything that an upstream can do wrong while it says something secret. */
const faults: Record<string, Script> = {
  'bad request': () => tainted(400, { error: { reason: 'BAD', details: body } }),
  'an unusable reason': () => tainted(400, { error: { reason: body, details: body }, message: body }),
  'wrong credential': () => tainted(401, { error: { reason: 'UNAUTHORIZED', details: body }, error_message: body }),
  forbidden: () => tainted(403, { error: body }),
  missing: () => tainted(404, { error: 'not_found', error_message: body }),
  conflict: () => tainted(409, { error: { reason: body } }),
  'HTML of an error page': () => tainted(500, `<html>${body}</html>`, { 'content-type': 'text/html' }),
  down: () => tainted(503, body),
  'half of a JSON text': () => tainted(200, `{"requestid":"${body}`),
  'text that looks like a stack': () => tainted(200, `Error: x\n    at ${body} (/srv/${body}.js:1:1)`),
  'another shape': () =>
    tainted(200, { requestid: [body], count: body, results: [{ [body]: body }], identifier: body, uid: [body] }),
  'another identity': () => tainted(200, { ...wirePin(body), identifier: body, uid: body }),
  'unknown words': () =>
    tainted(200, {
      count: 1,
      results: [wirePin('x', { status: body })],
      ...wirePin('x', { status: body, info: { [body]: body } }),
    }),
  'a redirect': () =>
    tainted(302, body, {
      location: `https://user:${encodeURIComponent(body)}@elsewhere.example/${encodeURIComponent(body)}`,
    }),
  'an encoding': () => tainted(200, body, { 'content-encoding': 'zstd' }),
  'too much': () => tainted(200, body.repeat(500)),
  nothing: () => ({ status: 200 }),
  'a cut': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '900' });
    response.write(`{"a":"${body}`);
    setTimeout(() => response.destroy(), 5);
    return undefined;
  },
  'a reset': (_request, response) => void response.destroy(),
  silence: () => undefined,
  // Last, for it puts the credentials to rest.
  'too many': () => tainted(429, body, { 'retry-after': '50' }),
};

const settings = {
  UPSTREAM_TIMEOUT_MS: '250',
  WRITE_TIMEOUT_MS: '250',
  READBACK_DELAY_MS: '1',
  UPSTREAM_MAX_BYTES: '4096',
  BREAKER_MIN_REQUESTS: '1000',
};
const cid = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';
const callers = {
  operator,
  stranger: { 'x-gateway-key': canaries.strangerKey },
  token: { 'x-pinning-token': canaries.pinningToken },
  piUser: { authorization: `Bearer ${canaries.piToken}` },
  everything: {
    ...operator,
    'x-pinning-token': canaries.pinningToken,
    authorization: `Bearer ${canaries.piToken}`,
    cookie: canaries.cookie,
  },
} as const;

const documents: readonly (readonly [string, Record<string, unknown>?])[] = [
  [
    'query Pins($name: String) { pins(first: 3, filter: { name: $name }) { nodes { name meta { key value } } } }',
    { name: canaries.variable },
  ],
  [`query Pin { pin(requestId: "${canaries.literal}") { status } }`],
  ['query Paid($id: ID!) { payment(paymentId: $id) { status { cancelled } } }', { id: 'CANARYLESS1' }],
  ['query Me { me { uid } }'],
  [
    'mutation Add($name: String) { addPin(input: { cid: ' +
      '"bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu", name: $name }) { __typename } }',
    { name: canaries.variable },
  ],
  [`mutation Remove { removePin(input: { requestId: "${canaries.literal}" }) { __typename } }`],
  [
    'mutation Approve($id: ID!) { approvePayment(input: { paymentId: $id }) { __typename } }',
    { id: canaries.variable },
  ],
  [`{ pins(filter: "${canaries.literal}") }`],
  [`{ nothing # ${canaries.literal}\n`],
  ['query Wrong($name: Int) { pin(requestId: $name) { id } }', { name: canaries.variable }],
];

async function runEverything(app: WholeApp): Promise<void> {
  await Promise.all(
    Object.values(callers).flatMap((headers) =>
      documents.map(([text, variables]) => app.query(text, variables, headers)),
    ),
  );
}

/** Takes part in a subscription until its first event or refusal. */
async function watchOnce(app: WholeApp): Promise<void> {
  const events = app.subscribe(
    'subscription Watch($id: ID!) { pinStatus(requestId: $id) { status } }',
    { id: canaries.variable },
    callers.operator,
    AbortSignal.timeout(2_000),
  );
  await events.next();
  await events.return(undefined).catch(() => {});
}

describe('everything that goes out for operators', async () => {
  const sink = opened.add(await fakeUpstream(() => ({ body: {} })));
  const traced = opened.add(await startWholeApp({ ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }));

  it.each(Object.entries(faults))(
    'holds no canary when upstreams answer with: %s',
    async (_name, fault) => {
      traced.pinning.answer(fault);
      traced.pi.answer(fault);
      traced.lines.length = 0;
      await runEverything(traced);
      expect(traced.lines.length).toBeGreaterThan(40);
      expect(canariesIn(traced.lines.join('\n'))).toEqual([]);
    },
    30_000,
  );

  it('holds none over streams and sockets either', async () => {
    const app = opened.add(
      await startWholeApp(settings, { pinning: () => tainted(400, { error: { reason: 'BAD', details: body } }) }),
    );
    await watchOnce(app);
    await app.overWebSocket(
      'subscription Watch($id: ID!) { pinStatus(requestId: $id) { status } }',
      { id: canaries.variable },
      callers.token,
    );
    await app.overWebSocket(
      `query Pin { pin(requestId: "${canaries.literal}") { status } }`,
      undefined,
      callers.stranger,
    );
    expect(
      app
        .logged('operation')
        .map(({ transport }) => String(transport))
        .toSorted(),
    ).toEqual(['http', 'websocket', 'websocket']);
    expect(canariesIn(app.lines.join('\n'))).toEqual([]);
  });

  it('holds none in metrics and health', async () => {
    const read = async (path: string) =>
      (await traced.app.fetch(new Request(`${traced.url}${path}`, { headers: callers.everything }))).text();
    const [metrics, health] = await Promise.all([read('/metrics'), read('/health/ready')]);
    expect(metrics).toContain('headgate_upstream_calls_total{');
    expect(canariesIn(metrics + health)).toEqual([]);
  });

  it('holds none in traces', async () => {
    await traced.close();
    const delivered = sink.requests.map((request) => request.body).join('\n');
    expect(delivered).toContain('headgate.provider');
    expect(canariesIn(delivered)).toEqual([]);
    expect(canariesIn(traced.lines.join('\n'))).toEqual([]);
  });
});

describe('the search for canaries', () => {
  it.each(Object.entries(canaries))('finds %s in every form and at any place', (name, canary) => {
    expect(formsOf(canary).length).toBeGreaterThan(15);
    for (const form of formsOf(canary)) expect(canariesIn(`before ${form} after`)).toEqual([name]);
    for (const prefix of ['', 'a', 'ab', 'abc'])
      expect(canariesIn(Buffer.from(`${prefix}${canary} and more`).toString('base64'))).toEqual([name]);
  });
});

describe('what is said of an unexpected error', () => {
  const thrownWith = (message: string) => new TypeError(message);

  it('is its class and its places, never its message, even one that looks like a stack', () => {
    const said = describeThrown(
      thrownWith(`first ${body}\n    at ${body} (/srv/${body}.js:1:1)\n    at fine (/srv/x.js:1:1)`),
    );
    expect(said.name).toBe('TypeError');
    expect(said.stack).toContain('canaries.test.ts');
    expect(said.stack).not.toContain('/srv/');
    expect(canariesIn(JSON.stringify(said))).toEqual([]);
  });

  it('is the class alone when the message was changed later', () => {
    const error = thrownWith(`old\n    at fine (/srv/${cid}.js:1:1)`);
    expect(error.stack).toContain(cid); // Some engines put the stack together only when it is read.
    error.message = 'new';
    expect(describeThrown(error)).toEqual({ name: 'TypeError', stack: '' });
    expect(describeThrown(body)).toEqual({ name: 'string', stack: '' });
  });
});

describe('the fields of the log', () => {
  const root = fileURLToPath(new URL('../../src', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const CALL = /\b(?:log|listeners\.log)\.(?:debug|info|warn|error)\((?:'[^']*'|[^,()]*),\s*\{([^{}]*)\}/g;

  it('are all on the list of what may be shown', () => {
    const used = files.flatMap((file) =>
      [...readFileSync(`${root}/${file}`, 'utf8').matchAll(CALL)].flatMap(([, fields = '']) =>
        [...fields.matchAll(/(?:^|,)\s*(\w+)\s*(?=[:,]|$)/g)].map(([, name = '']) => `${file} ${name}`),
      ),
    );
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((use) => !shownFields.has(use.split(' ')[1] ?? ''))).toEqual([]);
  });
});
