import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLField,
  type GraphQLNamedType,
} from 'graphql';
import { schema } from '../../src/graph/index.js';
import { note, row } from './markdown.js';

/** Every type and field of the graph, with its description. */
export function schemaPage(): string {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const types = Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .filter((type) => !roots.some((root) => root === type))
    .toSorted((one, other) => one.name.localeCompare(other.name));
  const all = [...roots.filter((type) => type !== null && type !== undefined), ...types];
  return [
    '# Schema',
    note,
    '',
    'The same as [`schema.graphql`](../schema/schema.graphql), to be read.',
    ...all.flatMap(section),
  ].join('\n');
}

function section(type: GraphQLNamedType): string[] {
  return ['', `## ${type.name}`, `${kindOf(type)}. ${type.description ?? ''}`, '', ...bodyOf(type)];
}

function kindOf(type: GraphQLNamedType): string {
  if (isScalarType(type)) return 'Scalar';
  if (isEnumType(type)) return 'Enum';
  if (isInputObjectType(type)) return 'Input';
  if (isUnionType(type)) return 'Union';
  return isInterfaceType(type) ? 'Interface' : 'Type';
}

function bodyOf(type: GraphQLNamedType): string[] {
  if (isEnumType(type))
    return [
      '| Value | Meaning |',
      '|---|---|',
      ...type.getValues().map(({ name, description }) => row(`\`${name}\``, description ?? '')),
    ];
  if (isUnionType(type))
    return [
      type
        .getTypes()
        .map(({ name }) => `[${name}](#${name.toLowerCase()})`)
        .join(' · '),
    ];
  if (isInputObjectType(type))
    return [
      '| Field | Type | Meaning |',
      '|---|---|---|',
      ...Object.values(type.getFields()).map((field) =>
        row(`\`${field.name}\``, `\`${String(field.type)}\``, field.description ?? ''),
      ),
    ];
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return [
    '| Field | Type | Meaning |',
    '|---|---|---|',
    ...Object.values(type.getFields()).map((field) =>
      row(`\`${field.name}${argumentsOf(field)}\``, `\`${String(field.type)}\``, field.description ?? ''),
    ),
  ];
}

function argumentsOf({ args }: GraphQLField<unknown, unknown>): string {
  if (args.length === 0) return '';
  return `(${args.map(({ name, type }) => `${name}: ${String(type)}`).join(', ')})`;
}
