import type { ErrorCode } from './error-codes.js';

/**
 * The failures that Headgate knows. This file knows neither the HTTP library nor the graph: the client makes
 * UpstreamErrors, the schema turns them into codes.
 */

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
const conflictReasons = [
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
  /** With `conflict`: the change was made all the same, and what it made is not what was to be. */
  readonly applied?: boolean | undefined;
  /** What the upstream said for people; bounded, printable, and without the secrets of the call. Not for everybody's eyes. */
  readonly upstreamDetails?: string | undefined;
  /** Told again from the record of its idempotency key: nothing was sent for it now. */
  readonly replayed?: boolean | undefined;
  /** The last word of the provider on what a key of the caller's asked for: the same key is told it again from now on. */
  readonly kept?: boolean | undefined;
  /** The status says what is told, but not in the provider's own words: whether the change was made is not known all the same. */
  readonly endOpen?: boolean | undefined;
  /** The upstream's id of an object that an answer showed: with an unclear end perhaps the one asked for, with `applied` it is. */
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
  readonly applied?: boolean | undefined;
  readonly upstreamDetails?: string | undefined;
  readonly replayed?: boolean | undefined;
  readonly kept?: boolean | undefined;
  readonly endOpen?: boolean | undefined;
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
  const { conflict, applied, upstreamDetails, replayed, kept, endOpen, objectId, detail, idempotencyKey, candidates } =
    error;
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
    applied,
    upstreamDetails,
    replayed,
    kept,
    endOpen,
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
