import {
  getNamedType,
  GraphQLFloat,
  GraphQLInt,
  isEnumType,
  type GraphQLEnumType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import type { PreparedOperation } from '../documents.js';

/**
 * Compiles an operation; undefined when it cannot be compiled. Version 0.8.7 of the compiler, since later ones make the place and
 * the path of an error for every leaf, whether or not there is one.
 */
export function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  { definition }: PreparedOperation,
): CompiledQuery | undefined {
  const made = compileQuery(schema, document, definition.name?.value, {
    disablingCapturingStackErrors: true,
    disableLeafSerialization: !selectsChecked(schema, document),
  });
  return isCompiledQuery(made) ? made : undefined;
}

/**
 * Whether any field is an Int or a Float, whose range is known only when a value is there, or an enum whose values have other
 * names inside. Texts, booleans and all other enums are what their types say since `wire.ts` read them, and a page has hundreds
 * of them; our own scalars are serialized in any case.
 */
function selectsChecked(schema: GraphQLSchema, document: DocumentNode): boolean {
  let found = false;
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field() {
        const type = types.getType();
        const named = type ? getNamedType(type) : undefined;
        found ||= named === GraphQLInt || named === GraphQLFloat || (isEnumType(named) && isRenamed(named));
      },
    }),
  );
  return found;
}

function isRenamed(type: GraphQLEnumType): boolean {
  return type.getValues().some(({ name, value }) => name !== value);
}
