/** What a subscriber hears about one watched object. Values carry the whole model, so no loader is asked again. */
export type PollEvent<V> =
  | { readonly type: 'value'; readonly id: string; readonly value: V }
  /** It does not exist: told once, then this id is done. */
  | { readonly type: 'missing'; readonly id: string }
  /** It existed and is gone: the last known value, then this id is done. */
  | { readonly type: 'removed'; readonly id: string; readonly last: V }
  /** Polling it cannot go on (refused, or unusable ten times in a row); then this id is done. */
  | { readonly type: 'failed'; readonly id: string; readonly error: Error };

/**
 * What one read learned about one id: its state, null when it does not exist, an Error when this read failed for it. Of an
 * object that was there, or is expected, null is believed when three looks over ten seconds say it.
 */
export type PollReading<V> = V | null | Error;

/** One upstream read with one credential: everything the engine must know to watch its objects. */
export interface PollSource<V> {
  /** One per provider, base URL and credential: watches with equal keys and ids are one watch. */
  readonly key: string;
  readonly firstIntervalMs: number;
  /**
   * Reads many objects in the fewest calls that the upstream's budget allows. `known` holds the last state of those read
   * before. Answers one reading per id; rejects only when nothing at all could be read.
   */
  read(
    ids: readonly string[],
    known: ReadonlyMap<string, V>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, PollReading<V>>>;
  /** Whether subscribers should hear of `after`. */
  changed(before: V, after: V): boolean;
  /**
   * Whether `after` takes back what `before` had reached, as an older replica does; such a state is believed, and told, only when
   * all looks say so for five seconds. Left out where states come and go.
   */
  goesBack?(before: V, after: V): boolean;
  /** Whether nothing more will come: the value is told, then the id is done. */
  final(value: V): boolean;
  /** Whether it was made here a moment ago, so that a service may not find it yet; nothing is expected when left out. */
  expects?(id: string): boolean;
  /** Whether it was removed through this gateway: then the first look that misses it tells the truth. */
  removed?(id: string): boolean;
  /**
   * Whether a failure ends the watch (a refused credential) instead of being tried again at the next tick; `before` is the failure
   * of the look before this one, if that failed.
   */
  hopeless(error: Error, before?: Error): boolean;
  /** The moment, on the monotonic clock, before which the upstream does not want to be asked again; 0 when it said nothing. */
  notBefore(): number;
}

/** One subscriber's events. */
export interface PollStream<V> extends AsyncIterableIterator<PollEvent<V>, undefined> {
  /**
   * `next` without a promise, for whoever reads thousands of streams: calls back once with the next step, at once when
   * the stream is over.
   */
  take(reader: (step: IteratorResult<PollEvent<V>, undefined>) => void): void;
}

/** The one polling engine: one poll per watched object and credential, however many subscribers. */
export interface Polling {
  /**
   * Follows these objects: the state now, then each change, the final state once; ends when all ids are done. A slow reader
   * gets the latest state of each id, never a backlog. `return()` leaves at once. Subscribers of one object get the same event,
   * not equal ones, so that work on it can be done once for all.
   */
  watch<V>(source: PollSource<V>, ids: readonly string[]): PollStream<V>;
  /** Has these objects of a source looked at now, if they are watched: something is known to have happened to them. */
  nudge(source: Pick<PollSource<unknown>, 'key'>, ids: readonly string[]): void;
  /** Objects watched and subscribers served now. */
  stats(): { readonly watched: number; readonly subscribers: number };
  /** Ends every stream without a final event. */
  close(): Promise<void>;
}
