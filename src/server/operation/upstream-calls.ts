import type { ExecutionResult } from 'graphql';
import type { RequestState } from '../options.js';

/** The result with the upstream calls that it cost in `extensions.upstream`, for those who asked for them. */
export function withUpstreamCalls(result: ExecutionResult, state: RequestState): ExecutionResult {
  const upstream = state.upstreamCalls?.();
  return upstream === undefined ? result : { ...result, extensions: { ...result.extensions, upstream } };
}
