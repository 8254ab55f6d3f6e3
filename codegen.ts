import type { CodegenConfig } from '@graphql-codegen/cli';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './src/graph/index.js';
import { subgraphSdl } from './src/graph/subgraph.js';

/** Typed documents for programs that import them. */
const typedDocuments = {
  preset: 'client',
  presetConfig: { fragmentMasking: false },
  config: {
    useTypeImports: true,
    enumsAsTypes: true,
    strictScalars: true,
    scalars: {
      CID: 'string',
      DateTime: 'string',
      JSON: 'unknown',
      JSONObject: 'Record<string, unknown>',
      BigInt: 'number | string',
      Decimal: { input: 'string | number', output: 'string' },
    },
  },
} as const;

/** Writes the promise (schema/schema.graphql), the same as a subgraph, and the typed operations from the code; `--check` fails when one is stale. */
const config: CodegenConfig = {
  importExtension: '.js',
  schema: printSchema(lexicographicSortSchema(schema)),
  generates: {
    'schema/subgraph.graphql': { plugins: [{ add: { content: subgraphSdl(schema) } }] },
    'schema/schema.graphql': { plugins: ['schema-ast'], config: { includeDirectives: true } },
    'examples/generated/': {
      ...typedDocuments,
      documents: ['schema/operations/*.graphql', 'examples/operations/*.graphql'],
    },
    'desk/generated/': {
      ...typedDocuments,
      documents: 'desk/operations/*.graphql',
      presetConfig: {
        fragmentMasking: false,
        // The desk names its operations by id: their texts are a trusted manifest of the gateway.
        persistedDocuments: {
          mode: 'replaceDocumentWithHash',
          hashPropertyName: 'documentId',
          hashAlgorithm: 'sha256',
        },
      },
      // What was asked for is there, if only as null.
      config: {
        ...typedDocuments.config,
        avoidOptionals: { field: true, inputValue: false, object: false, defaultValue: false },
      },
    },
    'examples/clients/generated/': { ...typedDocuments, documents: ['examples/clients/operations/*.graphql'] },
  },
};

export default config;
