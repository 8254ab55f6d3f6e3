import { createYoga, type Plugin } from 'graphql-yoga';
import type { Logger } from '../../log.js';
import type { OperationCaller } from '../operation/caller.js';
import { asGraphQLError, requestError } from '../operation/coded-errors.js';
import type { Outcome } from '../operation/outcome.js';
import { noDocument, type OperationParams, paramsInSearch } from '../operation/params.js';
import type { Pipeline } from '../operation/pipeline.js';
import type { ServerOptions } from '../options.js';
import { toAnswer, toGetAnswer } from './answers.js';
import { createDesk } from './desk-page.js';
import { createGraphiQL } from './graphiql-page.js';
import { type AnswerHeaders } from './headers.js';
import { mayGet, notForGet, refusalType } from './negotiation.js';
import { searchOf } from './operations.js';
import type { Lifecycle, Readiness } from './readiness.js';
import { useRoutes } from './routes.js';

/** What travels with a request through Yoga. */
export interface YogaState {
  readonly caller: OperationCaller;
  params?: OperationParams;
  outcome?: Outcome;
}

/** GET without a stream, health, metrics, GraphiQL, and the refusal of all that is not GraphQL over HTTP. */
export function createYogaServer(
  options: ServerOptions,
  pipeline: Pipeline,
  answerHeaders: AnswerHeaders,
  lifecycle: Lifecycle,
  readiness: Readiness,
) {
  const { maxBodyBytes, log } = options;
  return createYoga<YogaState, object>({
    graphqlEndpoint: '/graphql',
    healthCheckEndpoint: ' ', // Matches no address: the routes below answer for health.
    landingPage: false,
    graphiql: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: maxBodyBytes,
    cors: false, // `answerHeaders` has it for every answer.
    logging: false,
    // Nothing is shown here: the pipeline masks, where the request's id is known.
    maskedErrors: { isDev: false, maskError: asGraphQLError },
    parserAndValidationCache: false,
    plugins: [
      useRoutes(
        options,
        { page: options.graphiql ? createGraphiQL(options) : null, desk: createDesk(options) },
        lifecycle,
        readiness,
      ),
      usePipeline(pipeline),
      useAnswerHeaders(answerHeaders, log),
    ],
  });
}

/** Hands operations to the pipeline, and refuses what a foreign page can send unasked: forms, plain text and bare GETs. */
function usePipeline(pipeline: Pipeline): Plugin<object, YogaState> {
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      const { method, headers, url } = request;
      // What is JSON goes another way (`isOperation`).
      if (method === 'POST')
        throw requestError('BAD_USER_INPUT', 'Send the operation as application/json in UTF-8.', 415);
      if (method === 'GET' && mayGet(headers.get('accept'), false) === false) throw notForGet();
      if (method !== 'GET') return;
      setRequestParser(() => {
        const params = paramsInSearch(searchOf(url));
        serverContext.params = params;
        // Yoga insists on a text here, although the pipeline reads its own parameters.
        return { query: params.query ?? '' };
      });
    },
    onParams({ context, setParamsHandler }) {
      setParamsHandler(async () => {
        const outcome = context.params
          ? await pipeline.run(context.params, context.caller)
          : pipeline.refuse(noDocument(), context.caller);
        context.outcome = outcome;
        return outcome.result;
      });
    },
    onResultProcess({ request, result, serverContext, setResultProcessor }) {
      const refused = Array.isArray(result) || Symbol.asyncIterator in result ? undefined : result.errors?.[0];
      const outcome = serverContext.outcome ?? pipeline.refuse(refused, serverContext.caller);
      const mediaType = refusalType(request.headers.get('accept'));
      setResultProcessor((_result, { Response }) => {
        const isGet = request.method === 'GET';
        const { body, status, headers } = isGet
          ? toGetAnswer(outcome, mediaType, request.headers.get('if-none-match'))
          : toAnswer(outcome, mediaType);
        return new Response(status === 304 ? null : body, { status, headers: { ...headers } });
      }, mediaType);
    },
  };
}

/** Puts on every answer what all of them carry, and tells the log of those that are a server error. */
function useAnswerHeaders(answerHeaders: AnswerHeaders, log: Logger): Plugin<object, YogaState> {
  return {
    onResponse({ request: { method, headers: asked }, response: { status, headers }, serverContext }) {
      const { requestId } = serverContext.caller;
      // Files of a page are the same for everybody, and say themselves how long they may be kept.
      const own = headers.get('cache-control');
      const fixed = own === null ? [] : own.includes('immutable') ? ['cache-control', 'vary'] : ['cache-control'];
      for (const [name, value] of Object.entries(answerHeaders(requestId, asked.get('origin'))))
        if (!fixed.includes(name)) headers.set(name, value);
      if (status >= 500) log.warn('server_error_answered', { requestId, method, status });
    },
  };
}
