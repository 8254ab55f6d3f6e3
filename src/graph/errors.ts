import { GraphQLError } from 'graphql';
import { GatewayError, InvalidInput, UpstreamError, detailsOf, type UpstreamErrorKind } from '../errors.js';
import { isErrorCode, isRetryable, type ErrorCode } from '../error-codes.js';
import { conflictMessage, conflictReason } from './conflict-reason.js';

/** What clients read for each kind of upstream failure. Nothing of the upstream's own text is in it. */
const upstreamCodes: Record<UpstreamErrorKind, { readonly code: ErrorCode; readonly message: string }> = {
  unavailable: {
    code: 'UPSTREAM_UNAVAILABLE',
    message: 'The provider cannot be reached right now. Try again in a moment.',
  },
  timeout: {
    code: 'UPSTREAM_TIMEOUT',
    message: 'The provider did not answer in time. Try again in a moment.',
  },
  rate_limited: {
    code: 'RATE_LIMITED',
    message: 'The provider asks for a slower pace. Try again later.',
  },
  unauthorized: { code: 'UPSTREAM_AUTH_FAILED', message: 'The provider refused the credential.' },
  forbidden: {
    code: 'UPSTREAM_AUTH_FAILED',
    message: 'The provider does not allow this credential to do that.',
  },
  not_found: { code: 'NOT_FOUND', message: 'There is no such object.' },
  rejected: {
    code: 'BAD_USER_INPUT',
    message: 'The provider did not accept the input; upstreamCode says why, when it gave a reason.',
  },
  conflict: { code: 'CONFLICT', message: 'The state of the object does not allow this.' },
  insufficient_funds: {
    code: 'INSUFFICIENT_FUNDS',
    message: 'The account at the provider has no funds left for this.',
  },
  bad_response: {
    code: 'UPSTREAM_INVALID_RESPONSE',
    message: 'The provider sent an answer that cannot be used.',
  },
  circuit_open: {
    code: 'CIRCUIT_OPEN',
    message: 'The provider has been failing; calls to it are paused for a few seconds.',
  },
  overloaded: {
    code: 'OVERLOADED',
    message: 'Too many calls to this provider are under way. Try again in a moment.',
  },
  outcome_unknown: {
    code: 'OUTCOME_UNKNOWN',
    message: 'The change may or may not have happened.',
  },
  lookup_limit: {
    code: 'LOOKUP_LIMIT',
    message: 'The search ended at its limit before the answer was known.',
  },
  cursor_expired: {
    code: 'CURSOR_EXPIRED',
    message: 'The provider no longer knows this place. Start again from the first page.',
  },
};

