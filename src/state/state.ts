/**
 * What money depends on and what several instances of Headgate may share. Values are strings so that every backend can hold
 * them; every entry has a time to live; no credential is ever put here, and a backend outside this process gets texts and
 * names only in a form that nobody without the deployment's secret can read.
 */
export interface State {
  readonly records: Records;
  readonly counters: Counters;
  readonly leases: Leases;
  readonly events: Events;
  /** Whether other instances may see this state. */
  readonly shared: boolean;
  readonly kind: StateKind;
  /** Why what must never be done twice cannot rest on this state now; undefined when it can. */
  doubt(): Doubt | undefined;
  /** Whether the backend writes each change to a log on its disk, where it is one that need not. */
  appendonly?(): Appendonly;
  /**
   * An operator takes the loss of what a store that came back empty had held: all instances trust it again; or takes the clock
   * for right that is in doubt. False when there is nothing to accept. Rejects when the backend cannot answer.
   */
  acceptLoss(): Promise<boolean>;
  availability(): Availability;
  /** How many instances share this state, as last counted; at least 1. */
  instances(): number;
  close(): Promise<void>;
}

/** `starting` until the backend has been reached once, `lost` while it cannot be reached since. */
export type Availability = 'starting' | 'available' | 'lost';

/** Where the state lies: in this process, in its folder, or in a Redis. */
export type StateKind = 'memory' | 'embedded' | 'redis';

/**
 * `evicts`: the backend throws entries out when it is full. `emptied`: it lost some or all of what it held, and
 * nobody has accepted that.
 * `unchecked`: it has not been looked at yet, or does not let anybody see whether it throws entries out.
 * `forgets`: it ends with its process, and this is production.
 * `clock`: the clock of this machine does not fit the date that the backend was last used on: nobody knows what day it is.
 */
export type Doubt = 'evicts' | 'emptied' | 'unchecked' | 'clock' | 'forgets';

/** `unknown`: the backend does not say. */
export type Appendonly = 'yes' | 'no' | 'unknown';

/** Takes a fact about the backend: plain words and names of errors, never an address. */
export type StateReport = (
  event:
    | 'state_reached'
    | 'state_lost'
    | 'state_evicts'
    | 'state_unseen'
    | 'state_emptied'
    | 'state_foreign'
    | 'state_loss_accepted'
    | 'state_clock_doubted'
    | 'state_clock_believed',
  fields: Readonly<Record<string, string>>,
) => void;

/** The backend does not answer; a change may have been made all the same. */
export class StateUnavailable extends Error {
  override readonly name = 'StateUnavailable';
}

/**
 * Small documents that must change one writer at a time: idempotency records. A version is never used twice for one key,
 * not even after a removal, so that a late writer cannot hit a newer document. Every method rejects when the backend cannot
 * answer, or has no room for a new document: what is still alive is never thrown out to make room. Each caller may fill at most a
 * tenth of that room; beyond it `create` rejects with QuotaExceeded.
 */
export interface Records {
  /** The document, or undefined when it is not there (any more). */
  read(key: string): Promise<VersionedRecord | undefined>;
  /** Creates it and returns its version; undefined when it was there already. */
  create(key: string, value: string, ttlMs: number, caller?: string): Promise<number | undefined>;
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
  /** Since it was created or last replaced, by the backend's own clock: the clocks of instances differ. */
  readonly ageMs: number;
  /** Written by an earlier life of the only process that may write here: nobody is at it any more. */
  readonly orphaned: boolean;
}

/** Sums that expire: caps and limits. */
export interface Counters {
  /**
   * Adds a whole number (negative gives back) and returns the new sum; the first addition starts the time to live. Rejects
   * when the backend cannot answer; the number may have been added then.
   */
  add(key: string, amount: number, ttlMs: number): Promise<number>;
  /**
   * The same for a sum of each UTC day. What day it is says the backend, never the caller, whose clock may be wrong; what is given
   * back names the day that it was added to. Rejects also while the backend does not know what day it is.
   */
  addToDay(key: string, amount: number, ttlMs: number, day?: number): Promise<DaySum>;
}
export interface DaySum {
  /** Days since 1970. */
  readonly day: number;
  readonly sum: number;
}

/**
 * Who does what, among several. A name is held by at most one owner until its time ends, or until the instance of that
 * owner has shown no sign of life for some seconds. The holder, and nobody else, may
 * leave a note at the name for the others; the note outlives the hold. Checks and changes are one step, so an owner whose
 * time ran out unnoticed leaves no note over that of its successor. Methods reject when the backend cannot answer.
 */
export interface Leases {
  /** Takes each name that is free and prolongs each that this owner holds; one answer per claim, in order. */
  claim(owner: string, claims: readonly LeaseClaim[]): Promise<readonly LeaseAnswer[]>;
  /** Leaves notes at names that this owner still holds, and prolongs the hold; one answer per note, in order. */
  note(owner: string, notes: readonly LeaseNote[], noteTtlMs: number): Promise<readonly NoteAnswer[]>;
  /** Gives up the names that this owner still holds. */
  release(owner: string, names: readonly string[]): Promise<void>;
}
export interface LeaseClaim {
  readonly name: string;
  readonly ttlMs: number;
  /** The version of the last note seen there: its text is not sent again. */
  readonly seen?: number | undefined;
}
export interface LeaseAnswer {
  readonly held: boolean;
  /** Until the hold ends, whoever has it, unless it is prolonged. */
  readonly remainingMs: number;
  readonly note: SeenNote | undefined;
}
export interface SeenNote {
  /** Grows with each note left at this name, the same text again included. */
  readonly version: number;
  readonly ageMs: number;
  /** Left out when this version was seen already. */
  readonly text: string | undefined;
}
export interface LeaseNote {
  readonly name: string;
  readonly ttlMs: number;
  /** Undefined = the text is still that of the note before. */
  readonly text: string | undefined;
}
/** The note's version; `gone` when there is no note before to keep the text of; `lost` when the name is not held any more. */
export type NoteAnswer = number | 'gone' | 'lost';

/** Short texts to whoever listens right now, on this and all other instances; each arrives at most once. */
export interface Events {
  /** Resolves when it is sent; rejects when the backend cannot be reached. */
  publish(channel: string, text: string): Promise<void>;
  /** Listens until it is stopped. What is published while the backend is out of reach is not heard. */
  listen(channel: string, hear: (text: string) => void): Listening;
}
export interface Listening {
  /** Resolves when texts are heard, or when the backend is out of reach: then it goes on by itself once that is back. */
  readonly began: Promise<void>;
  stop(): void;
}
