import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { runKills, type Row } from './fleet-kills.js';
import { runRolling } from './fleet-rolling.js';

/**
 * What holds when instances are killed or restarted: `npm run soak:fleet -- [--part=kills] [--rounds=20]
 * [--subscribers=3000] [--pins=300]`.
 */
const given = new Map(
  process.argv.slice(2).map((argument) => argument.replace(/^--/, '').split('=') as [string, string]),
);
const number = (name: string, usual: number): number => Number(given.get(name) ?? usual);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const parts: Readonly<Record<string, readonly [title: string, run: () => Promise<readonly Row[]>]>> = {
  kills: [
    'Killed instances',
    () =>
      runKills(
        { rounds: number('rounds', 20), subscribers: number('subscribers', 3_000), pins: number('pins', 300) },
        say,
      ),
  ],
  rolling: [
    'Rolling restart behind a balancer',
    () =>
      runRolling(
        { perSecond: number('rps', 300), subscribers: number('streams', 300), times: number('times', 2) },
        say,
      ),
  ],
};

/** A part that breaks down is a finding too, and must not cost those of the others. */
async function runPart(run: () => Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await run();
  } catch (error) {
    return [['measured to its end', error instanceof Error ? error.message : String(error), false]];
  }
}

/** Share of all processors' time that is used over a while. */
async function busyShare(forMs: number): Promise<number> {
  const ticks = (): { readonly all: number; readonly idle: number } => {
    const times = cpus().map(({ times: each }) => each);
    return {
      all: times.reduce((sum, each) => sum + each.user + each.nice + each.sys + each.irq + each.idle, 0),
      idle: times.reduce((sum, each) => sum + each.idle, 0),
    };
  };
  const before = ticks();
  await new Promise((resolve) => {
    setTimeout(resolve, forMs);
  });
  const after = ticks();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

const chosen = given.get('part')?.split(',') ?? Object.keys(parts);
let text =
  '# Several instances: kills and restarts\n\nMeasured by `npm run soak:fleet`: processes of the ' +
  'gateway, a real Redis, and upstream doubles that count, on loopback.\n';
let broken = 0;
for (const name of chosen) {
  const part = parts[name];
  if (part === undefined) throw new Error(`there is no part ${name}`);
  say(`\n${part[0]}`);
  const busyBefore = await busyShare(1_000);
  const rows = [
    ...(await runPart(part[1])),
    ['processor that others used just before', `${Math.round(busyBefore * 100)} %`, undefined] as const,
  ];
  text += `\n## ${part[0]}\n\n| | found | holds |\n|---|---|---|\n`;
  for (const [what, found, holds] of rows) {
    const verdict = holds === undefined ? '' : holds ? 'yes' : 'NO';
    text += `| ${what} | ${found} | ${verdict} |\n`;
    say(`${verdict.padEnd(4)}${what}: ${found}`);
    if (holds === false) broken += 1;
  }
}
if (given.get('part') === undefined) writeFileSync('soak/FLEET.md', text);
process.exitCode = broken === 0 ? 0 : 1;
