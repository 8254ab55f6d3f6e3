import {
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  typeFromAST,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

/** Has all names that every object has: the compiler looks values up in such objects. */
const plainObject: object = {};

/**
 * Whether the compiler may be trusted with an operation. It turns a document into program text, so nothing that a caller can
 * write freely may reach it: values belong in variables. And it departs from graphql-js where types are found out at run
 * time, where directives decide, and in the order of mutations; such operations are interpreted.
 */
export function mayCompile(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): boolean {
  if (operation.operation !== 'query') return false;
  let fit = true;
  const refuse = () => {
    fit = false;
  };
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      // Strings would be quoted into the program, and so would the names of object fields.
      StringValue: refuse,
      FloatValue: refuse,
      ObjectValue: refuse,
      Directive: refuse,
      // A default stands in for a variable that is left out, which the compiler forgets where null may not stand.
      VariableDefinition({ type, defaultValue }) {
        if (type.kind === Kind.NON_NULL_TYPE && defaultValue !== undefined) refuse();
      },
      // Names with a meaning to JavaScript, or, with two underscores in front, to the compiler.
      Name({ value }, _key, parent) {
        const typename =
          value === '__typename' &&
          parent !== undefined &&
          'kind' in parent &&
          parent.kind === Kind.FIELD &&
          parent.alias === undefined;
        if (value in plainObject || (value.startsWith('__') && !typename)) refuse();
      },
      Field() {
        const type = types.getType();
        const named = type ? getNamedType(type) : undefined;
        if (named === undefined || isAbstractType(named) || (isObjectType(named) && named.isTypeOf)) refuse();
      },
      FragmentDefinition: ({ typeCondition }) => void (isAbstractType(typeFromAST(schema, typeCondition)) && refuse()),
      InlineFragment: ({ typeCondition }) =>
        void (typeCondition && isAbstractType(typeFromAST(schema, typeCondition)) && refuse()),
    }),
  );
  return fit;
}
