import type { MemoryReport } from './stream-inside.js';
import { sleep, startRig, type Rig } from './stream-rig.js';

/** What stays behind when readers come and go for hours, in time compression: `node churn.js [seconds]`. */

const INTERVAL_MS = 50;
/** Of the poller as it is set up when nothing is said. */
const USUAL_INTERVAL_MS = 2_000;
const PINS = 200;
const STREAMS = 500;
/** Readers that leave, and as many that come, each second. */
const CHURN = 25;
const SAMPLE_MS = 5_000;
const QUERY_PAUSE_MS = 20;
/** Caches fill first; what they hold is not lost. */
const SETTLE_SHARE = 0.25;
const MOST_MB_PER_HOUR = 1;

interface Sample extends MemoryReport {
  /** Hours since the beginning, as the pollers count them. */
  readonly hours: number;
}

async function run(seconds: number): Promise<void> {
  const rig = await startRig({ pins: PINS, pollIntervalMs: INTERVAL_MS, env: { LOG_LEVEL: 'warn', ME_CACHE_TTL_MS: '1500' } });
  await rig.upstream({ changing: PINS });
  await rig.open(STREAMS);
  const until = performance.now() + seconds * 1_000;
  const comings = keepChanging(rig, until);
  const queries = keepAsking(rig, until);
  const samples: Sample[] = [];
  const began = performance.now();
  while (performance.now() < until) {
    await sleep(SAMPLE_MS);
    const hours = ((performance.now() - began) / 3_600_000) * (USUAL_INTERVAL_MS / INTERVAL_MS);
    const sample = { ...await rig.memory(), hours };
    samples.push(sample);
    process.stdout.write(`${hours.toFixed(2)} h  heap ${sample.heapMb.toFixed(2)} MB  RSS ${Math.round(sample.rssMb)} MB  files ${sample.files}  timers ${sample.timers}\n`);
  }
  const [changes, asked] = await Promise.all([comings, queries]);
  await rig.stop();
  conclude(samples, `${changes} readers left and came, ${asked} queries`);
}

/** Readers leave one by one and others come; now and then a pin ends, and with it its streams, and begins anew. */
async function keepChanging(rig: Rig, until: number): Promise<number> {
  let changes = 0;
  for (let second = 0; performance.now() < until; second += 1) {
    await rig.client({ leave: CHURN });
    const pin = second % PINS;
    await rig.upstream({ end: [pin] });
    await sleep(1_000);
    await rig.upstream({ reborn: [pin] });
    const { live } = await rig.client({});
    changes += STREAMS - live;
    await rig.open(STREAMS - live);
  }
  return changes;
}

const QUERIES = ['{ pin(requestId: "pin-7") { requestId status cid name } }', '{ pins(first: 50) { nodes { id requestId status cid name origins meta delegates info } } }'];

/** Pages and single pins, asked for in turn. */
async function keepAsking(rig: Rig, until: number): Promise<number> {
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...rig.headers };
  let answers = 0;
  for (; performance.now() < until; answers += 1) {
    const response = await fetch(`${rig.gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query: QUERIES[answers % QUERIES.length] }) });
    const text = await response.text();
    if (response.status !== 200 || text.includes('"errors"')) throw new Error(`a query failed: ${text.slice(0, 200)}`);
    await sleep(QUERY_PAUSE_MS);
  }
  return answers;
}

function conclude(samples: readonly Sample[], what: string): void {
  const settled = samples.slice(Math.floor(samples.length * SETTLE_SHARE));
  const slope = slopeOf(settled.map(({ hours, heapMb }) => [hours, heapMb]));
  const range = (pick: (sample: Sample) => number) => `${Math.min(...settled.map(pick))} to ${Math.max(...settled.map(pick))}`;
  process.stdout.write(`\n${what}; heap ${slope.toFixed(2)} MB per simulated hour (at most ${MOST_MB_PER_HOUR}), files ${range(({ files }) => files)}, timers ${range(({ timers }) => timers)}\n`);
  process.exitCode = slope <= MOST_MB_PER_HOUR ? 0 : 1;
}

/** Of the straight line with the least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (pick: 0 | 1) => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

await run(Number(process.argv[2] ?? '180'));
