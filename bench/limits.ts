import { startRedis } from '../test/support/start-redis.js';
import { alone } from './contenders.js';
import { startLoad, stop } from './processes.js';
import { createRounds } from './rounds.js';
import { startGateway, startUpstream } from './servers.js';
import { median } from './statistics.js';
import { workloads } from './workloads.js';

/**
 * What limits cost that several instances share: a W1 with `RATE_LIMIT_PER_MINUTE` and a Redis against one without either, in
 * interleaved rounds, each with new processes, since V8 compiles no two alike: `npm run bench:limits [-- <pairs>]`.
 */
const GOAL = 0.9;
const PAIRS = Number(process.argv[2] ?? 5);
const TIMES = 5;
const WARM_UP_MS = 3_000;
const ROUND_MS = 1_500;
const SERVER_CORE = 0;
const OTHER_CORE = 1;

const [w1] = workloads;
if (!w1) throw new Error('there is no workload');
const redis = await startRedis();
const upstream = await startUpstream(OTHER_CORE);
const loader = startLoad(OTHER_CORE);
const rounds = createRounds(loader, upstream);

const shared = { REDIS_URL: redis.url, HEADGATE_SECRET: 'a secret for this bench only' };
const kinds = {
  plain: {},
  'with Redis': shared,
  'with Redis and limits': { ...shared, RATE_LIMIT_PER_MINUTE: '1000000000' },
} as const;
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];

interface Ratio {
  readonly perSecond: number;
  readonly cpu: number;
}
const found: Record<Kind, Ratio[]> = { plain: [], 'with Redis': [], 'with Redis and limits': [] };
for (let pair = 0; pair < PAIRS; pair += 1) {
  const started = await Promise.all(names.map((name) => startGateway(SERVER_CORE, upstream, kinds[name])));
  const servers = started.map((server, index) => alone(names[index] ?? '', server));
  for (const server of servers) await rounds.round(server, w1, WARM_UP_MS);
  for (let time = 0; time < TIMES; time += 1) {
    const measured = new Map<string, Ratio>();
    // The first of a round is another one each time.
    for (const server of servers.map((_one, index) => servers[(index + time) % servers.length])) {
      if (!server) continue;
      const { perSecond, cpuMicros } = await rounds.round(server, w1, ROUND_MS);
      measured.set(server.title, { perSecond, cpu: cpuMicros });
    }
    const plain = measured.get('plain');
    for (const name of names) {
      const one = measured.get(name);
      if (plain && one) found[name].push({ perSecond: one.perSecond / plain.perSecond, cpu: plain.cpu / one.cpu });
    }
  }
  await Promise.all(started.map((server) => server.stop()));
}
for (const name of names) {
  const ratios = found[name];
  const told = [median(ratios.map(({ perSecond }) => perSecond)), median(ratios.map(({ cpu }) => cpu))];
  console.log(
    `W1 ${name}: ${told.map((ratio) => ratio.toFixed(2)).join(' of the requests, ')} of the processor's worth, ${ratios.length} rounds`,
  );
}
const ratio = median(found['with Redis and limits'].map(({ perSecond }) => perSecond));
console.log(ratio >= GOAL ? `at least ${GOAL}` : `BELOW ${GOAL}`);
await stop(loader);
await upstream.stop();
await redis.stop();
process.exitCode = ratio >= GOAL ? 0 : 1;
