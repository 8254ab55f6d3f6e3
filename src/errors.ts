/**
 * The failures that Headgate knows. This file knows neither the HTTP library nor the graph: the client makes
 * UpstreamErrors, the schema turns them into codes.
 */

/** What is known of one error code. */
interface ErrorCodeFacts {
  /** One sentence for clients: the description in the SDL. */
  readonly meaning: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** HTTP status of an answer that holds nothing but this error; left out = that of the media type (200, or 400). */
  readonly status?: number;
}

/** Every code that a client can meet in `extensions.code`. The SDL, all answers and the metrics derive from this table. */
export const errorTable = {
  GRAPHQL_PARSE_FAILED: { meaning: 'The document is not GraphQL.', retryable: false },
  GRAPHQL_VALIDATION_FAILED: { meaning: 'The document does not fit the schema.', retryable: false },
  PERSISTED_QUERY_NOT_FOUND: {
    meaning:
      'No document is known by this hash (status 200) or id (400); send the text with the hash, or ask for it to be listed.',
    retryable: false,
    status: 200,
  },
  UNAUTHENTICATED: { meaning: 'No usable credential came with the request.', retryable: false },
  FORBIDDEN: { meaning: 'The credential lacks the right.', retryable: false },
  NOT_FOUND: { meaning: 'There is no such object.', retryable: false },
  BAD_USER_INPUT: { meaning: 'An argument cannot be used; the message names it.', retryable: false },
  CONFLICT: { meaning: 'The state of the object does not allow this.', retryable: false },
  INSUFFICIENT_FUNDS: { meaning: 'The account at the provider cannot pay for this.', retryable: false },
  PROVIDER_DISABLED: {
    meaning: 'The provider is switched off here, or has no credential of its own.',
    retryable: false,
  },
  UPSTREAM_AUTH_FAILED: { meaning: 'The provider refused the credential of this gateway.', retryable: false },
  AUTH_PROVIDER_UNAVAILABLE: { meaning: 'Who you are could not be checked right now.', retryable: true },
  RATE_LIMITED: {
    meaning: 'The provider asks for a slower pace; `retryAfterMs` says for how long, when it said so.',
    retryable: true,
  },
  TOO_MANY_REQUESTS: {
    meaning: 'You have used up your share of this gateway; see `retryAfterMs`.',
    retryable: true,
    status: 429,
  },
  UPSTREAM_TIMEOUT: { meaning: 'The provider did not answer in time.', retryable: true },
  UPSTREAM_UNAVAILABLE: { meaning: 'The provider cannot be reached or is failing.', retryable: true },
  CIRCUIT_OPEN: { meaning: 'Calls to the failing provider are paused for a few seconds.', retryable: true },
  OVERLOADED: { meaning: 'Too much is under way here; try again in a moment.', retryable: true, status: 503 },
  UPSTREAM_INVALID_RESPONSE: {
    meaning: 'The provider sent an answer that cannot be used; see `reason`.',
    retryable: true,
  },
  OUTCOME_UNKNOWN: {
    meaning: 'The change may or may not have happened; send it again with the same idempotency key only.',
    retryable: true,
  },
  IDEMPOTENCY_KEY_REUSED: { meaning: 'This idempotency key was used with another input.', retryable: false },
  IDEMPOTENCY_IN_PROGRESS: {
    meaning: 'The write with this idempotency key is still under way.',
    retryable: true,
  },
  IDEMPOTENCY_STORE_UNAVAILABLE: {
    meaning: 'Idempotency keys cannot be kept right now; nothing was sent.',
    retryable: true,
  },
  IDEMPOTENCY_QUOTA_EXCEEDED: {
    meaning: 'You hold as many idempotency keys as one caller may; they are freed as they grow old. Nothing was sent.',
    retryable: false,
  },
  LOOKUP_LIMIT: { meaning: 'A bounded search ended before the answer was known.', retryable: false },
  CURSOR_EXPIRED: {
    meaning: 'The provider no longer knows this cursor; start from the first page.',
    retryable: false,
  },
  SUBSCRIPTION_LIMIT: { meaning: 'Too many open subscriptions.', retryable: true },
  SUBSCRIPTION_INTERRUPTED: { meaning: 'The watch cannot go on here; subscribe again.', retryable: true },
  INTERNAL_SERVER_ERROR: { meaning: 'Something went wrong on our side.', retryable: false, status: 500 },
} as const satisfies Readonly<Record<string, ErrorCodeFacts>>;

