import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
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
 * The bench: Headgate as it is built and configured for production, against the floor, a plain proxy and its peers, in
 * interleaved rounds. A whole
 * run writes RESULTS.md; for a quick look there are `--without-peers`, `--workload=w1` (again for more), `--part=steady` (again for more;
 * parts are workloads, busy, metrics, steady and watchers) and `--rounds=1`, which print what they find; `--beside=FOLDER` measures
 * another built checkout, such as the last release, in turns with this one.
 */

const SERVER_CORE = 0;
const OTHER_CORE = 1;
const BUSY_MS = 3_000;
const BUSY_CONNECTIONS = 64;
const WATCH_MS = 5_000;

const startedAt = performance.now();
const loadBefore = loadavg()[0] ?? NaN;
// So that the processes of this one end with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const options = readOptions();
const parts = options.part.length === 0 && options.workload.length > 0 ? ['workloads'] : options.part;
const wants = (part: string): boolean => parts.length === 0 || parts.includes(part);
const chosen = workloads.filter(({ name }) => options.workload.length === 0 || options.workload.includes(name));
const isWhole = process.argv.length === 2;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const upstream = await startUpstream(OTHER_CORE);
const field = await startField(SERVER_CORE, upstream, {
  withPeers: !options['without-peers'] && wants('workloads'),
  beside: options.beside,
});
const { floor, plain, headgate } = field;
const present = field.peers.filter((one): one is Contender => 'server' in one);
const [loader, paceMaker] = [startLoad(OTHER_CORE), startLoad(OTHER_CORE, './pace.js')];
const rounds = createRounds(loader, upstream);
const [w1] = workloads;
if (!w1) throw new Error('there is no workload');

/** A part that fails says so, and the rest goes on. */
async function attempt<Found>(
  name: string,
  wanted: boolean,
  measure: () => Promise<Found>,
): Promise<Found | 'failed' | undefined> {
  if (!wanted) return undefined;
  try {
    return await measure();
  } catch (error) {
    process.stderr.write(`${name}: ${String(error)}\n`);
    return 'failed';
  }
}

const compared: Results['compared'][number][] = [];
for (const workload of wants('workloads') ? chosen : []) {
  const servers = await attempt(workload.title, true, () =>
    compare(rounds, workload, { floor, plain, others: [headgate, ...present] }, Number(options.rounds)),
  );
  compared.push({ workload, servers: typeof servers === 'object' ? servers : new Map() });
  const told =
    typeof servers === 'object'
      ? [...servers]
          .map(
            ([title, found]) =>
              `${title} ` +
              `${typeof found === 'string' ? found : `${found.ratio.toFixed(2)} (${found.plainRatio.toFixed(2)}, ${found.cpuMicros.toFixed(0)} us)`}`,
          )
          .join(', ')
      : 'failed';
  say(`${workload.title}: ${told}`);
}
await Promise.all(present.flatMap(({ servers }) => servers.map((server) => server.stop())));
const results: Results = {
  field,
  compared,
  busy: await attempt('busy', wants('busy'), () => rounds.round(headgate, w1, BUSY_MS, BUSY_CONNECTIONS)),
  metrics: await attempt('metrics', wants('metrics'), () => measureMetrics(rounds, SERVER_CORE, upstream, w1)),
  // From here on Headgate measures its loop, because its metrics have been read.
  steady: await attempt('steady', wants('steady'), () => measureSteady(paceMaker, upstream, w1, floor, headgate)),
  watchers: await attempt('watchers', wants('watchers'), () => watch(headgate.server, upstream, WATCH_MS)),
  loadedMb: rssMb(pidOf(headgate.server)),
  loadBefore,
  minutes: (performance.now() - startedAt) / 60_000,
};
const page = toMarkdown(results);
if (isWhole) writeFileSync('bench/RESULTS.md', page);
else say(page);
await Promise.all([loader, paceMaker].map(stop));
await Promise.all([headgate, floor, plain].flatMap(({ servers }) => servers).map((server) => server.stop()));
await upstream.stop();

/** Says in one line what it does not know. */
function readOptions() {
  try {
    return parseArgs({
      options: {
        'without-peers': { type: 'boolean', default: false },
        workload: { type: 'string', multiple: true, default: [] },
        part: { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string', default: '12' },
        beside: { type: 'string' },
      },
    }).values;
  } catch (error) {
    process.stderr.write(
      `${error instanceof Error ? error.message.split('. ')[0] : 'unknown options'}; known are ` +
        '--without-peers --beside=FOLDER --workload=w1 --part=busy --rounds=12\n',
    );
    process.exit(2);
  }
}
