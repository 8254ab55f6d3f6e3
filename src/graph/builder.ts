import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import type { Context } from '../context.js';
import type { Decimal } from '../values/decimal.js';
import type { Instant } from '../values/instant.js';
import type { Json, JsonObject } from '../values/json.js';
import './rights-plugin.js';

export interface SchemaTypes {
  Context: Context;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: true;
  Scalars: {
    ID: { Input: string; Output: string };
    /** Input is checked and kept as typed; output is the upstream's spelling. */
    CID: { Input: string; Output: string };
    DateTime: { Input: Instant; Output: Instant };
    JSON: { Input: Json; Output: Json };
    JSONObject: { Input: JsonObject; Output: JsonObject };
    /** Decimal digits in the model; a number in JSON while it is safe. */
    BigInt: { Input: string; Output: string };
    /** Canonical decimal text on both sides. */
    Decimal: { Input: Decimal; Output: Decimal };
  };
}

/**
 * Defines no types. Fields are non-null unless they say otherwise, so each crossing to an upstream shows. A root field is open
 * only to those whom its own right names (rights.ts); with one that names none no schema can be built.
 */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: ['rights', RelayPlugin],
  defaultFieldNullability: false,
  relay: {
    clientMutationId: 'omit',
    cursorType: 'String',
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodeTypeOptions: { description: 'An object that can be fetched again by its global id.' },
    idFieldOptions: { description: 'Global id: opaque, the same on every instance, and good for `node`.' },
    pageInfoTypeOptions: { description: 'Where a page lies in its listing.' },
    hasNextPageFieldOptions: { description: 'Whether more lies behind this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether something lies before this page.' },
    startCursorFieldOptions: { description: 'Cursor of the first edge; null on an empty page.' },
    endCursorFieldOptions: { description: 'Cursor of the last edge; null on an empty page.' },
    edgeCursorType: 'String',
    cursorFieldOptions: {
      description:
        "This edge's place, for `after` or `before`. Opaque; good only for the same listing, filter and credential.",
    },
    nodesOnConnection: { description: 'The objects of the edges; null where one could not be read.' },
    edgesFieldOptions: { nullable: { list: false, items: false }, description: 'The rows of this page, in order.' },
    nodeFieldOptions: {
      nullable: true,
      description: 'The object; null, with an error at this path, when it could not be read.',
    },
  },
});

builder.queryType({ description: 'Everything that can be read.' });
builder.mutationType({
  description:
    'Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend.',
});
builder.subscriptionType({
  description: 'Everything that can be watched, over SSE or graphql-ws.',
});

/** The builder's full type parameter, for helpers that take or make refs. */
export type BuilderTypes = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never;
