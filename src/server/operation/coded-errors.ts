import { GraphQLError, Kind, type ExecutionResult } from 'graphql';
import { httpStatusOf, isErrorCode, isRetryable, type ErrorCode } from '../../error-codes.js';
import { cut } from '../../values/cut.js';
import { GONE } from '../../values/departure.js';

/** Turns anything that went wrong into an error with `code`, `retryable` and `requestId`. */
export type ErrorCoder = (error: unknown, requestId: string) => GraphQLError;

const LONGEST_MESSAGE = 500;

/** An error of the HTTP layer: a code of the contract and the status to answer with; its own, or 400, when left out. */
export function requestError(
  code: ErrorCode,
  message: string,
  status: number = httpStatusOf(code) ?? 400,
  headers?: Readonly<Record<string, string>>,
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, ...(headers ? { headers } : {}) } } });
}

/**
 * Makes the last stage that every error passes. Errors of the document and of the request are described by the GraphQL
 * libraries and may be shown; all else goes through `maskError`.
 */
export function createErrorCoder(maskError: (error: unknown, requestId: string) => GraphQLError): ErrorCoder {
  return (error, requestId) => {
    const shown = error instanceof GraphQLError ? ownCode(error) : null;
    if (error instanceof GraphQLError && shown !== null) {
      // The HTTP library shows what its JSON parser said, which quotes the body; it also takes its status from there.
      const { originalError: quoted, ...given } = error.extensions;
      const own = {
        ...given,
        code: shown,
        retryable: given['retryable'] ?? isRetryable(shown),
        requestId,
        ...(quoted === undefined ? {} : { http: { status: 400 } }),
      };
      return copyAt(error, shorten(error.message), own);
    }
    const masked = maskError(error, requestId);
    const extensions = { code: 'INTERNAL_SERVER_ERROR', retryable: false, ...masked.extensions, requestId };
    return copyAt(error instanceof GraphQLError ? error : masked, masked.message, extensions);
  };
}

/** GraphQL's messages quote the document, which may hold names of any length. */
function shorten(message: string): string {
  return cut(message, LONGEST_MESSAGE, '…');
}

/** The code of an error that may be shown as it is; null for one that must be masked. */
function ownCode(error: GraphQLError): ErrorCode | null {
  if (!isMadeByGraphQL(error)) return null;
  const { code, http } = error.extensions;
  if (isErrorCode(code)) return code;
  // Codes of the libraries below that the contract does not have: all of them say that the request is wrong.
  if (
    typeof http === 'object' &&
    http !== null &&
    'status' in http &&
    typeof http.status === 'number' &&
    http.status < 500
  )
    return 'BAD_USER_INPUT';
  return isArgumentFault(error) ? 'BAD_USER_INPUT' : null;
}

function isMadeByGraphQL(error: GraphQLError): boolean {
  return (
    error.originalError === undefined ||
    (error.originalError instanceof GraphQLError && isMadeByGraphQL(error.originalError))
  );
}

/** A nullable variable that turned out null where a value is required: found while executing, yet the caller's fault. */
function isArgumentFault(error: GraphQLError): boolean {
  return error.message.startsWith('Argument "') && error.nodes?.[0]?.kind !== Kind.OPERATION_DEFINITION;
}

/** The same place in the document and in the answer, with another message; never the original error. */
function copyAt(
  { nodes, source, positions, path }: GraphQLError,
  message: string,
  extensions: Readonly<Record<string, unknown>>,
): GraphQLError {
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions,
  });
}

/** Whatever was thrown, as an error that a result can hold until it is coded. */
export function asGraphQLError(thrown: unknown): GraphQLError {
  if (thrown instanceof GraphQLError) return thrown;
  return new GraphQLError('Unexpected error.', {
    originalError: thrown instanceof Error ? thrown : new Error(typeof thrown),
  });
}

/** What is left of a result for a caller who is gone: all but the errors that his departure made, which are nobody's fault. */
export function withoutDeparture(result: ExecutionResult): ExecutionResult {
  const errors = result.errors?.filter((error) => causeOf(error) !== GONE);
  if (errors === undefined || errors.length === result.errors?.length) return result;
  if (errors.length > 0) return { ...result, errors };
  const { errors: _none, ...rest } = result;
  return { data: null, ...rest };
}

function causeOf(error: Error): Error {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  return cause;
}

/** A result whose errors are coded. One without data gets the HTTP status of its first error. */
export function codeResult(result: ExecutionResult, requestId: string, toCoded: ErrorCoder): ExecutionResult {
  if (result.errors === undefined) return result;
  const errors = result.errors.length > 0 ? result.errors : [new Error('an answer without data and without a reason')];
  const coded = errors.map((error) => toCoded(error, requestId));
  return { ...result, errors: 'data' in result ? coded : coded.map(withStatus) };
}

function withStatus(error: GraphQLError): GraphQLError {
  const { code } = error.extensions;
  const status = isErrorCode(code) ? httpStatusOf(code) : undefined;
  if (error.extensions['http'] !== undefined || status === undefined) return error;
  return copyAt(error, error.message, { ...error.extensions, http: { status } });
}

/** An error as it goes over a WebSocket or in an event, where there is no HTTP status. */
function withoutHttp(error: GraphQLError): GraphQLError {
  const { http: _http, ...extensions } = error.extensions;
  return copyAt(error, error.message, extensions);
}

/** A result with all its errors so. */
export function resultWithoutHttp(result: ExecutionResult): ExecutionResult {
  return result.errors ? { ...result, errors: result.errors.map(withoutHttp) } : result;
}

/** The codes of a result's errors, for the log. */
export function codesOf(result: ExecutionResult): readonly string[] {
  return [...new Set(result.errors?.map((error) => String(error.extensions['code'])))];
}

/** The JSON body of an answer that never reached the graph. */
export function errorBody(code: ErrorCode, message: string, requestId: string): string {
  return JSON.stringify({ errors: [{ message, extensions: { code, retryable: isRetryable(code), requestId } }] });
}
