import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './graphql-env.d.ts';

/** Operations that carry their types; `npm run graph` makes them from the SDL. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: {
    CID: string;
    DateTime: string;
    Decimal: string;
    BigInt: number | string;
    JSON: unknown;
    JSONObject: Record<string, unknown>;
  };
}>();
