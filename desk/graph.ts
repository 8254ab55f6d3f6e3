import {
  Client,
  fetchExchange,
  mapExchange,
  type AnyVariables,
  type OperationResult,
  type CombinedError,
  type TypedDocumentNode,
} from '@urql/core';
import type { ErrorCode } from './generated/graphql.js';

/**
 * The graph as the holder of a key sees it. Nothing is cached: what an operator looks at has to be true. `knows` is told with
 * every answer that shows it whether the gateway knows the key.
 */
export function createGraph(key: string, knows: (isKnown: boolean) => void): Client {
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    exchanges: [mapExchange({ onResult: (result) => tellWhetherKnown(result, knows) }), fetchExchange],
    fetchSubscriptions: true,
    requestPolicy: 'network-only',
    fetchOptions: { headers: { 'x-gateway-key': key }, referrerPolicy: 'no-referrer' },
  });
}

/** Some answers are for anybody: these ask for the operator besides, who is null then. */
function tellWhetherKnown({ data, error }: OperationResult, knows: (isKnown: boolean) => void): void {
  const fault = faultOf(error);
  if (fault?.code === 'UNAUTHENTICATED') return knows(false);
  const isAnswer = fault === undefined && typeof data === 'object' && data !== null;
  if (isAnswer) knows(!('operator' in data) || data.operator !== null);
}

/** What codegen leaves of a document: the gateway holds its text under this id. */
interface Generated {
  readonly __meta__: { readonly documentId: string };
}

/** A generated document in the form in which the client sends its id in place of a text. */
export function byId<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
): TypedDocumentNode<Data, Variables> {
  // Its declared type is that of a whole document, which it would be without the setting that leaves the text out.
  const { __meta__ } = document as unknown as Generated;
  return { kind: 'Document', definitions: [], documentId: __meta__.documentId } as unknown as TypedDocumentNode<
    Data,
    Variables
  >;
}

/** Why something did not come: an error of the graph, or no answer at all. */
export interface Fault {
  readonly code: ErrorCode | 'NO_ANSWER';
  readonly message: string;
  readonly provider: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** The first thing that went wrong, if anything did. */
export function faultOf(error: CombinedError | undefined): Fault | undefined {
  if (error === undefined) return undefined;
  const [first] = error.graphQLErrors;
  if (first === undefined) {
    const message = error.networkError?.message ?? error.message;
    return { code: 'NO_ANSWER', message, provider: undefined, retryAfterMs: undefined };
  }
  const { code, provider, retryAfterMs } = first.extensions;
  return {
    // The graph names all its errors by this enum.
    code: (typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR') as ErrorCode,
    message: first.message,
    provider: typeof provider === 'string' ? provider : undefined,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
  };
}