export type ErrorCode = keyof typeof errorTable;
export const errorCodes = Object.keys(errorTable) as readonly ErrorCode[];

const facts: Readonly<Record<ErrorCode, ErrorCodeFacts>> = errorTable;

/** Whether a value is one of our codes; codes of libraries are not. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}

/** Whether the same request may succeed later. */
export function isRetryable(code: ErrorCode): boolean {
  return facts[code].retryable;
}

/** HTTP status of an answer that holds nothing but this error; undefined = that of the media type. */
export function httpStatusOf(code: ErrorCode): number | undefined {
  return facts[code].status;
}

/** What went wrong with an upstream, in the few kinds that anybody needs to tell apart. */
export type UpstreamErrorKind =
  | 'unavailable'
  | 'timeout'
  | 'rate_limited'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'rejected'
  | 'conflict'
  | 'insufficient_funds'
  | 'bad_response'
  | 'circuit_open'
  | 'overloaded'
  | 'outcome_unknown'
  | 'lookup_limit'
  | 'cursor_expired';

/** Why an answer could not be used; a fixed list, so that it may be shown to clients. */
export type BadResponseReason =
  | 'not_json'
  | 'html'
  | 'truncated'
  | 'shape'
  | 'empty'
  | 'redirect'
  | 'too_large'
  | 'encoding'
  | 'identity_mismatch'
  | 'pagination_stuck';

/** Why the state of an object does not allow a change: the words that clients branch on in `ConflictError.reason`. */
export const conflictReasons = [
  'NOT_AS_EXPECTED',
  'CANCELLED',
  'COMPLETED_BY_ANOTHER_TRANSACTION',
  'HAS_TRANSACTION',
  'OTHER_NETWORK',
  'WRONG_DIRECTION',
  'PAYOUT_OPEN',
  'CHANGED_MEANWHILE',
  'DUPLICATE',
  'REFUSED_UPSTREAM',
] as const;
export type ConflictReason = (typeof conflictReasons)[number];

/**
 * How far a request got. `unsent`: no byte left us, sending again is safe. `unclear`: it may have been carried out.
 * `answered`: the upstream said clearly that it did (or did not) act.
 */
export type Delivery = 'unsent' | 'unclear' | 'answered';

/** Whose credential a call used: decides between UNAUTHENTICATED (the caller's) and UPSTREAM_AUTH_FAILED (ours). */
export type CredentialSource = 'server' | 'caller' | 'none';

export interface UpstreamErrorDetails {
  /** As clients see it: `pinning:pinata`, `pi`, … */
  readonly provider: string;
  /** The upstream's own operation name, for the log. */
  readonly operation: string;
  readonly delivery: Delivery;
  readonly credential?: CredentialSource | undefined;
  readonly status?: number | undefined;
  /** The upstream's own machine-readable code, bounded and harmless. */
  readonly upstreamCode?: string | undefined;
  readonly reason?: BadResponseReason | undefined;
  readonly retryAfterMs?: number | undefined;
  /** With `conflict`: what stands in the way; a refusal of the upstream's own when it is left out. */
  readonly conflict?: ConflictReason | undefined;
  /** What the upstream said for people; bounded, printable, and without the secrets of the call. Not for everybody's eyes. */
  readonly upstreamDetails?: string | undefined;
  /** Told again from the record of its idempotency key: nothing was sent for it now. */
  readonly replayed?: boolean | undefined;
  /** With an unclear end: the upstream's id of the object that an answer showed, which may be the one asked for. */
  readonly objectId?: string | undefined;
  /** For the log alone: a path of the fault such as `results.3.status`, or what the socket said. Never a body, URL or header. */
  readonly detail?: string | undefined;
  /** With `outcome_unknown` from a write: the key, given or made up, under which the caller may ask again. */
  readonly idempotencyKey?: string | undefined;
  /** With `outcome_unknown` from a write that makes an object: the upstream's ids of those that may be it. */
  readonly candidates?: readonly string[] | undefined;
}

