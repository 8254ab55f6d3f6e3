import { median } from '../bench/statistics.js';
import type { FloodReport } from './overload-flood.js';

/** One flood on one contender. */
export interface Flooded {
  readonly title: string;
  /** What was aimed at, as a multiple of the capacity. */
  readonly times: number;
  readonly seconds: number;
  /** Good answers a second with 64 callers, just before and just after: the mean of the two. */
  readonly capacity: number;
  readonly capacities: readonly [before: number, after: number];
  /** Processor time of the gateway meanwhile, as a share of a core, and for each answer. */
  readonly capacityBusy: number;
  readonly costMs: number;
  readonly flood: FloodReport;
  /** Milliseconds on a new connection each time, in the counted time and before it. */
  readonly liveness99: number;
  readonly rising99: number;
  /** Of the port of the health worker; null without one. */
  readonly worker99: number | null;
  /** By how much the probe of the port was late itself, at p99, in milliseconds. */
  readonly probeLate99: number;
  /** Shares of the gateway's core and of the other that processes had which are none of this soak. */
  readonly taken: readonly [server: number, other: number];
  readonly recoveryMs: number;
  /** Processor time of the gateway as a share of a core. */
  readonly busy: number;
  readonly rssMb: number;
}

export interface Mix {
  readonly title: string;
  readonly floods: readonly Flooded[];
}

/** At least so many percent of the capacity come back good, by multiple. */
const GOODPUT: Readonly<Record<number, number>> = { 2: 65, 3: 40 };
const REFUSED_P99_MS = 150;
const LIVENESS_P99_MS = 100;
const WORKER_P99_MS = 50;
const BESIDE_POINTS = 5;
/** Beyond these, the machine was measured and not the gateway: such a run shows nothing. */
const MOST_TAKEN = [0.05, 0.15] as const;
const MOST_LATE_MS = 10;
const MOST_STILL = 0.1;
/** Between the capacity before and after; a machine with neighbours is half as fast for seconds at a time. */
const MOST_DRIFT = 0.2;

interface Row {
  readonly what: string;
  readonly of: (flood: Flooded) => number;
  readonly unit: string;
  readonly holds?: (value: number, times: number, beside: number | undefined) => boolean;
}

const offered = ({ flood, seconds, capacity }: Flooded): number => flood.sent / seconds / capacity;
const goodput = ({ flood, seconds, capacity }: Flooded): number => (flood.good.count / seconds / capacity) * 100;
const lost = ({ flood }: Flooded): number =>
  Object.values(flood.others).reduce((sum, count) => sum + count, flood.broken + flood.late);

const rows: readonly Row[] = [
  { what: 'capacity, good answers a second', of: ({ capacity }) => capacity, unit: '' },
  { what: 'processor for one of them', of: ({ costMs }) => costMs * 1_000, unit: 'us' },
  {
    what: 'processor of the gateway at its capacity, % of a core',
    of: ({ capacityBusy }) => capacityBusy * 100,
    unit: '%',
  },
  { what: 'really offered, x the capacity', of: offered, unit: 'x' },
  {
    what: 'goodput, % of the capacity',
    of: goodput,
    unit: '%',
    holds: (value, times, beside) =>
      value >= (GOODPUT[times] ?? 0) && (beside === undefined || value >= beside - BESIDE_POINTS),
  },
  { what: 'good answers, p50', of: ({ flood }) => flood.good.p50, unit: 'ms' },
  { what: 'good answers, p99', of: ({ flood }) => flood.good.p99, unit: 'ms' },
  { what: 'refused, p50', of: ({ flood }) => flood.refused.p50, unit: 'ms' },
  {
    what: 'refused, p99',
    of: ({ flood }) => flood.refused.p99,
    unit: 'ms',
    holds: (value) => value <= REFUSED_P99_MS,
  },
  { what: 'other answers, broken connections, none within 2 s', of: lost, unit: '', holds: (value) => value === 0 },
  {
    what: 'liveness on the port, p99',
    of: ({ liveness99 }) => liveness99,
    unit: 'ms',
    holds: (value) => value <= LIVENESS_P99_MS,
  },
  {
    what: 'the same while the crowd came',
    of: ({ rising99 }) => rising99,
    unit: 'ms',
    holds: (value) => value <= LIVENESS_P99_MS,
  },
  {
    what: 'liveness by the worker, p99, the worse of the two',
    of: ({ worker99 }) => worker99 ?? NaN,
    unit: 'ms',
    holds: (value) => value <= WORKER_P99_MS,
  },
  { what: 'connections: opened while the crowd came', of: ({ flood }) => flood.opened[0], unit: '' },
  { what: 'connections: opened afterwards', of: ({ flood }) => flood.opened[1], unit: '' },
  { what: 'until answers are quick again', of: ({ recoveryMs }) => recoveryMs, unit: 'ms' },
  { what: 'processor of the gateway, % of a core', of: ({ busy }) => busy * 100, unit: '%' },
  { what: 'memory afterwards', of: ({ rssMb }) => rssMb, unit: 'MB' },
  { what: "the sender's own lateness, p99", of: ({ flood }) => flood.lateness, unit: 'ms' },
  { what: 'the sender stood still, in all', of: ({ flood }) => flood.stoodStillMs, unit: 'ms' },
  { what: "the probe's own lateness, p99", of: ({ probeLate99 }) => probeLate99, unit: 'ms' },
  { what: "taken by others, of the gateway's core", of: ({ taken }) => taken[0] * 100, unit: '%' },
  { what: 'taken by others, of the other core', of: ({ taken }) => taken[1] * 100, unit: '%' },
];

