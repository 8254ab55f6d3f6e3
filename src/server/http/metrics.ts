import type { IncomingMessage } from 'node:http';
import type { HeaderReader, ServerOptions } from '../options.js';
import { nodeHeader } from './headers.js';

type MetricsOptions = Pick<ServerOptions, 'metrics' | 'mayReadMetrics' | 'production'>;

/** Whether somebody with these headers is shown what was measured. */
export function mayReadMetrics(
  header: HeaderReader,
  { metrics, mayReadMetrics: may, production }: MetricsOptions,
): boolean {
  return metrics !== undefined && (!production || may?.(header) === true);
}

/** Whether a request asks for what was measured, and is shown it. */
export function asksForMetrics(request: IncomingMessage, options: MetricsOptions): boolean {
  return request.url === '/metrics' && request.method === 'GET' && mayReadMetrics(nodeHeader(request), options);
}
