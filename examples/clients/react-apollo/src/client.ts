import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { RetryLink } from '@apollo/client/link/retry';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import type { Gateway } from '../../shared/frame.tsx';

declare const POSSIBLE_TYPES: Record<string, string[]>;

export function createApolloClient({ url, key }: Gateway): ApolloClient {
  return new ApolloClient({
    // Goes out as apollographql-client-name and -version, which the gateway takes from other origins too.
    clientAwareness: { name: 'pins', version: '1.0.0' },
    link: ApolloLink.from([
      // Streams come back after a restart of the gateway; a mutation is never sent twice behind the app's back.
      new RetryLink({
        attempts: (_count, { operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
        delay: { initial: 500, max: 15_000, jitter: true },
      }),
      new PersistedQueryLink({ sha256 }),
      new HttpLink({ uri: url, headers: { 'x-gateway-key': key } }),
    ]),
    cache: new InMemoryCache({
      possibleTypes: POSSIBLE_TYPES,
      typePolicies: { Query: { fields: { pins: relayStylePagination(['service', 'filter']) } } },
    }),
  });
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
