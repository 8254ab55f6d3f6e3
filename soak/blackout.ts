import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gatewayKey, createTestApp, operatorHeaders } from '../test/support/create-test-app.js';

/**
 * One provider goes dark for a minute while another is asked all the time: what the other feels of it, how soon the dark
 * one's fields fail, how often it is still asked, how soon it is back. Everything runs in one process, so that the two
 * phases share whatever else the machine does; ratios count.
 */
const seconds = { before: 15, dark: Number(process.env['DARK_SECONDS'] ?? 60), after: 15 };
const RATE_PER_SECOND = 50;

const pin = (id: string) =>
  JSON.stringify({
    requestid: id,
    status: 'pinned',
    created: '2026-01-01T00:00:00.000Z',
    pin: { cid: 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu' },
    delegates: [],
  });

interface Double {
  readonly url: string;
  readonly server: Server;
  asked: number;
  underWay: number;
  dark: boolean;
}

async function double(): Promise<Double> {
  const server = createServer((request, response) => {
    own.asked += 1;
    // Dark means silent: the worst kind, since every attempt has to wait.
    if (own.dark) return;
    own.underWay += 1;
    setTimeout(() => {
      own.underWay -= 1;
      response
        .setHeader('content-type', 'application/json')
        .end(pin(decodeURIComponent((request.url ?? '').split('/').at(-1) ?? '')));
    }, 5);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const own: Double = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    asked: 0,
    underWay: 0,
    dark: false,
  };
  return own;
}

const [steady, failing] = await Promise.all([double(), double()]);
const app = await createTestApp({
  PINNING_SERVICES: 'steady,failing',
  PINNING_STEADY_URL: steady.url,
  PINNING_STEADY_TOKEN: 't',
  PINNING_FAILING_URL: failing.url,
  PINNING_FAILING_TOKEN: 't',
  GATEWAY_KEYS: gatewayKey('pin:read'),
  UPSTREAM_TIMEOUT_MS: '1000',
  OPERATION_TIMEOUT_MS: '3000',
});

interface Sample {
  readonly ms: number;
  readonly code: string | undefined;
  readonly at: number;
}
const samples = { steady: [] as Sample[], failing: [] as Sample[] };
let sent = 0;

async function ask(service: 'steady' | 'failing'): Promise<void> {
  const at = performance.now();
  const answer = await app.query<{ pin: object | null }>(
    `query ($id: ID!) { pin(requestId: $id, service: ${service === 'steady' ? '"steady"' : '"failing"'}) { status } }`,
    { id: `pin-${(sent += 1)}` },
    operatorHeaders,
  );
  samples[service].push({
    ms: performance.now() - at,
    code: answer.errors?.[0]?.extensions['code'] as string | undefined,
    at,
  });
}

const p = (list: readonly Sample[], share: number) =>
  [...list].sort((a, b) => a.ms - b.ms)[Math.floor(list.length * share)]?.ms ?? 0;
const between = (list: readonly Sample[], from: number, to: number) =>
  list.filter((sample) => sample.at >= from && sample.at < to);
const wait = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });

const clock = setInterval(() => {
  void ask('steady');
  void ask('failing');
}, 1000 / RATE_PER_SECOND);
await wait(3_000);
const start = performance.now();
await wait(seconds.before * 1000);
const rssBefore = process.memoryUsage.rss();
const askedBefore = failing.asked;
const underWay = failing.underWay;
const darkFrom = performance.now();
failing.dark = true;
await wait(seconds.dark * 1000);
const askedDark = failing.asked - askedBefore;
const rssDark = process.memoryUsage.rss();
const backAt = performance.now();
failing.dark = false;
await wait(seconds.after * 1000);
clearInterval(clock);
await wait(3_000);

const before = between(samples.steady, start, darkFrom);
const during = between(samples.steady, darkFrom, backAt);
const firstOpen =
  samples.failing.find((sample) => sample.at > darkFrom && sample.code === 'CIRCUIT_OPEN' && sample.ms < 50)?.at ??
  backAt;
const early = between(samples.failing, darkFrom, firstOpen);
const of = (code: string) => early.filter((sample) => sample.code === code).length;
const open = between(samples.failing, darkFrom + 5_000, backAt).filter((sample) => sample.code === 'CIRCUIT_OPEN');
const recovered = samples.failing.find((sample) => sample.at > backAt && sample.code === undefined);
const rows = [
  [
    'the other provider: p99 before, while dark',
    `${p(before, 0.99).toFixed(1)} ms, ${p(during, 0.99).toFixed(1)} ms`,
    `ratio ${(p(during, 0.99) / p(before, 0.99)).toFixed(2)}`,
    '<= 1.2',
  ],
  [
    'the other provider: p50 before, while dark',
    `${p(before, 0.5).toFixed(1)} ms, ${p(during, 0.5).toFixed(1)} ms`,
    `ratio ${(p(during, 0.5) / p(before, 0.5)).toFixed(2)}`,
    '',
  ],
  [
    'the other provider: errors while dark',
    String(during.filter((sample) => sample.code !== undefined).length),
    `of ${during.length}`,
    '0',
  ],
  ['dark fields once the circuit is open: p99', `${p(open, 0.99).toFixed(1)} ms`, `${open.length} answers`, '<= 50 ms'],
  [
    'silent until the circuit opened',
    `${((firstOpen - darkFrom) / 1000).toFixed(1)} s`,
    `${of('UPSTREAM_TIMEOUT')} fields timed out, ${of('OVERLOADED')} found no room`,
    '',
  ],
  [
    'requests that reached the dark provider',
    String(askedDark),
    `in ${seconds.dark} s`,
    `<= ${20 + underWay + Math.floor(seconds.dark / 5)}: 20, ${underWay} under way as it went dark, 1 per 5 s`,
  ],
  ['recovered after its return', recovered ? `${((recovered.at - backAt) / 1000).toFixed(1)} s` : 'not', '', '<= 10 s'],
  ['memory growth while dark', `${((rssDark - rssBefore) / 1e6).toFixed(0)} MB`, '', '<= 50 MB'],
];
const table = [
  '# One provider dark',
  '',
  `Written by \`npm run soak:blackout\`: ${RATE_PER_SECOND} queries a second to each of two providers, ` +
    `one of them silent for ${seconds.dark} s.`,
  '',
  '| what | measured | | goal |',
  '|---|---|---|---|',
  ...rows.map((row) => `| ${row.join(' | ')} |`),
  '',
].join('\n');
writeFileSync('soak/BLACKOUT.md', table);
process.stdout.write(`${table}\n`);
await app.close();
for (const { server } of [steady, failing]) {
  server.closeAllConnections();
  server.close();
}
