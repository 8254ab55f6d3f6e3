import {
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

/** What every object of these types has to be selected with, where it has the field. */
const needed = ['id', 'deletedId'] as const;

/**
 * What a normalising cache misses in an operation: `id` of an object that has one, `deletedId` of what is gone, and rows of a
 * page by `edges`, which is what Apollo's relayStylePagination and Relay merge. Named by the path.
 */
export function lacksForCaches(schema: GraphQLSchema, text: string): string[] {
  const lacks: string[] = [];
  const info = new TypeInfo(schema);
  const path: string[] = [];
  visit(
    parse(text),
    visitWithTypeInfo(info, {
      Field: {
        enter: (field) => void path.push(field.name.value),
        leave: () => void path.pop(),
      },
      SelectionSet(selections, _key, parent) {
        const type = info.getParentType();
        if (!isCompositeType(type) || (parent !== undefined && 'kind' in parent && parent.kind !== Kind.FIELD)) return;
        for (const name of needed)
          lacks.push(...withoutField(schema, selections, type, name).map((one) => `${path.join('.')}: ${one}.${name}`));
        if (type.name.endsWith('Connection') && namesOf(selections).includes('nodes'))
          lacks.push(`${path.join('.')}: nodes instead of edges`);
      },
    }),
  );
  return lacks;
}

/** Types that are selected from without a field that they have. Fragments inside count for the types that they speak of. */
function withoutField(
  schema: GraphQLSchema,
  selections: SelectionSetNode,
  type: GraphQLCompositeType,
  field: string,
): string[] {
  if (namesOf(selections).includes(field)) return [];
  const inner = selections.selections.flatMap((one) => {
    if (one.kind !== Kind.INLINE_FRAGMENT) return [];
    const on = schema.getType(one.typeCondition?.name.value ?? type.name);
    return isCompositeType(on) ? withoutField(schema, one.selectionSet, on, field) : [];
  });
  const has = (isObjectType(type) || isInterfaceType(type)) && type.getFields()[field] !== undefined;
  if (isAbstractType(type)) return inner;
  return has ? [type.name, ...inner] : inner;
}

function namesOf({ selections }: SelectionSetNode): string[] {
  return selections.flatMap((one) => (one.kind === Kind.FIELD ? [one.name.value] : []));
}
