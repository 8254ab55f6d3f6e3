import type { Logger } from '../../log.js';
import type { Stay } from '../../values/departure.js';
import { preciseNow } from '../../values/clock.js';
import type { OperationContext, OperationEnd } from '../options.js';
import type { OperationCaller } from './caller.js';
import type { PreparedOperation } from './documents.js';
import { cut } from '../../values/cut.js';

/** What is known of an operation on its way through the steps. */
export interface Passage {
  readonly caller: OperationCaller;
  /** What its reads are stopped by: the caller's departure, and that of all who share its outcome. */
  stay?: Stay;
  /** Known once the document is parsed. */
  operation?: PreparedOperation['known'];
  /** Set when the document is one of the deployment's own: how long anybody may keep the answer. */
  publicMs?: number;
  /** Known once the operation may run. */
  context?: OperationContext;
}

/** Writes the one line of an operation that is over; a stream comes with the number of its results. */
export type RequestLog = (passage: Passage, codes: readonly string[], events?: number) => void;

const LONGEST_NAME = 100;

/** One line per operation: what it was, how long it took, what it cost upstream, how it ended, whose key. No value of any argument. */
export function createRequestLog(log: Logger, onOperation?: (end: OperationEnd) => void): RequestLog {
  return ({ caller, operation, context }, codes, events) => {
    const { requestId, transport, startedAt } = caller;
    const ms = preciseNow() - startedAt;
    const left = events === undefined && caller.signal.aborted;
    const calls = listCalls(context?.calls?.());
    log.info(operation ? 'operation' : 'request_refused', {
      requestId,
      transport,
      kind: operation?.kind,
      name: operation?.name && cut(operation.name, LONGEST_NAME),
      operator: context?.operator,
      ms: Math.round(ms),
      events,
      codes: codes.length > 0 ? codes : undefined,
      left: left || undefined,
      calls,
    });
    if (onOperation === undefined && context?.finished === undefined) return;
    const end: OperationEnd = {
      kind: operation?.kind ?? null,
      name: operation?.name ?? null,
      transport,
      ms,
      codes,
      left,
      events: events ?? null,
    };
    onOperation?.(end);
    context?.finished?.(end);
  };
}

function listCalls(calls: Readonly<Record<string, number>> | undefined): readonly string[] | undefined {
  let list: string[] | undefined;
  for (const provider in calls) (list ??= []).push(`${provider}=${calls[provider]}`);
  return list;
}
