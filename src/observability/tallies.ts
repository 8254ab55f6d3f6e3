import { Counter, type Histogram, type Registry } from 'prom-client';

/**
 * Counts kept as plain numbers until somebody reads them. The library's own counting names each label set anew each time,
 * which took a twentieth of a small operation.
 */

type Labels<Label extends string> = Readonly<Record<Label, string>>;

interface TallyOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  readonly registers: Registry[];
}

/** Adds to the count of these label values, given in the order of the labels' names. */
export type Tally = (values: readonly string[], more?: number) => void;

/** A counter that hands its counts to the library when it is read. */
export function tallyCounter<Label extends string>({ name, help, labelNames, registers }: TallyOptions<Label>): Tally {
  const counts = new Map<string, { readonly labels: Labels<Label>; fresh: number }>();
  const counter: Counter<Label> = new Counter({
    name,
    help,
    labelNames,
    registers,
    collect() {
      for (const count of counts.values()) {
        counter.inc(count.labels, count.fresh);
        count.fresh = 0;
      }
    },
  });
  return (values, more = 1) => {
    const key = values.join(' ');
    let count = counts.get(key);
    if (count === undefined) counts.set(key, (count = { labels: labelsOf(labelNames, values), fresh: 0 }));
    count.fresh += more;
  };
}

interface Series<Label extends string> {
  readonly labels: Labels<Label>;
  /** How many fell into each bucket, and into none, at the end; not yet cumulative. */
  readonly counts: number[];
  sum: number;
}

/** Takes down one value, with label values in the order of the labels' names. */
export type HistogramTally = (value: number, ...values: readonly string[]) => void;

/** A histogram in the library's registry. The bounds ascend. */
export function tallyHistogram<Label extends string>({
  name,
  help,
  labelNames,
  registers,
  bounds,
}: TallyOptions<Label> & { readonly bounds: readonly number[] }): HistogramTally {
  const all = new Map<string, Series<Label>>();
  const described = { name, help, type: 'histogram', aggregator: 'sum' };
  const metric = {
    ...described,
    get: () =>
      Promise.resolve({
        ...described,
        values: [...all.values()].flatMap((series) => exportSeries(name, bounds, series)),
      }),
  };
  if (isReadable(metric)) for (const registry of registers) registry.registerMetric(metric);
  return (value, ...values) => {
    const key = values.join(' ');
    let series = all.get(key);
    if (series === undefined)
      all.set(
        key,
        (series = {
          labels: labelsOf(labelNames, values),
          counts: Array.from({ length: bounds.length + 1 }, () => 0),
          sum: 0,
        }),
      );
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += value;
  };
}

/** Whether a registry can read it: it asks for a name and a `get`, though its types know the library's own metrics only. */
function isReadable(metric: object): metric is Histogram {
  return 'name' in metric && 'get' in metric && typeof metric.get === 'function';
}

function exportSeries<Label extends string>(
  name: string,
  bounds: readonly number[],
  { labels, counts, sum }: Series<Label>,
): readonly object[] {
  let count = 0;
  const buckets = counts.map((some, index) => {
    count += some;
    return { metricName: `${name}_bucket`, labels: { le: bounds[index] ?? '+Inf', ...labels }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** Bounded label values have no spaces, so that joined by them they are told apart. */
function labelsOf<Label extends string>(names: readonly Label[], values: readonly string[]): Labels<Label> {
  return Object.fromEntries(names.map((label, index) => [label, values[index] ?? ''])) as Labels<Label>;
}
