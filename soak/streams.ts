import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { sleep, startRig, type Phase, type Rig } from './stream-rig.js';

/** Measures event streams by the thousand and writes `soak/STREAMS.md`: `node streams.js [streams ...]`. */

const PINS = 1_000;
const INTERVAL_MS = 1_000;
const QUIET_MS = 15_000;
const BUSY_MS = 15_000;
const BACK_WITHIN_MS = 30_000;
const HEAP_SLACK = 1.15;

interface Row {
  readonly streams: number;
  readonly title: string;
  readonly phase: Phase;
}

interface Goal {
  readonly streams: number;
  readonly what: string;
  readonly found: string;
  readonly goal: string;
  readonly met: boolean;
}

const rows: Row[] = [];
const goals: Goal[] = [];

function judge(streams: number, what: string, found: number, limit: number, unit: string): void {
  goals.push({
    streams,
    what,
    found: `${round(found)}${unit}`,
    goal: `${limit === 0 ? '0' : `≤ ${limit}${unit}`}`,
    met: found <= limit,
  });
  process.stdout.write(
    `${streams} streams: ${what}: ${round(found)}${unit} ` +
      `(${limit === 0 ? '0' : `at most ${limit}${unit}`})${found <= limit ? '' : '  MISSED'}\n`,
  );
}

function note(streams: number, title: string, phase: Phase): Phase {
  rows.push({ streams, title, phase });
  process.stdout.write(`${rowOf({ streams, title, phase })}\n`);
  return phase;
}

async function measure(streams: number): Promise<void> {
  const rig = await startRig({ pins: PINS, pollIntervalMs: INTERVAL_MS });
  await warmUp(rig);
  await rig.memory();
  const base = await rig.memory();
  await rig.open(streams);
  const quiet = note(streams, 'nothing changes', await rig.phase(QUIET_MS));
  const full = await rig.memory();
  judge(
    streams,
    'resident memory per stream, garbage and all',
    ((quiet.rssMb - base.rssMb) * 1024) / streams,
    80,
    ' KB',
  );
  judge(streams, 'live heap per stream', ((full.heapMb - base.heapMb) * 1024) / streams, 80, ' KB');
  judge(
    streams,
    'resident memory per stream after a collection',
    (((await rig.memory()).rssMb - base.rssMb) * 1024) / streams,
    80,
    ' KB',
  );
  judge(streams, 'loop p99 while nothing changes', quiet.loop.p99, 20, ' ms');

  // Half of the pins, so that ten thousand streams make five thousand events a second.
  await changeAndSettle(rig, PINS / 2);
  const half = note(streams, 'half of the pins change at each poll', await rig.phase(BUSY_MS));
  judge(streams, `loop p99 at ${Math.round(half.client.events / half.seconds)} events/s`, half.loop.p99, 100, ' ms');
  judge(streams, 'latest event after its reading', half.client.latest, INTERVAL_MS, ' ms');
  await changeAndSettle(rig, PINS);
  const all = note(streams, 'all pins change at each poll', await rig.phase(BUSY_MS));
  judge(streams, 'latest event when all pins change', all.client.latest, INTERVAL_MS, ' ms');

  await rig.upstream({ ended: true });
  const end = note(streams, 'all pins end at once', await rig.phase(BUSY_MS));
  judge(streams, 'final states lost', streams - end.client.finals, 0, '');
  judge(streams, 'final states told twice', end.client.repeated, 0, '');
  judge(streams, 'streams without an end', streams - end.client.completes + end.client.broken, 0, '');
  judge(streams, 'longest block when all end', end.loop.longest, 250, ' ms');
  judge(streams, 'latest final state after the end', end.client.latest, INTERVAL_MS + 10_000, ' ms');
  await expectBack(rig, streams, 'after all have ended', base.heapMb);

  await rig.upstream({ ended: false, changing: PINS });
  await rig.open(streams);
  await rig.client({ leave: streams });
  await rig.phase(INTERVAL_MS);
  const left = note(streams, 'all readers have left', await rig.phase(3 * INTERVAL_MS));
  judge(streams, 'upstream requests an interval after all have left', left.asked, 0, '');
  await expectBack(rig, streams, 'after all have left', base.heapMb);
  await rig.stop();
}

