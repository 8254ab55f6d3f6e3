import {
  getNamedType,
  isCompositeType,
  isNullableType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import type { PreparedOperation } from './documents.js';

/**
 * Whether an operation reads nothing but what anybody may see, and sees alike: root fields whose definition says so
 * (`extensions.isPublic`), and nothing that leads from there to other objects.
 */
export function createPublicCheck(
  schema: GraphQLSchema,
): (document: DocumentNode, operation: PreparedOperation) => boolean {
  const known = new WeakMap<PreparedOperation, boolean>();
  return (document, operation) => {
    const before = known.get(operation);
    if (before !== undefined) return before;
    const isPublic = operation.known.kind === 'query' && readsPublicDataOnly(schema, document);
    known.set(operation, isPublic);
    return isPublic;
  };
}

/** Of the whole document: one with several operations is as private as its most private one. */
function readsPublicDataOnly(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let isPublic = true;
  visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name }) {
        const field = types.getFieldDef();
        const parent = types.getParentType();
        if (name.value === '__typename') return;
        if (!field || !parent) isPublic = false;
        else if (parent === schema.getQueryType()) isPublic &&= field.extensions['isPublic'] === true;
        else if (isCompositeType(getNamedType(field.type)) && isNullableType(field.type))
          isPublic &&= parent.name.endsWith('Edge') || parent.name.endsWith('Connection');
      },
    }),
  );
  return isPublic;
}
