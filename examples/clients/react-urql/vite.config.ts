import { readFileSync } from 'node:fs';
import { minifyIntrospectionQuery } from '@urql/introspection';
import { buildSchema, introspectionFromSchema } from 'graphql';
import { defineConfig } from 'vite';

const schema = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'));

/** The graph in short, from which the cache knows what an interface may be and which fields may be null. */
const graph = minifyIntrospectionQuery(introspectionFromSchema(schema));

export default defineConfig({ define: { GRAPH: JSON.stringify(graph) } });
