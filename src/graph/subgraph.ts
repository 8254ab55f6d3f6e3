import {
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  isInterfaceType,
  Kind,
  lexicographicSortSchema,
  parse,
  print,
  printSchema,
  valueFromASTUntyped,
  visit,
  type ConstDirectiveNode,
  type GraphQLFieldConfigMap,
} from 'graphql';
import type { Context } from '../context.js';
import { invalidInput } from '../errors.js';
import type { Price } from '../values/price.js';
import { lengthOf } from './costs.js';
import { loadNode, MAX_NODES, priceOfNodes } from './nodes.js';

/** The first version of the specification that knows subscriptions. */
const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.4", import: ["@key", "@shareable"])';
const KEY = 'type A @key(fields: "id") { a: Int }';
/** Every subgraph with connections has one. */
const SHAREABLE = 'type A @shareable { a: Int }';
const SHARED_TYPE = 'PageInfo';

/**
 * The graph as one of several that a gateway puts together: what it has, `_service` and `_entities`. Made by hand: the
 * builder's plugin for this brings a library along whose licence does not fit the product's.
 */
export function asSubgraph(schema: GraphQLSchema): GraphQLSchema {
  const config = schema.toConfig();
  const base = schema.getQueryType()?.toConfig();
  if (base === undefined) throw new Error('a graph without queries');
  const query = new GraphQLObjectType({
    ...base,
    fields: { ...base.fields, ...subgraphFields(schema) },
  });
  const types = config.types.map((type) => (type.name === query.name ? query : type));
  return new GraphQLSchema({ ...config, query, types });
}

/** What the gateway composes: the graph with its keys and what it shares, without the two fields themselves. */
export function subgraphSdl(schema: GraphQLSchema): string {
  const entities = new Set(entitiesOf(schema).map(({ name }) => name));
  const document = visit(parse(printSchema(lexicographicSortSchema(schema))), {
    SchemaDefinition: (node) => ({ ...node, directives: directivesIn(LINK) }),
    ObjectTypeDefinition(node) {
      if (entities.has(node.name.value)) return { ...node, directives: directivesIn(KEY) };
      if (node.name.value === SHARED_TYPE) return { ...node, directives: directivesIn(SHAREABLE) };
      return undefined;
    },
  });
  return `${print(document)}\n`;
}

function directivesIn(sdl: string): readonly ConstDirectiveNode[] {
  const [definition] = parse(sdl).definitions;
  const known = definition?.kind === Kind.OBJECT_TYPE_DEFINITION || definition?.kind === Kind.SCHEMA_EXTENSION;
  return known ? (definition.directives ?? []) : [];
}

function entitiesOf(schema: GraphQLSchema): readonly GraphQLObjectType[] {
  const node = schema.getType('Node');
  return isInterfaceType(node) ? schema.getPossibleTypes(node).toSorted(byName) : [];
}

function byName(a: GraphQLObjectType, b: GraphQLObjectType): number {
  return a.name < b.name ? -1 : 1;
}

/** As `nodes`: each object by its own right, read together, counted alike. */
const priceOfEntities: Price = (written) => priceOfNodes(lengthOf(written('representations'), MAX_NODES));

function subgraphFields(schema: GraphQLSchema): GraphQLFieldConfigMap<unknown, Context> {
  const service = new GraphQLObjectType({
    name: '_Service',
    description: 'This graph, for whoever composes it with others.',
    fields: { sdl: { type: GraphQLString, description: 'Its definition, with keys and what it shares.' } },
  });
  const entity = new GraphQLUnionType({
    name: '_Entity',
    description: 'An object that other graphs may refer to by its global id.',
    types: [...entitiesOf(schema)],
    resolveType: (object: { readonly __typename: string }) => object.__typename,
  });
  const sdl = subgraphSdl(schema);
  return {
    _service: {
      type: new GraphQLNonNull(service),
      description: 'For composing this graph with others. Like introspection, only where the schema may be read.',
      extensions: { describesSchema: true, price: [] satisfies Price },
      resolve: () => ({ sdl }),
    },
    _entities: {
      type: new GraphQLNonNull(new GraphQLList(entity)),
      description:
        `Objects by \`__typename\` and global id, in the order asked; null where there is none. At most ${MAX_NODES}. ` +
        'Each by the right of its own field.',
      extensions: { rights: 'anyone, each object by its own field', price: priceOfEntities },
      args: {
        representations: {
          type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(AnyScalar))),
          description: `Each with \`__typename\` and \`id\`, at most ${MAX_NODES}.`,
        },
      },
      resolve: (_root, { representations }: { readonly representations: readonly unknown[] }, context) => {
        if (representations.length > MAX_NODES) throw invalidInput('representations', `at most ${MAX_NODES} at a time`);
        return representations.map((each, index) => loadEntity(each, `representations.${index}`, context));
      },
    },
  };
}

const AnyScalar = new GraphQLScalarType<unknown, unknown>({
  name: '_Any',
  description: 'A representation of an object: its `__typename` and its key.',
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
  serialize: (value) => value,
});

async function loadEntity(representation: unknown, path: string, context: Context): Promise<object | null> {
  const { __typename: typename, id } = (
    typeof representation === 'object' && representation !== null ? representation : {}
  ) as { readonly __typename?: unknown; readonly id?: unknown };
  if (typeof typename !== 'string' || typeof id !== 'string') throw invalidInput(path, 'needs __typename and id');
  return loadNode(id, `${path}.id`, context, typename);
}
