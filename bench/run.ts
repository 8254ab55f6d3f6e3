import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compare } from './compare.js';
import { startField, type Contender } from './contenders.js';
import { measureSteady } from './latency.js';
import { measureMetrics } from './overhead.js';
import { rssMb, startLoad, stop } from './processes.js';
import { toMarkdown, type Results } from './report.js';
import { createRounds, pidOf } from './rounds.js';
import { startUpstream } from './servers.js';
import { watch } from './watchers.js';
import { workloads } from './workloads.js';

/**
 * The bench: Headgate as it is built and configured for production, against the floor and its peers, in interleaved rounds. A whole
 * run writes RESULTS.md; for a quick look there are `--without-peers`, `--workload=w1` (again for more), `--part=steady` (again for more;
 * parts are workloads, busy, metrics, steady and watchers) and `--rounds=1`, which print what they find.
 */

const SERVER_CORE = 0;
const OTHER_CORE = 1;
const BUSY_MS = 3_000;
const BUSY_CONNECTIONS = 64;
const WATCH_MS = 5_000;

const startedAt = performance.now();
const { values: options } = parseArgs({
  options: {
    'without-peers': { type: 'boolean', default: false },
    workload: { type: 'string', multiple: true, default: [] },
    part: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '3' },
  },
});
const parts = options.part.length === 0 && options.workload.length > 0 ? ['workloads'] : options.part;
const wants = (part: string): boolean => parts.length === 0 || parts.includes(part);
const chosen = workloads.filter(({ name }) => options.workload.length === 0 || options.workload.includes(name));
const isWhole = process.argv.length === 2;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const upstream = await startUpstream(OTHER_CORE);
const field = await startField(SERVER_CORE, upstream, !options['without-peers'] && wants('workloads'));
const { floor, headgate } = field;
const present = field.peers.filter((one): one is Contender => 'server' in one);
const [loader, paceMaker] = [startLoad(OTHER_CORE), startLoad(OTHER_CORE, './pace.js')];
const rounds = createRounds(loader, upstream);
const [w1] = workloads;
if (!w1) throw new Error('there is no workload');

const compared: { workload: (typeof workloads)[number]; servers: Awaited<ReturnType<typeof compare>> }[] = [];
for (const workload of wants('workloads') ? chosen : []) {
  const servers = await compare(rounds, workload, [floor, headgate], present, Number(options.rounds));
  compared.push({ workload, servers });
  say(`${workload.title}: ${[...servers].map(([title, found]) => `${title} ${typeof found === 'string' ? found : found.ratio.toFixed(2)}`).join(', ')}`);
}
await Promise.all(present.map(({ server }) => server.stop()));
const results: Results = {
  field, compared,
  busyPerSecond: wants('busy') ? (await rounds.round(headgate, w1, BUSY_MS, BUSY_CONNECTIONS)).perSecond : undefined,
  metricsShare: wants('metrics') ? await measureMetrics(rounds, SERVER_CORE, upstream, w1) : undefined,
  // From here on Headgate measures its loop, because its metrics have been read.
  steady: wants('steady') ? await measureSteady(paceMaker, upstream, w1, floor, headgate) : undefined,
  watchers: wants('watchers') ? await watch(headgate.server, upstream, WATCH_MS) : undefined,
  loadedMb: rssMb(pidOf(headgate.server)),
  minutes: (performance.now() - startedAt) / 60_000,
};
const page = toMarkdown(results);
if (isWhole) writeFileSync('bench/RESULTS.md', page);
else say(page);
await Promise.all([loader, paceMaker].map(stop));
await Promise.all([headgate.server.stop(), floor.server.stop()]);
await upstream.stop();
