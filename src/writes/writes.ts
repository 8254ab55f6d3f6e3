import type { Json } from '../values/json.js';
import type { ToldOnce } from './told-once.js';

/** One sending of a write, as the provider sees it. */
export interface Attempt {
  /**
   * Put into the object written (`gw_idem`), so that a lost answer can be found again. The same for the same key, until people
   * free it: then it is another one, so that nothing of before can be taken for what is sent now.
   */
  readonly marker: string;
  /** Epoch milliseconds at which the first sending of this key began. */
  readonly startedAt: number;
  /** True when the caller chose the key: an earlier life of this process may have sent it, so look before sending. */
  readonly keyed: boolean;
  /** The upstream's id of the object that an answer showed earlier, when one did: it may be the effect, wherever it is by now. */
  readonly objectId?: string | undefined;
  /**
   * Sendings of this key of which people have said that they came to nothing. What is there of them all the same is never the
   * result; it may be a reason to send nothing.
   */
  readonly former?: readonly FormerSending[];
  /** An answer shows the id of what may be the effect, but not enough to be sure: keeps it for later looks. Never rejects. */
  shows?(objectId: string): Promise<void>;
  /**
   * Takes an object of the upstream's for this key, by a name that is the same for all keys: one that it was told, or that a look
   * found without its marker. False when another key has it, or nobody can tell. Never rejects.
   */
  takes?(object: string): Promise<boolean>;
  /** Those of the objects that other keys have taken; undefined when nobody can tell. Never rejects. */
  taken?(objects: readonly string[]): Promise<ReadonlySet<string> | undefined>;
  /**
   * Must be awaited right before the first byte goes out: it records that from here on the end may be unclear. When it
   * rejects, nothing may be sent and the rejection is passed on. Awaiting it again before a further request of the same
   * write moves the start of the quarantine; it rejects when another instance has, or may have, taken the write over.
   */
  sent(): Promise<void>;
}

/** A sending before people freed the key. */
export interface FormerSending {
  readonly marker: string;
  /** The upstream's id of what was once seen with that marker. */
  readonly objectId: string | undefined;
}

/** A write that must not happen twice for one key. */
export interface Write<R extends Json> {
  /**
   * Whose keys these are: the name of the caller who holds the right to this write, and of nobody and nothing else. What else
   * a request brings along must not make another of it.
   */
  readonly principal: string;
  /**
   * Whom the room for records counts it to, where that is somebody else: each made-up credential has keys of its own, and
   * whoever makes them up is one and the same.
   */
  readonly countedAs?: string;
  /** Whose write it is, as clients see it (`pi`, `pinning:pinata`): for the error when nothing is known about the end. */
  readonly provider: string;
  /** The mutation's name. */
  readonly operation: string;
  /** The client's key, 1 to 255 printable characters; undefined = one is made up. */
  readonly key: string | undefined;
  /** The input; the same key with another payload is refused. */
  readonly payload: Json;
  /**
   * Sends it, reading back when the end is unclear. Resolves with the result, which is stored for replay and so holds no
   * personal data. Rejects with UpstreamError: `outcome_unknown` when it stays unclear, any other kind when it surely did
   * not happen (an unclear or unreadable end counts as unknown all the same); or with GatewayError when the gateway refused
   * before anything left. A GatewayError met while reading back is therefore turned into `outcome_unknown` by the sender.
   */
  send(attempt: Attempt): Promise<R>;
  /** A read-only look for the effect of an earlier sending; undefined when it is not there. Rejects when it cannot tell. */
  find(attempt: Attempt): Promise<R | undefined>;
  /**
   * Whether this result says that nothing was made, as a refusal does: it does not stand once an answer has shown the marker.
   */
  saysNothingMade?(result: R): boolean;
  /**
   * A read-only look for what a kept result leaves open: the result as it is known by then; undefined when it leaves nothing open,
   * or nothing more is to be seen. When it rejects, the kept result is told.
   */
  more?(result: R, attempt: Attempt): Promise<R | undefined>;
  /**
   * Whether a key whose end stayed unclear may send again after two clean negative looks and the quarantine (the default),
   * or never: where a look that finds nothing does not prove that nothing happened.
   */
  readonly resend?: 'quarantined' | 'never';
}

/** A write that was begun and is not yet known to have ended; nothing of its payload. */
export interface OpenWrite {
  /** Opaque, and good for telling one from another. */
  readonly recordKey: string;
  readonly operation: string;
  readonly provider: string;
  /** The upstream's id of what may be its effect, when an answer showed one. */
  readonly objectId: string | null;
  readonly state: 'INTENT' | 'SENT' | 'UNKNOWN';
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly sentAt: number | null;
  /** How its last sending ended, as far as it is known. */
  readonly lastFault: string | null;
}

/** What people have found out about an open write. */
export interface Resolution {
  readonly operation: string;
  readonly key: string;
  /** True: it took effect, and the key is closed. False: it did not, and the key may send once more, as another generation. */
  readonly applied: boolean;
  /** Whose key it is when several have used it: the caller's own. */
  readonly principal: string;
}

/** Writes that are never done twice, and never two at a time on one object. */
export interface Writes {
  /**
   * Runs, replays or recovers a write by its key. Rejects with what `send` rejected with; with `outcome_unknown` carrying
   * the key (also a made-up one), so that the caller can ask again; with IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS
   * or IDEMPOTENCY_STORE_UNAVAILABLE.
   */
  once<R extends Json>(write: Write<R>): Promise<R>;
  /**
   * Runs one at a time per object name: in this process in order of arrival, among instances as far as their shared state
   * can be reached. Rejects with OVERLOADED when another instance keeps the name too long. Not to be nested for one name.
   * `about` names a write that no `once` answers for: `abandon` then answers it too.
   */
  serially<R>(
    object: string,
    run: () => Promise<R>,
    about?: { readonly provider: string; readonly operation: string },
  ): Promise<R>;
  /** Who of all that ask for one deed is told that it was done for them; `name` names the deed. */
  first(name: string): ToldOnce;
  /** Keeps which object of the upstream's carries a marker: any answer may show it. Never rejects. */
  note(marker: string, objectId: string): Promise<void>;
  /** What was begun, here or on another instance, and not yet found out; oldest first. Rejects with IDEMPOTENCY_STORE_UNAVAILABLE. */
  openWrites(): Promise<readonly OpenWrite[]>;
  /**
   * Closes or frees a key whose end nobody knows, by the word of people. Rejects with NOT_FOUND when no such key is open,
   * IDEMPOTENCY_IN_PROGRESS while it still runs, InvalidInput when the same key is open for several callers and not for this one.
   */
  resolve(resolution: Resolution): Promise<OpenWrite>;
  /** Resolves when no write is in flight any more. */
  idle(): Promise<void>;
  /**
   * For the end of a drain: answers every `once` still in flight, with `outcome_unknown` when it was sent (or a former sending
   * is unclear) and OVERLOADED when it was not; the latter will not be sent any more. So it does with each `serially` that is
   * about a write, by whether its turn has come. Resolves when all that is recorded.
   */
  abandon(): Promise<void>;
  /** For when the store closes: what waits to be written down there is not tried any more. */
  close(): void;
}
