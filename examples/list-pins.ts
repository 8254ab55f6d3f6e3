import { GraphQLClient } from 'graphql-request';
import { endpoint, headers } from './connection.js';
import { ListPinsDocument } from './generated/graphql.js';
import { told } from './told.js';

/** Prints every pin, newest first, asking for one page after the other. */
const client = new GraphQLClient(endpoint, { headers });

let after: string | null = null;
do {
  const { pins }: { pins?: Page | null } = await told(client.request(ListPinsDocument, { first: 20, after }));
  for (const { node } of pins?.edges ?? [])
    console.log(node?.status.padEnd(8), node?.createdAt, node?.name ?? node?.cid);
  after = pins?.pageInfo.hasNextPage ? (pins.pageInfo.endCursor ?? null) : null;
} while (after !== null);

type Page = NonNullable<import('./generated/graphql.js').ListPinsQuery['pins']>;
