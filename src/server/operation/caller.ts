import { randomUUID } from 'node:crypto';
import type { GraphQLError, OperationDefinitionNode } from 'graphql';
import { preciseNow } from '../../values/clock.js';
import type { Presence } from '../../values/departure.js';
import type { HeaderReader } from '../options.js';

/** Who asks for one operation, and by which way in. */
export interface OperationCaller {
  readonly requestId: string;
  readonly header: HeaderReader;
  readonly transport: 'http' | 'websocket';
  /** On the monotonic clock. */
  readonly startedAt: number;
  /** From where it came; unknown without a port. */
  readonly address?: string | undefined;
  /** Aborted when the caller goes away: the connection closes, or a graphql-ws operation is completed. */
  readonly signal: Presence;
  /** Says why the way in cannot carry an operation, such as a mutation by GET; null when it can. */
  readonly objection?: ((operation: OperationDefinitionNode) => GraphQLError | null) | undefined;
}

const SANE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The caller's own request id when it is harmless, else a new random one. */
export function requestIdFrom(inbound: string | null): string {
  return inbound !== null && SANE_ID.test(inbound) ? inbound : randomUUID();
}

/** The caller of one HTTP request. */
export function httpCaller(
  header: HeaderReader,
  signal: Presence,
  objection?: OperationCaller['objection'],
  address?: string,
): OperationCaller {
  return {
    requestId: requestIdFrom(header('x-request-id')),
    header,
    transport: 'http',
    startedAt: preciseNow(),
    signal,
    address,
    objection,
  };
}
