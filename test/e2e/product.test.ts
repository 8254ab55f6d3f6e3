import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCollector, type Collector } from '../observability/otlp-collector.js';
import { closeAfterEach } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { overSse, overWebSocket } from '../support/graph-streams.js';
import { productFolder } from '../support/product.js';
import { describeWithRedis, startRedis, type TestRedis } from '../support/start-redis.js';

closeAfterEach();

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The product as it is shipped, in a folder of its own: no sources and no libraries beside it. */
describeWithRedis('the built product', { timeout: 60_000 }, () => {
  const folder = productFolder();
  let redis: TestRedis, collector: Collector, product: Awaited<ReturnType<typeof start>>;

  beforeAll(async () => {
    [redis, collector] = await Promise.all([startRedis(), startCollector()]);
    product = await start(folder, {
      REDIS_URL: redis.url,
      HEADGATE_SECRET: 'the-secret-of-this-product',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      RATE_LIMIT_PER_MINUTE: '1000',
      PIN_POLL_INTERVAL_MS: '200',
    });
  });

  afterAll(async () => {
    await product.stop();
    await Promise.all([redis.stop(), collector.close()]);
  });

  it('answers from the sandbox, interpreted and compiled alike', async () => {
    const answers = [];
    for (let turn = 0; turn < 5; turn += 1)
      answers.push(
        await product.query('query Name($first: Int) { pins(first: $first) { nodes { requestId name status cid } } }', {
          first: 2,
        }),
      );
    expect(answers[0]).toMatchObject({ data: { pins: { nodes: [{ requestId: expect.any(String) }, {}] } } });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it('shows GraphiQL with the documented operations', async () => {
    const page = await (await fetch(`${product.url}/graphql`, { headers: { accept: 'text/html' } })).text();
    expect(page).toContain('query FirstLook');
  });

  it.each([
    ['SSE', overSse],
    ['graphql-ws', overWebSocket],
  ] as const)('streams over %s', async (_name, subscribe) => {
    const pinned = (await product.query(
      'mutation { addPin(input: { cid: "bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu", ' +
        'name: "product" }) { ... on AddPinPayload { pin { requestId } } } }',
    )) as { data: { addPin: { pin: { requestId: string } } } };
    const stream = subscribe(
      product.url,
      `subscription { pinStatus(requestId: ${JSON.stringify(pinned.data.addPin.pin.requestId)}) { status } }`,
      product.headers,
    );
    await stream.heard(1);
    expect(stream.events[0]).toMatchObject({ data: { pinStatus: { status: expect.any(String) } } });
  });

  it('shares its state', async () => {
    expect(await (await fetch(`${product.url}/health/ready`, { headers: product.headers })).json()).toMatchObject({
      sharedState: 'available',
    });
  });

  it('brings the licences of its libraries along', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const licences = readFileSync(join(folder, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const [name, version] of Object.entries(dependencies)) expect(licences).toContain(`${name} ${version} (`);
    expect(licences).toContain('Permission is hereby granted');
  });

  it('ends with 0, having told its traces', async () => {
    expect(await product.stop()).toBe(0);
    expect(collector.spans().map(({ name }) => name)).toContain('pinning:sandbox getPins');
    expect(product.complaints()).toBe('');
  });
});

/** The process with nothing in its environment but the settings; resolves once it has told its address and its key. */
async function start(folder: string, settings: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'silent', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const told = () => /(http:\/\/127\.0\.0\.1:\d+)[^]*Operator key +(\S+)/.exec(out);
  await Promise.race([until(() => told() !== null, 30_000), ended]);
  const [, url = '', key = ''] = told() ?? [];
  if (url === '') throw new Error(`the product did not start: ${err}`);
  const headers = { 'x-gateway-key': key };
  return {
    url,
    headers,
    complaints: () => err,
    async query(query: string, variables?: object): Promise<unknown> {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      });
      return response.json();
    },
    stop(): Promise<number | null> {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
