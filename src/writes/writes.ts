import type { Json } from '../values/json.js';

/** One sending of a write, as the provider sees it. */
export interface Attempt {
  /** Put into the object written (`gw_idem`), so that a lost answer can be found again. The same for the same key. */
  readonly marker: string;
  /** Epoch milliseconds at which the first sending of this key began. */
  readonly startedAt: number;
  /** True when the caller chose the key: an earlier life of this process may have sent it, so look before sending. */
  readonly keyed: boolean;
  /** Must be awaited right before the first byte goes out: it records that from here on the end may be unclear. */
  sent(): Promise<void>;
}

/** A write that must not happen twice for one key. */
export interface Write<R extends Json> {
  /** Whose keys these are: the caller's fingerprint, stable for one caller. */
  readonly principal: string;
  /** The mutation's name. */
  readonly operation: string;
  /** The client's key, 1 to 255 printable characters; undefined = one is made up. */
  readonly key: string | undefined;
  /** The input; the same key with another payload is refused. */
  readonly payload: Json;
  /**
   * Sends it, reading back when the end is unclear. Resolves with the result, rejects with UpstreamError: `outcome_unknown`
   * when it stays unclear, any other kind when it surely did not happen.
   */
  send(attempt: Attempt): Promise<R>;
  /** A read-only look for the effect of an earlier sending; undefined when it is not there. Rejects when it cannot tell. */
  find(attempt: Attempt): Promise<R | undefined>;
}

/** Writes that are never done twice, and never two at a time on one object. */
export interface Writes {
  /** Runs, replays or recovers a write by its key (trust.md 3.4). */
  once<R extends Json>(write: Write<R>): Promise<R>;
  /** Runs one at a time per object name, in order of arrival. */
  serially<R>(object: string, run: () => Promise<R>): Promise<R>;
  /** Resolves when no write is in flight any more. */
  idle(): Promise<void>;
}
