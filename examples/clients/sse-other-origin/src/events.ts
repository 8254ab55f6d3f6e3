import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient } from 'graphql-sse';

/**
 * Runs any operation against the gateway; a query is a stream of one result. Works from any page whose origin is one of the
 * gateway's CORS_ORIGINS: credentials go in a header of ours, never in a cookie. `lost` is called whenever it has to try again.
 */
export function createEvents(url: string, key: string, lost: () => void) {
  const client = createClient({
    url,
    headers: { 'x-gateway-key': key },
    // Five times by default, which ends half a minute after the gateway went away.
    retryAttempts: Infinity,
    retry: (retries) => {
      lost();
      return pause(Math.random() * Math.min(1_000 * 2 ** retries, 15_000));
    },
  });
  return async function* run<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): AsyncGenerator<Data> {
    const results = client.iterate<Data, Record<string, unknown>>({ query: print(document), variables });
    for await (const { data, errors } of results) {
      if (errors) throw new Error(errors.map(({ message }) => message).join('; '));
      if (data) yield data;
    }
  };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