/** Whether the gateway was measured, and not the machine: as fast before as after, with cores for itself and for a sender in time. */
const isSound = ({ flood, taken, seconds, capacity, capacities: [before, after] }: Flooded): boolean =>
  Math.abs(after - before) <= capacity * MOST_DRIFT &&
  taken[0] <= MOST_TAKEN[0] &&
  taken[1] <= MOST_TAKEN[1] &&
  flood.lateness <= MOST_LATE_MS &&
  flood.stoodStillMs <= seconds * 1_000 * MOST_STILL;

/** The floods as a page, and how many goals were missed. */
export function toMarkdown(
  mixes: readonly Mix[],
  [loadBefore, loadAfter]: readonly [number, number],
): { readonly page: string; readonly missed: number } {
  let missed = 0;
  const tables = mixes.map(({ title, floods }) => {
    const columns = [...new Set(floods.map((one) => `${one.times} x, ${one.title}`))].toSorted();
    const inColumn = (column: string) => floods.filter((one) => `${one.times} x, ${one.title}` === column);
    const medianOf = (column: string, of: Row['of']): number => {
      const all = inColumn(column);
      const sound = all.filter(isSound);
      return median((sound.length > 0 ? sound : all).map(of));
    };
    const sound = columns.map((column) => {
      const all = inColumn(column);
      const count = all.filter(isSound).length;
      return `${count} of ${all.length}${count === 0 ? ': **shows nothing**' : ''}`;
    });
    const lines = rows.map(({ what, of, unit, holds }) => {
      const cells = columns.map((column) => {
        const value = medianOf(column, of);
        const times = Number(column.split(' ')[0]);
        const shown = Number.isNaN(value) ? '–' : `${value.toFixed(unit === 'x' ? 1 : 0)} ${unit}`.trim();
        if (holds === undefined || Number.isNaN(value) || column.endsWith('old')) return shown;
        const beside = columns.includes(`${times} x, old`) ? medianOf(`${times} x, old`, of) : undefined;
        if (holds(value, times, beside)) return `${shown}, holds`;
        missed += 1;
        return `${shown}, **NO**`;
      });
      return `| ${[what, ...cells].join(' | ')} |`;
    });
    const top = `| | ${columns.join(' | ')} |\n|---|${columns.map(() => '---|').join('')}`;
    const runs = `| runs in which the gateway was measured and not the machine | ${sound.join(' | ')} |`;
    return `\n## ${title}\n\n${top}\n${runs}\n${lines.join('\n')}\n`;
  });
  return {
    page: `${head(mixes)}${tables.join('')}\nLoad average ${loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} at the end.\n`,
    missed,
  };
}

function head(mixes: readonly Mix[]): string {
  const [first] = mixes.flatMap(({ floods }) => floods);
  return `# Overload

Measured by \`npm run soak:overload\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}: one instance of the built gateway in production
mode on one core; the crowd, two probes and the upstream double on the other. Requests are due at fixed instants whether or not earlier
ones were answered, and one that finds no connection free opens another, as an open crowd does; the pace rises for 3 s and is then held
for ${(first?.seconds ?? 0).toFixed(0)} s, which are counted. When the sender stands still, so does the crowd's clock, which then goes
a quarter faster until it has caught up. A run is one of the gateway, and not of the machine, when others had at most
${MOST_TAKEN[0] * 100} % of its core and ${MOST_TAKEN[1] * 100} % of the other, the sender was at most ${MOST_LATE_MS} ms late and stood still for
at most ${MOST_STILL * 100} % of the time, and the capacity before and after differed by at most ${MOST_DRIFT * 100} %. Medians of interleaved rounds; times are the client's, from the instant at which a
request was due.
`;
}
