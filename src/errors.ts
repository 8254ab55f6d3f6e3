/**
 * The failures that Headgate knows. This file knows neither the HTTP library nor the graph: the client makes
 * UpstreamErrors, the schema turns them into codes.
 */

/** Every code a client can meet in `extensions.code` (the contract; clients branch on these). */
export const errorCodes = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'INSUFFICIENT_FUNDS',
  'PROVIDER_DISABLED',
  'UPSTREAM_AUTH_FAILED',
  'AUTH_PROVIDER_UNAVAILABLE',
  'RATE_LIMITED',
  'TOO_MANY_REQUESTS',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
  'CIRCUIT_OPEN',
  'OVERLOADED',
  'UPSTREAM_INVALID_RESPONSE',
  'OUTCOME_UNKNOWN',
  'IDEMPOTENCY_KEY_REUSED',
  'IDEMPOTENCY_IN_PROGRESS',
  'IDEMPOTENCY_STORE_UNAVAILABLE',
  'LOOKUP_LIMIT',
  'CURSOR_EXPIRED',
  'SUBSCRIPTION_LIMIT',
  'SUBSCRIPTION_INTERRUPTED',
  'INTERNAL_SERVER_ERROR',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

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
