import { readFileSync, rmSync } from 'node:fs';

/** What a heap held, by constructor. */
export type Census = ReadonlyMap<string, { readonly count: number; readonly bytes: number }>;

/** A constructor whose objects grew from each census to the next. */
export interface Growth {
  readonly name: string;
  readonly counts: readonly number[];
  readonly bytes: readonly number[];
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[]] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** Growth that is less than this from the first census to the last is none. */
const LEAST_BYTES = 100 * 1024;
const NAMED = new Set(['object', 'closure', 'native']);

/** Reads a heap snapshot from its file, which is gone afterwards. */
export function takeCensus(file: string): Census {
  const {
    snapshot: { meta },
    nodes,
    strings,
  } = JSON.parse(readFileSync(file, 'utf8')) as Snapshot;
  rmSync(file);
  const field = (name: string) => meta.node_fields.indexOf(name);
  const [type, name, size, step] = [field('type'), field('name'), field('self_size'), meta.node_fields.length];
  const [types] = meta.node_types;
  const census = new Map<string, { count: number; bytes: number }>();
  for (let at = 0; at < nodes.length; at += step) {
    const kind = types[nodes[at + type] ?? 0] ?? '';
    const key = NAMED.has(kind) ? `${kind} ${strings[nodes[at + name] ?? 0] ?? ''}` : `(${kind})`;
    const entry = census.get(key) ?? { count: 0, bytes: 0 };
    entry.count += 1;
    entry.bytes += nodes[at + size] ?? 0;
    census.set(key, entry);
  }
  return census;
}

/** All constructors that grew without a pause, the largest growth first. */
export function growing(censuses: readonly Census[]): Growth[] {
  const names = censuses.at(-1)?.keys() ?? [];
  return [...names]
    .map((name): Growth => ({
      name,
      counts: censuses.map((census) => census.get(name)?.count ?? 0),
      bytes: censuses.map((census) => census.get(name)?.bytes ?? 0),
    }))
    .filter(
      ({ bytes }) =>
        bytes.every((value, index) => index === 0 || value > (bytes[index - 1] ?? 0)) && grown(bytes) >= LEAST_BYTES,
    )
    .toSorted((a, b) => grown(b.bytes) - grown(a.bytes));
}

const grown = (bytes: readonly number[]): number => (bytes.at(-1) ?? 0) - (bytes[0] ?? 0);
