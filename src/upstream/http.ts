import type { Presence } from '../values/departure.js';
import type { CredentialSource, UpstreamError, UpstreamErrorKind } from '../errors.js';
import type { MaybePromise } from '../values/maybe-promise.js';

/** For whom an upstream is called; what each means stands with its limits (class-limits.ts). */
export type CallClass = 'server' | 'caller' | 'identity';

/** A complete answer: any status, the decoded body as text (never more than the cap). */
export interface Answer {
  readonly status: number;
  /** Lower-case names; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** A refusal that goes on beyond what is read of one: its text is empty then. */
  readonly tooLong?: boolean;
  /** Lets others run before more is made of it; of a long answer it rejects when nobody wants that any more. */
  turn(): Promise<void>;
}

/** An answer as it came. */
export interface ReceivedAnswer extends Answer {
  /** Whether what is made of it is worth turns of its own; this can be told without its text. */
  readonly long: boolean;
}

/** One upstream operation: what to send, how often it may be repeated, and how its answer is understood. */
export interface Call<T> {
  /** The upstream's own name of the operation, such as `getPins`: for logs, metrics and tests. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Begins with `/`, is relative to the base URL, is encoded already and holds the query. */
  readonly path: string;
  /** Beyond those of every call, which ask for JSON, take gzip and say what a body is. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** JSON text. */
  readonly body?: string | undefined;
  /** What the upstream does with it; by endpoint, not by method: MyPit reads by POST. A write is not aborted when a client leaves. */
  readonly effect: 'read' | 'write';
  /** Send on a socket of its own (`/me` and money), so that no earlier answer can be taken for this one. */
  readonly freshSocket?: boolean | undefined;
  /**
   * How often to send again after a failure that may have reached the upstream. Nothing but reads and idempotent deletes
   * has more than 0. A request that never left (`unsent`) is sent once more whatever this says.
   */
  readonly retries: number;
  /** What object this call is about, if any: the breaker counts a 500 only when three see one, objects or else whole requests. */
  readonly subject?: string | undefined;
  /** It asks who a caller is, so that nobody has vouched for its credential yet. */
  readonly asksWho?: boolean | undefined;
  /** Calls that share an upstream budget, such as `list`: a budget seen in rate headers pauses this lane of this credential only. */
  readonly lane?: string | undefined;
  /**
   * Calls that rest together after a 429, such as `ads`, where no budget is announced: it pauses these calls of this credential
   * and no others. Without it, and without a lane, a 429 pauses all of the credential.
   */
  readonly restsWith?: string | undefined;
  /** The provider documents no form for its refusals: text, or nothing, may be its own. */
  readonly refusesInText?: boolean | undefined;
  /**
   * Understands a 2xx answer; throws UpstreamError('bad_response') when its shape is wrong. With a promise where that takes more
   * than one turn; what is there at once costs none.
   */
  accept(answer: Answer): MaybePromise<T>;
  /** Turns any other answer into the error it stands for, except redirects and pages that cannot be the provider's own (`refusal.ts`). */
  refuse(answer: Answer): UpstreamError;
}

/** How a call ended; the last three are not the upstream's doing: the client left, `onAttempt` threw, our own mistake. */
export type CallEnd = UpstreamErrorKind | 'aborted' | 'refused' | 'defect';

/** One finished call, for metrics, traces and logs. */
export interface CallFact {
  readonly provider: string;
  readonly operation: string;
  readonly effect: 'read' | 'write';
  /** Of the last answer, if there was one. */
  readonly status?: number | undefined;
  /** How it failed, if it did. */
  readonly kind?: CallEnd | undefined;
  /** Why the host could not be connected to, if that was it: a code such as ENOTFOUND, for operators only. */
  readonly cause?: string | undefined;
  readonly ms: number;
  /** Requests that left or tried to. */
  readonly attempts: number;
}

/** Follows one call. */
export interface CallWatch {
  /** Sent along with every attempt. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Told once, whatever the end. */
  ended(fact: CallFact): void;
}

/** Follows the calls of one scope; asked before each one. */
export interface CallWatcher {
  begin(call: Pick<CallFact, 'provider' | 'operation' | 'effect'>): CallWatch;
}

