import { defineConfig } from '@graphql-mesh/compose-cli';
import { loadOpenAPISubgraph } from '@omnigraph/openapi';

/** How the graph of Hive Gateway is composed from the upstream double's OpenAPI document; badges are joined by additional fields. */

const reads = ['issuedBadges', 'badgeTemplate', 'holder'];

export const composeConfig = defineConfig({
  subgraphs: [{
    sourceHandler: loadOpenAPISubgraph('upstream', {
      source: './upstream.openapi.json',
      endpoint: process.env['UPSTREAM_URL'] ?? 'http://127.0.0.1:1',
      operationHeaders: { authorization: 'Bearer token' },
      // These are POSTs, which read.
      selectQueryOrMutationField: reads.map((fieldName) => ({ type: 'Query', fieldName })),
    }),
  }],
  additionalTypeDefs: `
    extend type Badge {
      template: Template @resolveTo(
        sourceName: "upstream", sourceTypeName: "Query", sourceFieldName: "badgeTemplate", requiredSelectionSet: "{ templateId }"
        sourceArgs: { input: { userId: "user", templateId: "{root.templateId}" } }
      )
      recipient: Holder @resolveTo(
        sourceName: "upstream", sourceTypeName: "Query", sourceFieldName: "holder", requiredSelectionSet: "{ recipientId }"
        sourceArgs: { input: { userId: "user", holderId: "{root.recipientId}" } }
      )
    }
  `,
});
