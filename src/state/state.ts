/**
 * What several instances of Headgate may share. In memory by default. Values are strings so that every backend can hold
 * them; every entry has a time to live; no credential and no personal data is ever put here.
 */
export interface State {
  readonly records: Records;
  readonly counters: Counters;
  close(): Promise<void>;
}

/**
 * Small documents that must change one writer at a time: idempotency records. A version is never used twice for one key,
 * not even after a removal, so that a late writer cannot hit a newer document. Every method rejects when the backend cannot
 * answer, or has no room for a new document: what is still alive is never thrown out to make room.
 */
export interface Records {
  /** The document, or undefined when it is not there (any more). */
  read(key: string): Promise<VersionedRecord | undefined>;
  /** Creates it and returns its version; undefined when it was there already. */
  create(key: string, value: string, ttlMs: number): Promise<number | undefined>;
  /**
   * Replaces it when it still has this version and returns the new one; undefined when somebody else changed or removed it.
   * The time to live starts anew.
   */
  replace(key: string, version: number, value: string, ttlMs: number): Promise<number | undefined>;
  /** Removes it when it still has this version; false when somebody else changed or removed it. */
  remove(key: string, version: number): Promise<boolean>;
}
export interface VersionedRecord {
  readonly value: string;
  readonly version: number;
}

/** Sums that expire: caps and limits. */
export interface Counters {
  /** Adds a whole number (negative gives back) and returns the new sum; the first addition starts the time to live. */
  add(key: string, amount: number, ttlMs: number): Promise<number>;
}