/** Code is compiled and pools are filled before anything is weighed. */
async function warmUp(rig: Rig): Promise<void> {
  await rig.upstream({ changing: PINS });
  await rig.open(200);
  await sleep(2 * INTERVAL_MS);
  await rig.client({ leave: 200 });
  await sleep(2 * INTERVAL_MS);
  await rig.upstream({ changing: 0 });
}

/** What has not changed for a while is looked at less often, until it is seen to change. */
async function changeAndSettle(rig: Rig, changing: number): Promise<void> {
  await rig.upstream({ changing });
  await sleep(16 * INTERVAL_MS);
}

async function expectBack(rig: Rig, streams: number, when: string, baseMb: number): Promise<void> {
  const started = performance.now();
  let heapMb = (await rig.memory()).heapMb;
  while (heapMb > baseMb * HEAP_SLACK && performance.now() - started < BACK_WITHIN_MS) {
    await sleep(1_000);
    heapMb = (await rig.memory()).heapMb;
  }
  judge(
    streams,
    `heap over its base ${when} (${round((performance.now() - started) / 1_000)} s later)`,
    Math.max(0, (heapMb / baseMb - 1) * 100),
    15,
    ' %',
  );
}

/** What polls cost: a thousand streams on two hundred pins that change at each poll. */
async function measurePolls(plan: 'list' | 'CIDs', limit: number): Promise<void> {
  const rig = await startRig({ pins: 200, pollIntervalMs: INTERVAL_MS });
  await rig.upstream({ changing: 200, lists: plan === 'list' });
  await rig.open(1_000);
  await sleep(3 * INTERVAL_MS);
  const phase = note(1_000, `200 pins by ${plan}`, await rig.phase(10 * INTERVAL_MS));
  judge(1_000, `upstream requests/s, 200 pins by ${plan}`, phase.asked / phase.seconds, limit, '');
  await rig.stop();
}

function rowOf({ streams, title, phase }: Row): string {
  const { client, loop, seconds } = phase;
  return `| ${[
    streams,
    title,
    Math.round(client.events / seconds),
    `${client.p50} · ${client.p99} · ${client.latest}`,
    client.skipped,
    `${round(loop.p50)} · ${round(loop.p99)} · ${round(loop.longest)}`,
    `${percent(phase.busy)} · ${percent(phase.waited)}`,
    round(phase.asked / seconds),
    Math.round(phase.rssMb),
  ].join(' | ')} |`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

function report(): string {
  return [
    '# Event streams, measured',
    '',
    `\`npm run soak:streams\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ` +
      `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}: the gateway alone on one core, a pinning ` +
      'service double and all readers on the other, loopback, ' +
      (`${PINS} pins polled each ${INTERVAL_MS} ms, one stream per reader, all of one caller. Load average ` +
        `of the machine when this was written: ${loadavg().map(round).join(' · ')} (more than 2 means that ` +
        'others ran too).'),
    '',
    'Delays are from the pin\'s reading at the upstream to the event\'s arrival at the reader. "Waited" ' +
      "is the share of the time in which the gateway's main thread could have run and had no core: other " +
      'programs of the machine had it, or helper threads of the gateway (garbage collection), which are ' +
      'kept to the same core.',
    '',
    '| streams | phase | events/s | delay p50 · p99 · latest ms | states passed over | loop late p50 · ' +
      'p99 · longest ms | busy · waited | upstream requests/s | RSS MB |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map(rowOf),
    '',
    '| streams | what | found | goal | |',
    '|---|---|---|---|---|',
    ...goals.map(
      ({ streams, what, found, goal, met }) =>
        `| ${streams} | ${what} | ${found} | ${goal} | ${met ? 'met' : '**missed**'} |`,
    ),
    '',
    'Each stream is a socket at the gateway and one at the reader: ten thousand need `ulimit -n` above ' +
      '10,300 for either process (Node raises its own soft limit to the hard one).',
    '',
  ].join('\n');
}

/** Open files that a process may have. */
function fileLimit(): number {
  return Number(/Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
}

const sizes = process.argv.slice(2).map(Number);
for (const streams of sizes.length > 0 ? sizes : [1_000, 10_000]) {
  if (streams + 300 > fileLimit())
    throw new Error(`${streams} streams need ulimit -n ${streams + 300}, the limit is ${fileLimit()}`);
  await measure(streams);
}
if (sizes.length === 0) {
  await measurePolls('list', 2);
  await measurePolls('CIDs', 22);
  writeFileSync(new URL('../../STREAMS.md', import.meta.url), report());
}
process.exit(goals.every(({ met }) => met) ? 0 : 1);
