import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createYoga } from 'graphql-yoga';

/** A second graph: notes about pins. It knows of a pin nothing but its global id, and has pages of its own. */
const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.4", import: ["@key", "@shareable"])

  type Query {
    notes(first: Int = 20, after: String): NoteConnection!
  }
  type NoteConnection {
    edges: [NoteEdge!]!
    pageInfo: PageInfo!
  }
  type NoteEdge {
    cursor: String!
    node: Note!
  }
  type PageInfo @shareable {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }
  type Note @key(fields: "id") {
    id: ID!
    text: String!
    pin: Pin
  }
  type Pin @key(fields: "id") {
    id: ID!
    notes: [String!]!
  }
`);

const pinId = (requestId) => btoa(`Pin:sandbox:${requestId}`);
/** Pins of Headgate's sandbox, the last of which is none. */
const notes = [
  { id: '1', text: 'the one that is always there', pin: { id: pinId('4e522407-85e3-80be-abbc-cc4c27d699ef') } },
  { id: '2', text: 'about nothing', pin: null },
  { id: '3', text: 'about a pin that is gone', pin: { id: pinId('00000000-0000-4000-8000-000000000000') } },
];

function pageOf({ first, after }) {
  const start = after ? notes.findIndex(({ id }) => id === after) + 1 : 0;
  const rows = notes.slice(start, start + first);
  return {
    edges: rows.map((node) => ({ cursor: node.id, node })),
    pageInfo: {
      hasNextPage: start + first < notes.length,
      hasPreviousPage: start > 0,
      startCursor: rows.at(0)?.id ?? null,
      endCursor: rows.at(-1)?.id ?? null,
    },
  };
}

const resolvers = {
  Query: { notes: (_root, args) => pageOf(args) },
  Note: { __resolveReference: ({ id }) => notes.find((note) => note.id === id) ?? null },
  Pin: { notes: ({ id }) => notes.filter(({ pin }) => pin?.id === id).map(({ text }) => text) },
};

/** Starts it on a free port; resolves with its address and how to stop it. */
export async function startNotes() {
  const yoga = createYoga({ schema: buildSubgraphSchema({ typeDefs, resolvers }), logging: false });
  const server = createServer(yoga);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return { url: `http://127.0.0.1:${port}/graphql`, close: () => server.close() };
}
