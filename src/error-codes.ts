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