/** On whose behalf calls are made, and how long they may take. Made once per operation, poll or write. */
export interface CallScope {
  /** Keyed fingerprint of the credential in use, or `public`: limits and pauses are per fingerprint. */
  readonly fingerprint: string;
  readonly credential: CredentialSource;
  /** On whose behalf: calls of one class take turns by it. Polls, which are for many, have none. */
  caller?(): string;
  /** Somebody who is no operator chose what is asked for, so that a 500 may be about that alone. */
  readonly byStranger?: boolean | undefined;
  /** The client's departure. Reads stop at once; writes take no notice. */
  readonly signal?: Presence | undefined;
  /** The moment, on the monotonic clock, after which no attempt starts and none goes on. */
  readonly deadline: number;
  /** How long a pause that the upstream asked for is waited out, deadline permitting; some seconds when not given. */
  readonly patienceMs?: number | undefined;
  /** Told of every attempt that leaves us, before it leaves; may refuse by throwing (the caller's rate limit). */
  onAttempt?(provider: string, operation: string): void | Promise<void>;
  /** Left out unless somebody wants to know: what nobody follows costs nothing. */
  readonly watcher?: CallWatcher | undefined;
}

/** A budget that an upstream announced in its rate headers. */
export interface RateBudget {
  readonly remaining: number;
  /** As many as there are when it is full; undefined when it does not say. */
  readonly limit?: number | undefined;
  /** When, on the monotonic clock, it is full again. */
  readonly resetAt: number;
}

/** How calls with the server's own credential fare: the other classes say more of those who call. */
export interface CircuitState {
  readonly circuit: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  /** What the last calls say, be they ever so few; a circuit that is not closed is failing. */
  readonly standing: 'NOT_ASKED' | 'WELL' | 'FAILING';
  /** Epoch milliseconds of the last usable answer, undefined before the first. */
  readonly lastSuccessAt: number | undefined;
  /** The last failure of the upstream or of the server's credential (epoch milliseconds); undefined before the first. */
  readonly lastFailure?: { readonly at: number; readonly kind: UpstreamErrorKind } | undefined;
  /** Median of the last answers; undefined before the first. */
  readonly latencyMs?: number | undefined;
  /** What is left of the tightest budget that rate headers announced; undefined while none holds. */
  readonly budget?: AnnouncedBudget | undefined;
}

/** A budget of calls, with the date on which it is full again. */
export interface AnnouncedBudget {
  readonly remaining: number;
  readonly limit: number | undefined;
  /** Epoch milliseconds. */
  readonly resetsAt: number;
}

/** Calls one upstream. The only seam between providers and the network. */
export interface HttpClient {
  readonly provider: string;
  readonly baseUrl: string;
  /** Resolves with what `accept` returns; rejects with an UpstreamError, or with what `onAttempt` threw. */
  call<T>(call: Call<T>, scope: CallScope): Promise<T>;
  /** What rate headers last said for this credential and lane, while it still holds. */
  budget(fingerprint: string, lane: string): RateBudget | undefined;
  /** Until when, on the monotonic clock, this credential (and lane) should not be used, after a 429 or an empty budget; 0 when free. */
  pausedUntil(fingerprint: string, lane?: string): number;
  state(): CircuitState;
}

export interface HttpTarget {
  /** As clients see it in `extensions.provider`. */
  readonly provider: string;
  /** Scheme, host and optional base path, without a trailing slash. */
  readonly baseUrl: string;
}

/** What goes on at one upstream now, each class of calls, reads and writes apart. */
export interface UpstreamLoad {
  readonly provider: string;
  readonly class: CallClass;
  readonly effect: 'read' | 'write';
  readonly circuit: CircuitState['circuit'];
  readonly inFlight: number;
  readonly queued: number;
}

/** Makes clients that share one set of limits and closes their sockets together. */
export interface Http {
  client(target: HttpTarget): HttpClient;
  /** One entry per upstream, class and effect; those with the server's credential first. */
  load(): readonly UpstreamLoad[];
  close(): Promise<void>;
}

/** Numbers of the HTTP layer; milliseconds unless named otherwise. */
export interface HttpSettings {
  readonly connectTimeoutMs: number;
  readonly upstreamTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly breakerWindowMs: number;
  readonly breakerMinRequests: number;
  readonly breakerSleepMs: number;
  /** Reads in flight per provider and class of calls; writes get a fifth of it. */
  readonly upstreamConcurrency: number;
  /** Cap on a decoded body. */
  readonly upstreamMaxBytes: number;
}
