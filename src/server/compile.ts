import { createRequire } from 'node:module';
import { getNamedType, GraphQLFloat, GraphQLInt, TypeInfo, visit, visitWithTypeInfo, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { CompiledQuery } from 'graphql-jit';
import type { PreparedOperation } from './documents.js';

const load = createRequire(import.meta.url);

/**
 * Compiles an operation; undefined when it cannot be compiled. The compiler is loaded at the first one: it brings a hundred
 * modules, and a process that is seldom asked needs none of them. All of it is CommonJS, and `require` blocks for a third of the
 * time that `import` takes. Version 0.8.7, since later ones make the place and the path of an error for every leaf, whether or not
 * there is one.
 */
export function compile(schema: GraphQLSchema, document: DocumentNode, { definition }: PreparedOperation): CompiledQuery | undefined {
  const { compileQuery, isCompiledQuery } = load('graphql-jit') as typeof import('graphql-jit');
  const made = compileQuery(schema, document, definition.name?.value, {
    disablingCapturingStackErrors: true,
    disableLeafSerialization: !selectsNumbers(schema, document),
  });
  return isCompiledQuery(made) ? made : undefined;
}

/**
 * Whether any field is an Int or a Float, whose range is known only when a value is there. Texts, booleans and enums are what
 * their types say since they were read, and a page has hundreds of them; our own scalars are serialized in any case.
 */
function selectsNumbers(schema: GraphQLSchema, document: DocumentNode): boolean {
  let found = false;
  const types = new TypeInfo(schema);
  visit(document, visitWithTypeInfo(types, {
    Field() {
      const type = types.getType();
      const named = type ? getNamedType(type) : undefined;
      found ||= named === GraphQLInt || named === GraphQLFloat;
    },
  }));
  return found;
}
