import { getOperationAST, Kind, type OperationDefinitionNode } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { markInexactNumbers } from '../../values/exact-numbers.js';
import { requestError } from '../operation/coded-errors.js';
import { isJson, notJson, readParams } from './negotiation.js';
import type { RequestState } from '../options.js';

const GRAPHQL_ACCEPT =
  /(^|[,\s])(application\/json|application\/graphql-response\+json|text\/event-stream|multipart\/mixed)\s*([;,]|$)/i;
/** GET requests that any page can make a browser send. */
const undecided = new WeakSet<Request>();

/**
 * Refuses what a foreign web page can send without asking: forms, plain text and bare GETs. A GET without a GraphQL media
 * type in `accept` gets an answer only when it asks for `__typename` alone: that runs no resolver, and it is what probes ask for.
 */
export function useRequestShape(): Plugin<object, RequestState> {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      if (request.method === 'POST') {
        if (!isJson(request.headers.get('content-type'))) throw notJson();
        setRequestParser(async (body) => readParams(await body.text()));
      }
      if (request.method === 'GET') {
        const accept = request.headers.get('accept')?.trim() ?? '';
        if (!GRAPHQL_ACCEPT.test(accept)) {
          if (accept !== '' && accept !== '*/*') throw notAcceptable();
          undecided.add(request);
        }
        if (requestParser !== undefined)
          setRequestParser((original) => parseQueryString(() => requestParser(original), original.url));
      }
    },
    onParams({ params }) {
      if (typeof params.query !== 'string')
        throw requestError('BAD_USER_INPUT', 'query must be there, and a string.', 400);
      if (
        params.operationName !== undefined &&
        params.operationName !== null &&
        typeof params.operationName !== 'string'
      ) {
        throw requestError('BAD_USER_INPUT', 'operationName must be a string.', 400);
      }
    },
    onParse() {
      return ({ result, context }) => {
        const { request, params } = context;
        if (request === undefined || !undecided.has(request) || result === null || !('kind' in result)) return;
        const operation = getOperationAST(result, params.operationName);
        if (operation && !asksNothing(operation)) throw notAcceptable();
      };
    },
  };
}

function notAcceptable() {
  return requestError(
    'BAD_USER_INPUT',
    'A GET needs an accept header that names application/graphql-response+json, application/json or text/event-stream.',
    406,
  );
}

/** What Yoga's parsers answer. */
type Parsed = GraphQLParams | GraphQLParams[] | Response;

/** Reads a GET; its variables once more where they hold a number that would not stay what it is. */
async function parseQueryString(parse: () => Parsed | Promise<Parsed>, url: string): Promise<Parsed> {
  try {
    const params = await parse();
    const variables = new URL(url).searchParams.get('variables') ?? '';
    const marked = markInexactNumbers(variables);
    return marked === variables || Array.isArray(params) || !('query' in params)
      ? params
      : { ...params, variables: JSON.parse(marked) };
  } catch {
    throw requestError('BAD_USER_INPUT', 'variables and extensions must be JSON.', 400);
  }
}

function asksNothing({ selectionSet, operation }: OperationDefinitionNode): boolean {
  return (
    operation === 'query' &&
    selectionSet.selections.every((field) => field.kind === Kind.FIELD && field.name.value === '__typename')
  );
}
