/** A reading as instances tell it to one another. */
export interface Noted<V> {
  readonly reading: V | null;
  /** The interval at which the object was read. */
  readonly paceMs: number;
}

/** `<pace> <reading as JSON>`. */
export function writeNote<V>(reading: V | null, paceMs: number): string {
  return `${paceMs} ${JSON.stringify(reading)}`;
}

/** Values are plain JSON-able data, and what a note holds was written by a poller of the same source. */
export function readNote<V>(text: string): Noted<V> {
  const space = text.indexOf(' ');
  return { reading: JSON.parse(text.slice(space + 1)) as V | null, paceMs: Number(text.slice(0, space)) };
}

/** Whether two notes tell the same reading, whatever their pace. */
export function tellTheSame(one: string, other: string | undefined): boolean {
  return other !== undefined && one.slice(one.indexOf(' ')) === other.slice(other.indexOf(' '));
}
