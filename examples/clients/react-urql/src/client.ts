import { cacheExchange, type Cache } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { persistedExchange } from '@urql/exchange-persisted';
import type { IntrospectionQuery } from 'graphql';
import { createClient } from 'graphql-sse';
import { Client, fetchExchange, subscriptionExchange } from 'urql';
import type { PinUpdatesSubscription, RemovePinMutation } from '../../generated/graphql.ts';
import type { Gateway } from '../../shared/frame.tsx';

/** The graph in short; vite.config.ts makes it from the SDL. */
declare const GRAPH: IntrospectionQuery;

export function createUrqlClient({ url, key }: Gateway): Client {
  const headers = { 'x-gateway-key': key };
  const events = createClient({
    url,
    headers,
    // Five times by default, which ends half a minute after the gateway went away.
    retryAttempts: Infinity,
    retry: (retries) => pause(Math.random() * Math.min(1_000 * 2 ** retries, 15_000)),
  });
  return new Client({
    url,
    fetchOptions: { headers },
    exchanges: [
      cacheExchange({
        schema: GRAPH,
        // These have no id, since they are no objects of their own.
        keys: { PinUpdate: () => null, RemovePinPayload: () => null },
        resolvers: { Query: { pins: relayPagination() } },
        updates: {
          Mutation: {
            removePin({ removePin }: RemovePinMutation, _args, cache) {
              if (removePin?.__typename === 'RemovePinPayload') forget(cache, removePin.deletedId);
            },
          },
          Subscription: {
            pinUpdates({ pinUpdates }: PinUpdatesSubscription, _args, cache) {
              if (pinUpdates?.status === 'REMOVED') forget(cache, pinUpdates.pinId);
            },
          },
        },
      }),
      persistedExchange(),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {} }) => ({
          subscribe: (sink) => ({ unsubscribe: events.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
  });
}

/** Lists that had it are asked for again. */
function forget(cache: Cache, id: string) {
  cache.invalidate({ __typename: 'Pin', id });
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
