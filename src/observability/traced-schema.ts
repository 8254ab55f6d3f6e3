import {
  defaultFieldResolver,
  GraphQLObjectType,
  GraphQLSchema,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
} from 'graphql';
import type { OperationTrace } from './traces.js';

/** A schema that shares all types with the given one but its root types, whose resolvers run inside a span. */
export function traceRootFields(schema: GraphQLSchema): GraphQLSchema {
  const config = schema.toConfig();
  const query = config.query && traceFields(config.query);
  const mutation = config.mutation && traceFields(config.mutation);
  const types = config.types
    .map((type) => (type === config.query ? query : type === config.mutation ? mutation : type))
    .filter((type) => type !== undefined && type !== null);
  return new GraphQLSchema({ ...config, query, mutation, types });
}

function traceFields(type: GraphQLObjectType): GraphQLObjectType {
  const config = type.toConfig();
  const fields = Object.entries(config.fields).map(
    ([name, field]) => [name, traceField(`${type.name}.${name}`, field)] as const,
  );
  return new GraphQLObjectType({ ...config, fields: Object.fromEntries(fields) });
}

function traceField(name: string, field: GraphQLFieldConfig<unknown, unknown>): GraphQLFieldConfig<unknown, unknown> {
  const inner = field.resolve ?? defaultFieldResolver;
  const resolve: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
    const trace = traceOf(context);
    return trace ? trace.field(name, () => inner(source, args, context, info)) : inner(source, args, context, info);
  };
  return { ...field, resolve };
}

function traceOf(context: unknown): OperationTrace | undefined {
  return typeof context === 'object' && context !== null ? (context as { trace?: OperationTrace }).trace : undefined;
}