/** A failed call to an upstream. Its message is ours, fit for the log; clients get a text made from the kind. */
export class UpstreamError extends Error implements UpstreamErrorDetails {
  override readonly name = 'UpstreamError';
  readonly provider!: string;
  readonly operation!: string;
  readonly delivery!: Delivery;
  readonly credential?: CredentialSource | undefined;
  readonly status?: number | undefined;
  readonly upstreamCode?: string | undefined;
  readonly reason?: BadResponseReason | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly conflict?: ConflictReason | undefined;
  readonly upstreamDetails?: string | undefined;
  readonly replayed?: boolean | undefined;
  readonly objectId?: string | undefined;
  readonly detail?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly candidates?: readonly string[] | undefined;

  constructor(
    readonly kind: UpstreamErrorKind,
    details: UpstreamErrorDetails,
  ) {
    super(`${details.provider} ${details.operation}: ${kind}${details.reason ? ` (${details.reason})` : ''}`);
    Object.assign(this, details);
  }
}

/** All that an error says, as plain facts. */
export function detailsOf(error: UpstreamError): UpstreamErrorDetails {
  const { provider, operation, delivery, credential, status, upstreamCode, reason, retryAfterMs } = error;
  const { conflict, upstreamDetails, replayed, objectId, detail, idempotencyKey, candidates } = error;
  return {
    provider,
    operation,
    delivery,
    credential,
    status,
    upstreamCode,
    reason,
    retryAfterMs,
    conflict,
    upstreamDetails,
    replayed,
    objectId,
    detail,
    idempotencyKey,
    candidates,
  };
}

/** Which call a failure is about, and whose credential it used. */
export interface CallFacts {
  readonly provider: string;
  readonly operation: string;
  readonly credential: CredentialSource;
}

/** A write whose end stays unknown after every look for it; keeps what the upstream said last, and what the looks found. */
export function outcomeUnknown(facts: CallFacts, cause?: unknown, candidates?: readonly string[]): UpstreamError {
  const known = cause instanceof UpstreamError ? cause : undefined;
  return new UpstreamError('outcome_unknown', {
    ...facts,
    delivery: 'unclear',
    status: known?.status,
    upstreamCode: known?.upstreamCode,
    reason: known?.reason,
    detail: known ? [known.kind, known.detail].filter(Boolean).join(': ') : undefined,
    candidates,
  });
}

/** Whether this is a page that came in place of the provider's refusal (`upstream/refusal.ts`). */
export function isForeignPage(error: UpstreamError): boolean {
  const { kind, status = 0 } = error;
  return kind === 'bad_response' && status >= 400 && status < 500;
}

/**
 * For a write that may be sent again, after looks that showed no effect: a page in place of a refusal is what a gateway
 * sends for what it did not pass on, so the key stays free; any other unclear end stays unknown.
 */
export function endWithoutEffect(facts: CallFacts, cause: UpstreamError): UpstreamError {
  if (!isForeignPage(cause)) return outcomeUnknown(facts, cause);
  const { status, reason } = cause;
  return new UpstreamError('bad_response', { ...facts, delivery: 'answered', status, reason });
}

/** A refusal by the gateway itself: rights, limits, idempotency. The message is meant for clients. */
export class GatewayError extends Error {
  override readonly name: string = 'GatewayError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: { readonly provider?: string; readonly retryAfterMs?: number } = {},
  ) {
    super(message);
  }
}

export interface InputIssue {
  /** Argument names and list positions, such as `['input', 'meta', 'colour']`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The caller's input cannot be used. In a mutation it becomes InvalidInputError, elsewhere BAD_USER_INPUT. */
export class InvalidInput extends GatewayError {
  override readonly name = 'InvalidInput';
  constructor(readonly issues: readonly InputIssue[]) {
    super('BAD_USER_INPUT', issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  }
}

/** Short for one issue at one argument. */
export function invalidInput(path: string | readonly (string | number)[], message: string): InvalidInput {
  return new InvalidInput([{ path: typeof path === 'string' ? path.split('.') : path, message }]);
}
