/**
 * What metrics and traces cost on a hot query, in processor time: `npx tsx test/observability/overhead.ts`. Each gateway has a
 * process of its own, since two in one process spoil each other's compiled code; the processes take turns, so that the noise of
 * the machine meets all of them. `nothing` is measured twice: what those two differ by is what cannot be told.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Dispatcher } from 'undici';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { silentLogger } from '../../src/log.js';
import { createMetrics } from '../../src/observability/metrics.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { gatewayKey, operatorKey } from '../support/create-test-app.js';
import { wirePin } from '../support/graph-pins.js';

const PROCESSES = 7;
const WARM_UP = 30;
const BATCHES = 40;
const BATCH = 150;
const body = Buffer.from(JSON.stringify(wirePin('x')));

/** An upstream without a network: answers at the next turn of the loop. */
class Instant extends Dispatcher {
  override dispatch(_options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
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
      handler.onResponseStart?.(controller, 200, { 'content-type': 'application/json' }, 'OK');
      handler.onResponseData?.(controller, body);
      handler.onResponseEnd?.(controller, {});
    });
    return true;
  }
}

const collector = await fakeUpstream(() => ({ body: {} }));
const common = {
  NODE_ENV: 'production',
  PINNING_SERVICES: 'acme',
  STATE_DIR: 'memory',
  PINNING_ACME_URL: 'http://127.0.0.1:1',
  PINNING_ACME_TOKEN: 'token',
  GATEWAY_KEYS: gatewayKey('pin:read'),
  HEADGATE_SECRET: 'a secret for a measurement',
};
const variants = {
  nothing: { METRICS: 'off' },
  'nothing, again': { METRICS: 'off' },
  metrics: { METRICS: 'on' },
  'metrics and traces': { METRICS: 'on', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
} as const;

const payload = JSON.stringify({ query: '{ pin(requestId: "x") { requestId status name cid } }' });
const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

/** Processor microseconds per query of one gateway, the median of many batches. */
async function measure(settings: Record<string, string>): Promise<number> {
  const app = await createApp(readConfig({ ...common, ...settings }), { log: silentLogger, dispatcher: new Instant() });
  const ask = () =>
    app
      .fetch(
        new Request('http://gateway.test/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json', 'x-gateway-key': operatorKey },
          body: payload,
        }),
      )
      .then((answer) => answer.text());
  const answer = await ask();
  if (!answer.includes('"status"')) throw new Error(`the gateway answers ${answer}`);
  const micros: number[] = [];
  for (let round = 0; round < WARM_UP + BATCHES; round += 1) {
    const before = process.cpuUsage();
    await Promise.all(Array.from({ length: BATCH }, ask));
    const { user, system } = process.cpuUsage(before);
    if (round >= WARM_UP) micros.push((user + system) / BATCH);
  }
  await app.close();
  return median(micros);
}

function measureApart(name: string): number {
  return Number(
    execFileSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
}

const [, , wanted] = process.argv;
const own = Object.entries(variants).find(([name]) => name === wanted);
if (own) {
  process.stdout.write(String(await measure(own[1])));
  await collector.close();
  process.exit();
}

const names = Object.keys(variants);
const measured = new Map(names.map((name) => [name, [] as number[]]));
for (let round = 0; round < PROCESSES; round += 1) {
  // The order turns, so that nobody always comes after the same other.
  for (let turn = 0; turn < names.length; turn += 1) {
    const name = names[(turn + round) % names.length] ?? '';
    measured.get(name)?.push(measureApart(name));
  }
}
const base = median(measured.get('nothing') ?? []);
for (const [name, micros] of measured) {
  process.stdout.write(
    `${name.padEnd(20)} ${median(micros).toFixed(1).padStart(7)} µs a query ` +
      `(${Math.min(...micros).toFixed(0)} to ${Math.max(...micros).toFixed(0)})   × ` +
      `${(median(micros) / base).toFixed(3)}\n`,
  );
}

const metrics = createMetrics({
  upstreams: () => [],
  polling: () => ({ watched: 0, subscribers: 0 }),
  streams: () => 0,
  operations: () => ({ inFlight: 0, waiting: 0, refused: 0 }),
});
const turns = 500_000;
const count = () => {
  metrics.upstreamCall({
    provider: 'pinning:acme',
    operation: 'getPinByRequestId',
    effect: 'read',
    status: 200,
    ms: 3.2,
    attempts: 1,
  });
  metrics.operation({ kind: 'query', transport: 'http', ms: 4.1, codes: [], left: false, events: null });
};
for (let turn = 0; turn < turns / 5; turn += 1) count();
const started = performance.now();
for (let turn = 0; turn < turns; turn += 1) count();
process.stdout.write(
  `counting one query with one upstream call: ${(((performance.now() - started) / turns) * 1_000).toFixed(2)} µs\n`,
);

await collector.close();
