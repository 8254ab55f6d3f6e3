/** The upstreams that calls are counted for; `pinning` is all pinning services together. */
export const UPSTREAMS = ['pi', 'mypit', 'pinning', 'bitminter', 'ledger'] as const;
export type Upstream = (typeof UPSTREAMS)[number];

/** The most calls that something costs. A call that is made again because it failed counts once. */
export interface Bound {
  /** Where providers keep to what they document; lost answers, and the looks for what became of them, are in it. */
  readonly documented: number;
  /** Whatever they answer. */
  readonly most: number;
}

/** What one field costs one upstream. */
export interface Charge extends Bound {
  readonly upstream: Upstream;
  /** The name of a read that all fields of an operation share: it counts once. */
  readonly once?: string;
  /** A shared read that is made only when this many objects are asked for. */
  readonly from?: number;
  /** Left out of the sum that one operation is limited by: another read is made in its place, or a poll that all watchers share. */
  readonly apart?: boolean;
}

/** What an argument is written as: undefined when left out, `ANYTHING` where it stands in a variable whose value is not known. */
export type WrittenArguments = (name: string) => unknown;

/** What a field costs by itself, asked for on so many objects. */
export type Price = readonly Charge[] | ((written: WrittenArguments, times: number) => readonly Charge[]);

/** Stands for the value of a variable that nobody has given yet. */
export const ANYTHING: unique symbol = Symbol('any value');

/** How many values a list has at the most; `most` is the longest that is taken. */
export function lengthOf(value: unknown, most: number): number {
  if (value === ANYTHING) return most;
  if (value === undefined || value === null) return 0;
  return Array.isArray(value) ? Math.min(value.length, most) : 1;
}

/** One field of an input object. */
export function fieldOf(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null) return object;
  return (object as Readonly<Record<string, unknown>>)[name];
}

/** Whether an argument surely has no value. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
