import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createQueries, type Queries, type QueryReport, type Span } from './churn-queries.js';
import { judge, toMarkdown, type Churned, type Sample } from './churn-report.js';
import { growing, takeCensus, type Census } from './churn-snapshots.js';
import { start } from '../bench/processes.js';
import { sleep, startRig, type Rig } from './stream-rig.js';

/** What stays behind when readers come and go for a day, in time compression. Writes CHURN.md. */

const {
  values: { minutes: wanted },
} = parseArgs({ options: { minutes: { type: 'string', default: '36' } } });
const minutes = Number(wanted);
if (!(minutes > 0)) throw new Error('--minutes takes a number');

const OTHER_CORE = 1;
const INTERVAL_MS = 50;
/** Of the poller as it is set up when nothing is said. */
const USUAL_INTERVAL_MS = 2_000;
const SCALE = USUAL_INTERVAL_MS / INTERVAL_MS;
const PINS = 200;
const STREAMS = 500;
/** Readers that leave, and as many that come, each second. */
const CHURN = 5;
const QUERIES_PER_SECOND = 200;
const SAMPLE_MS = 5_000;
/** The first streams make and compile what all others use. */
const SETTLE_SHARE = 0.25;
const CENSUSES = 5;

const scaled = (ms: number): string => String(ms / SCALE);

async function startAll(): Promise<{ readonly rig: Rig; stop(): Promise<void> }> {
  const [others, pi] = await Promise.all([
    start({ core: OTHER_CORE, file: './upstream.js' }),
    start({ core: OTHER_CORE, file: './churn-upstream.js' }),
  ]);
  const rig = await startRig({
    pins: PINS,
    pollIntervalMs: INTERVAL_MS,
    env: {
      GATEWAY_KEYS: `bench:${createHash('sha256').update('bench-key').digest('hex')}:pin:read+mypit:read+mypit:pii+pi:read+bm:read`,
      MYPIT_BASE_URL: others.url,
      MYPIT_CLIENT_ID: 'client',
      MYPIT_SECRET_KEY: 'secret',
      MYPIT_USER_ID: 'user',
      BITMINTER_BASE_URL: others.url,
      BITMINTER_API_KEY: 'miner',
      PI_BASE_URL: pi.url,
      PI_API_KEY: 'pi',
      ME_CACHE_TTL_MS: scaled(60_000),
      ME_NEGATIVE_TTL_MS: scaled(5_000),
      POOL_CACHE_TTL_MS: scaled(60_000),
      POOL_POLL_INTERVAL_MS: scaled(60_000),
      PAYMENT_POLL_INTERVAL_MS: scaled(2_000),
      BREAKER_WINDOW_MS: scaled(10_000),
      BREAKER_SLEEP_MS: scaled(5_000),
    },
  });
  return { rig, stop: async () => void (await Promise.all([rig.stop(), others.stop(), pi.stop()])) };
}

interface Changes {
  left: number;
  events: number;
  broken: number;
}

/** Readers leave one by one and others come; each second a pin ends, and with it its streams, and begins anew. */
async function keepChanging(rig: Rig, span: Span): Promise<Changes> {
  const changes = { left: 0, events: 0, broken: 0 };
  for (let second = 0; performance.now() < span.until; second += 1) {
    await rig.client({ leave: CHURN });
    const pin = second % PINS;
    await rig.upstream({ end: [pin] });
    await sleep(1_000);
    await rig.upstream({ reborn: [pin] });
    const { live, events, broken } = await rig.client({});
    changes.left += STREAMS - live;
    changes.events += events;
    changes.broken += broken;
    await rig.open(STREAMS - live);
  }
  return changes;
}

interface Looks {
  readonly samples: Sample[];
  readonly censuses: { readonly hours: number; readonly census: Census }[];
}

/** Looks into the gateway again and again, and counts all that its heap holds now and then. */
async function keepLooking(rig: Rig, queries: Queries, span: Span): Promise<Looks> {
  const { began, until } = span;
  const looks: Looks = { samples: [], censuses: [] };
  const folder = mkdtempSync(join(tmpdir(), 'churn-'));
  const hours = () => ((performance.now() - began) / 3_600_000) * SCALE;
  const settled = began + (until - began) * SETTLE_SHARE;
  const dueAt = (index: number) => settled + ((until - settled) * index) / (CENSUSES - 1) - SAMPLE_MS;
  try {
    while (performance.now() < span.until) {
      await sleep(SAMPLE_MS);
      const sample = { ...(await rig.memory()), hours: hours() };
      process.stdout.write(
        `${sample.hours.toFixed(2)} h  heap ${sample.heapMb.toFixed(2)} MB  RSS ${Math.round(sample.rssMb)} ` +
          `MB  files ${sample.files}  timers ${sample.timers}, ${sample.allTimers}\n`,
      );
      if (performance.now() >= settled) looks.samples.push(sample);
      if (performance.now() < dueAt(looks.censuses.length)) continue;
      const file = join(folder, 'gateway.heapsnapshot');
      await queries.rest(() => rig.snapshot(file));
      looks.censuses.push({ hours: sample.hours, census: takeCensus(file) });
    }
    return looks;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function run(rig: Rig): Promise<[Looks, Changes, QueryReport]> {
  const queries = createQueries(rig);
  await queries.fill();
  await rig.upstream({ changing: PINS });
  await rig.open(STREAMS);
  await rig.client({});
  const began = performance.now();
  const span: Span = { began, until: began + minutes * 60_000 };
  const tasks = [
    keepLooking(rig, queries, span),
    keepChanging(rig, span),
    queries.run(QUERIES_PER_SECOND, span),
  ] as const;
  // The first that fails is the one to tell of; the others end by themselves then.
  for (const task of tasks) task.catch(() => (span.until = 0));
  return Promise.all(tasks).finally(() => Promise.allSettled(tasks));
}

const { rig, stop } = await startAll();
const [{ samples, censuses }, changes, queries] = await run(rig).finally(stop);
const churned: Churned = {
  minutes,
  streams: STREAMS,
  pins: PINS,
  samples,
  ...changes,
  queries,
  queriesPerSecond: QUERIES_PER_SECOND,
  censusHours: censuses.map(({ hours }) => hours),
  growing: growing(censuses.map(({ census }) => census)),
};
const page = toMarkdown(churned, { ms: INTERVAL_MS, usualMs: USUAL_INTERVAL_MS });
writeFileSync('soak/CHURN.md', page);
process.stdout.write(`\n${page}`);
process.exitCode = judge(churned).every(({ met }) => met) ? 0 : 1;