export interface ErrorDescription {
  readonly code: ErrorCode;
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** A mutation's failure of which it is certain that nothing was changed upstream. */
export class NotApplied extends Error {
  override readonly name = 'NotApplied';
  constructor(override readonly cause: UpstreamError) {
    super(cause.message);
  }
}

/** The code, message and extensions of a failure that clients may see; undefined for anything unforeseen. */
export function describeError(error: unknown): ErrorDescription | undefined {
  if (error instanceof NotApplied) {
    const described = describeUpstream(error.cause);
    return { ...described, extensions: { ...described.extensions, outcome: 'not_applied' } };
  }
  if (error instanceof UpstreamError) return describeUpstream(error);
  if (error instanceof GatewayError) {
    const { code, details } = error;
    return {
      code,
      message: error.message,
      extensions: {
        code,
        ...details,
        retryable: isRetryable(code),
        ...(error instanceof InvalidInput ? { issues: error.issues } : {}),
      },
    };
  }
  return undefined;
}

/** The code of a failure of calls with this gateway's own credential. */
export function codeOfKind(kind: UpstreamErrorKind): ErrorCode {
  return upstreamCodes[kind].code;
}

function describeUpstream(error: UpstreamError): ErrorDescription {
  const { code: usual } = upstreamCodes[error.kind];
  const code = codeForCredential(error, usual);
  return {
    code,
    message: messageOf(error),
    extensions: {
      code,
      provider: error.provider,
      retryable: isRetryable(code),
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
      ...(error.status === undefined ? {} : { upstreamStatus: error.status }),
      ...(error.upstreamCode === undefined ? {} : { upstreamCode: error.upstreamCode }),
      ...(error.reason === undefined ? {} : { reason: error.reason }),
      ...(error.kind === 'outcome_unknown' || error.endOpen === true ? { outcome: 'unknown' } : {}),
    },
  };
}

function messageOf(error: UpstreamError): string {
  if (error.kind === 'conflict')
    return conflictMessage(conflictReason(error), isAnswerToKey(error), error) + keyAdvice(error);
  if (error.kind === 'outcome_unknown' || error.endOpen === true)
    return upstreamCodes[error.kind].message + openAdvice(error);
  if (error.kind === 'rate_limited' && error.retryAfterMs !== undefined)
    return 'The provider asks for a slower pace. Try again after retryAfterMs.';
  return upstreamCodes[error.kind].message + keyAdvice(error);
}

/** What to do about a change that may have been made; without a key it is one that reads before it sends. */
function openAdvice({ kind, operation, idempotencyKey }: UpstreamError): string {
  const doubt = kind === 'outcome_unknown' ? '' : ' The change may have been made all the same.';
  // What is made without a key is made again by whoever asks again.
  if (idempotencyKey === undefined && operation.startsWith('create'))
    return `${doubt} Look at what is there before you ask for it again, or it may be there twice.`;
  return idempotencyKey === undefined
    ? `${doubt} Look at what is there, or ask for the same change again: nothing is sent for what is done.`
    : `${doubt} Send it again with the same idempotency key, and no other.`;
}

/** Whether this is what a key of the caller's is told, now and from now on. */
function isAnswerToKey({ replayed, kept }: UpstreamError): boolean {
  return replayed === true || kept === true;
}

/**
 * What a refusal under a key of the caller's adds to its message: that the key is told nothing else any more, and what the way
 * out is. A new key is advised only where the refusal proves that nothing was made under this one.
 */
function keyAdvice(error: UpstreamError): string {
  const { replayed, kind, conflict, applied } = error;
  if (!isAnswerToKey(error)) return '';
  const mayBeThere =
    kind === 'conflict' && (applied === true || conflict === 'NOT_AS_EXPECTED' || conflict === 'DUPLICATE');
  const before = ' This is what this idempotency key was answered before; nothing was sent now';
  if (mayBeThere)
    return `${replayed === true ? `${before}.` : ''} Look at what is there before you ask with another key.`;
  return replayed === true
    ? `${before}, and a new key asks anew: nothing was made under this one.`
    : ' Nothing was made, and this idempotency key is told the same from now on: when the cause is gone, ask with a new key.';
}

/** A refused credential is the caller's fault only when it was the caller's. */
function codeForCredential(error: UpstreamError, usual: ErrorCode): ErrorCode {
  if (error.credential !== 'caller') return usual;
  if (error.kind === 'unauthorized') return 'UNAUTHENTICATED';
  if (error.kind === 'forbidden') return 'FORBIDDEN';
  return usual;
}

/**
 * A single object that is absent is null, or a member of a mutation's result. What comes here as absent is a place that is
 * always there, such as a listing: then the provider is not what it should be.
 */
function absentWhole(cause: unknown): unknown {
  if (!(cause instanceof UpstreamError) || cause.kind !== 'not_found') return cause;
  return new UpstreamError('bad_response', { ...detailsOf(cause), reason: undefined, retryAfterMs: undefined });
}

function causeOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

/**
 * The only maker of the errors that leave: known failures get their code, deliberate GraphQL errors keep theirs, all else
 * is masked. `onMasked` hears of what was hidden.
 */
export function toGraphQLError(error: unknown, requestId: string, onMasked?: (cause: unknown) => void): GraphQLError {
  const outer = error instanceof GraphQLError ? error : undefined;
  const place = {
    nodes: outer?.nodes ?? null,
    source: outer?.source ?? null,
    positions: outer?.positions ?? null,
    path: outer?.path ?? null,
  };
  const cause = causeOf(error);
  const known = describeError(absentWhole(cause));
  if (known) return new GraphQLError(known.message, { ...place, extensions: { ...known.extensions, requestId } });
  const code = outer?.extensions['code'];
  if (cause instanceof GraphQLError && outer && isErrorCode(code)) {
    return new GraphQLError(outer.message, {
      ...place,
      extensions: { retryable: isRetryable(code), ...outer.extensions, requestId },
    });
  }
  onMasked?.(cause);
  return new GraphQLError('Something went wrong on our side. The request id helps us find it.', {
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false, requestId },
  });
}
