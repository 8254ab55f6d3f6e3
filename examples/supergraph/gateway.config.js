import { defineConfig } from '@graphql-hive/gateway';

/** What Headgate tells callers apart by. Nothing else of a request goes on. */
const CREDENTIALS = [
  'authorization',
  'x-gateway-key',
  'x-pinning-token',
  'x-mypit-client-id',
  'x-mypit-secret-key',
  'x-mypit-user-id',
  'x-mypit-issuer-did',
  'x-bitminter-key',
];

export const gatewayConfig = defineConfig({
  propagateHeaders: {
    // Credentials are Headgate's alone.
    fromClientToSubgraphs: ({ request, subgraphName }) =>
      subgraphName.toLowerCase() !== 'headgate'
        ? {}
        : Object.fromEntries(
            CREDENTIALS.flatMap((name) => {
              const value = request.headers.get(name);
              return value === null ? [] : [[name, value]];
            }),
          ),
  },
});
