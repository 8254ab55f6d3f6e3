import type { Plugin } from 'graphql-yoga';
import { isRetryable, type ErrorCode } from '../../error-codes.js';
import { errorBody } from '../operation/coded-errors.js';
import type { Desk } from './desk-page.js';
import { ASSETS_PATH, type GraphiQL } from './graphiql-page.js';
import { JSON_TYPE, RESULT_TYPE } from './headers.js';
import { busyRefusalType, mayGet, NOTHING, refusalType } from './negotiation.js';
import type { OperationCaller } from '../operation/caller.js';
import type { ServerOptions } from '../options.js';
import { mayReadMetrics } from './metrics.js';
import type { Lifecycle, Readiness } from './readiness.js';

type RouteOptions = Pick<ServerOptions, 'metrics' | 'mayReadMetrics' | 'production' | 'playground'>;

interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  readonly headers: Readonly<Record<string, string>>;
}

const NO_DESK = 'The desk is switched off (the setting DESK).';
const NO_HEALTH = 'There is nothing here; health is at /health/live and /health/ready.';

const NO_PAGE =
  'There is no page here: GraphiQL is switched off (the setting GRAPHIQL). Programs POST their operations as application/json.';

/** What somebody finds who opens the bare address: pages for people are named where they are switched on, and for all to open. */
function signpost(has: { readonly graphiql: boolean; readonly desk: boolean }): string {
  return JSON.stringify({
    service: 'headgate',
    graph: '/graphql',
    ...(has.graphiql ? { graphiql: '/graphql' } : {}),
    ...(has.desk ? { desk: '/desk' } : {}),
    health: { live: '/health/live', ready: '/health/ready' },
    docs: 'README.md of the package headgate',
  });
}

const LOST_UPGRADE =
  'A proxy on the way left out the Upgrade header of this WebSocket: let it pass on Upgrade and Connection, as ' +
  'deploy/nginx/headgate.conf does, or subscribe with accept: text/event-stream.';

/** Answers everything but the graph: health, metrics, GraphiQL, the desk, and 404 for the rest. */
export function useRoutes(
  options: RouteOptions,
  { page, desk }: { readonly page: (() => Promise<GraphiQL>) | null; readonly desk: Desk | null },
  lifecycle: Lifecycle,
  readiness: Readiness,
): Plugin<object, { readonly caller: OperationCaller }> {
  return {
    async onRequest({ request, url, serverContext, fetchAPI, endResponse }) {
      const answer = await route(request, url.pathname, serverContext.caller);
      if (answer !== null)
        endResponse(new fetchAPI.Response(answer.body, { status: answer.status, headers: { ...answer.headers } }));
    },
  };

  async function route(request: Request, path: string, caller: OperationCaller): Promise<Answer | null> {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (path === '/health/live' && reads) return { status: 200, body: '{"status":"ok"}', headers: JSON_TYPE };
    if (path === '/health/ready' && reads) return { ...(await readiness(caller.header)), headers: JSON_TYPE };
    if (lifecycle.draining)
      return refusal(503, 'OVERLOADED', 'This instance is stopping; send the request again.', caller, {
        connection: 'close',
      });
    if (path === '/metrics' && reads) return metrics(caller);
    if (path === '/' && reads)
      return options.playground
        ? { status: 302, body: '', headers: { location: '/graphql' } }
        : { status: 200, body: signpost({ graphiql: page !== null, desk: desk !== null }), headers: JSON_TYPE };
    if (page !== null && reads && path.startsWith(ASSETS_PATH)) {
      const found = await (await page()).assets.answer(path, caller.header);
      if (found !== null) return found;
    }
    if (desk !== null && reads) {
      const found = await desk.answer(path, caller.header);
      if (found !== null) return found;
    }
    if (desk === null && reads && /^\/desk(\/|$)/.test(path)) return refusal(404, 'NOT_FOUND', NO_DESK, caller);
    if (path !== '/graphql')
      return refusal(404, 'NOT_FOUND', /^\/health(\/|$)/.test(path) ? NO_HEALTH : NOTHING, caller);
    const accept = request.headers.get('accept');
    if (request.method === 'GET' && accept?.includes('text/html')) {
      if (page === null)
        return mayGet(accept, false) === false ? refusal(406, 'BAD_USER_INPUT', NO_PAGE, caller) : null;
      const { html, headers } = await page();
      return { status: 200, body: html, headers };
    }
    // With its upgrade it would not have come here.
    if (request.headers.has('sec-websocket-key'))
      return refusal(426, 'BAD_USER_INPUT', LOST_UPGRADE, caller, { upgrade: 'websocket' });
    return null;
  }

  async function metrics(caller: OperationCaller): Promise<Answer> {
    // To those who may not read them there are no metrics, as there are none where nothing is measured: a word about a key would
    // tell strangers that they are here. The README and docs/watch-it.md tell those who run it.
    if (options.metrics === undefined || !mayReadMetrics(caller.header, options))
      return refusal(404, 'NOT_FOUND', NOTHING, caller);
    const { type, body } = await options.metrics();
    return { status: 200, body, headers: { 'content-type': type } };
  }
}

function refusal(
  status: number,
  code: ErrorCode,
  message: string,
  { requestId, header }: OperationCaller,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const type = RESULT_TYPE[(isRetryable(code) ? busyRefusalType : refusalType)(header('accept'))];
  return { status, body: errorBody(code, message, requestId), headers: { ...type, ...headers } };
}
