import { describe, expect, it } from 'vitest';
import { GatewayError, UpstreamError, type CredentialSource, type UpstreamErrorKind } from '../../src/errors.js';
import { errorCodes, type ErrorCode } from '../../src/error-codes.js';
import { NotApplied, toGraphQLError } from '../../src/graph/errors.js';

/** Whether asking again later may help, written by hand from the contract. */
const retryable: Readonly<Record<ErrorCode, boolean>> = {
  UNAUTHENTICATED: false,
  FORBIDDEN: false,
  BAD_USER_INPUT: false,
  PROVIDER_DISABLED: false,
  UPSTREAM_AUTH_FAILED: false,
  AUTH_PROVIDER_UNAVAILABLE: true,
  RATE_LIMITED: true,
  TOO_MANY_REQUESTS: true,
  INSUFFICIENT_FUNDS: false,
  CONFLICT: false,
  UPSTREAM_TIMEOUT: true,
  UPSTREAM_UNAVAILABLE: true,
  CIRCUIT_OPEN: true,
  OVERLOADED: true,
  UPSTREAM_INVALID_RESPONSE: true,
  OUTCOME_UNKNOWN: true,
  IDEMPOTENCY_KEY_REUSED: false,
  IDEMPOTENCY_IN_PROGRESS: true,
  IDEMPOTENCY_STORE_UNAVAILABLE: true,
  IDEMPOTENCY_QUOTA_EXCEEDED: false,
  NOT_FOUND: false,
  LOOKUP_LIMIT: false,
  CURSOR_EXPIRED: false,
  GRAPHQL_PARSE_FAILED: false,
  GRAPHQL_VALIDATION_FAILED: false,
  PERSISTED_QUERY_NOT_FOUND: false,
  SUBSCRIPTION_LIMIT: true,
  SUBSCRIPTION_INTERRUPTED: true,
  INTERNAL_SERVER_ERROR: false,
};

/** The code of each kind of failure, by the server's credential and by the caller's. A missing listing is a bad answer. */
const kinds: Readonly<Record<UpstreamErrorKind, readonly [servers: ErrorCode, callers: ErrorCode]>> = {
  unavailable: ['UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  timeout: ['UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'],
  rate_limited: ['RATE_LIMITED', 'RATE_LIMITED'],
  unauthorized: ['UPSTREAM_AUTH_FAILED', 'UNAUTHENTICATED'],
  forbidden: ['UPSTREAM_AUTH_FAILED', 'FORBIDDEN'],
  not_found: ['UPSTREAM_INVALID_RESPONSE', 'UPSTREAM_INVALID_RESPONSE'],
  rejected: ['BAD_USER_INPUT', 'BAD_USER_INPUT'],
  conflict: ['CONFLICT', 'CONFLICT'],
  insufficient_funds: ['INSUFFICIENT_FUNDS', 'INSUFFICIENT_FUNDS'],
  bad_response: ['UPSTREAM_INVALID_RESPONSE', 'UPSTREAM_INVALID_RESPONSE'],
  circuit_open: ['CIRCUIT_OPEN', 'CIRCUIT_OPEN'],
  overloaded: ['OVERLOADED', 'OVERLOADED'],
  outcome_unknown: ['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN'],
  lookup_limit: ['LOOKUP_LIMIT', 'LOOKUP_LIMIT'],
  cursor_expired: ['CURSOR_EXPIRED', 'CURSOR_EXPIRED'],
};

const CANARY = 'https://up.example/secret-canary';
const failure = (kind: UpstreamErrorKind, credential: CredentialSource) =>
  new UpstreamError(kind, {
    provider: 'pi',
    operation: CANARY,
    delivery: 'answered',
    credential,
    status: 418,
    upstreamCode: 'its_code',
    reason: 'shape',
    retryAfterMs: 1_500,
    detail: CANARY,
    idempotencyKey: CANARY,
  });

describe('every code', () => {
  it.each(errorCodes)('%s says whether to try again', (code) => {
    const { extensions } = toGraphQLError(new GatewayError(code, 'a text'), 'req-1');
    expect(extensions).toEqual({ code, retryable: retryable[code], requestId: 'req-1' });
  });

  it('is known to the contract', () => {
    expect(errorCodes.toSorted()).toEqual(Object.keys(retryable).toSorted());
  });
});

describe('every failure of an upstream', () => {
  it.each(Object.entries(kinds) as [UpstreamErrorKind, readonly [ErrorCode, ErrorCode]][])(
    '%s',
    (kind, [servers, callers]) => {
      for (const [credential, code] of [
        ['server', servers],
        ['none', servers],
        ['caller', callers],
      ] as const) {
        const error = toGraphQLError(failure(kind, credential), 'req-1');
        // What a listing that is gone had to say about itself is not said on.
        const gone = kind === 'not_found';
        expect(error.extensions, credential).toEqual({
          code,
          provider: 'pi',
          retryable: retryable[code],
          upstreamStatus: 418,
          upstreamCode: 'its_code',
          requestId: 'req-1',
          ...(gone ? {} : { reason: 'shape', retryAfterMs: 1_500 }),
          ...(kind === 'outcome_unknown' ? { outcome: 'unknown' } : {}),
        });
        expect(JSON.stringify([error.message, error])).not.toContain('canary');
        expect(
          toGraphQLError(new NotApplied(failure(kind, credential)), 'req-1').extensions,
          'of a write that was surely not carried out',
        ).toMatchObject({ outcome: 'not_applied', requestId: 'req-1' });
      }
    },
  );

  it('that nobody foresaw is masked, and told to the log alone', () => {
    const heard: unknown[] = [];
    const bug = new TypeError(CANARY);
    const error = toGraphQLError(bug, 'req-1', (cause) => heard.push(cause));
    expect(error.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', retryable: false, requestId: 'req-1' });
    expect(JSON.stringify([error.message, error])).not.toContain('canary');
    expect(heard).toEqual([bug]);
  });
});
