import {
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { asError } from '../../../values/as-error.js';

const settled = new WeakSet<GraphQLSchema>();

/**
 * Compiled queries lose the place of a list's item whose promise rejects. So resolvers of lists wait for all their items, and
 * a failed one becomes an error as a value, which every executor puts at the item's path.
 */
export function settleLists(schema: GraphQLSchema): void {
  if (settled.has(schema)) return;
  settled.add(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.resolve !== undefined && isList(field.type)) field.resolve = wholeList(field.resolve);
    }
  }
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

function wholeList(resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> {
  return (source, args, context, info) => {
    const list: unknown = resolve(source, args, context, info);
    return isPromise(list) ? list.then(settleItems) : settleItems(list);
  };
}

function settleItems(list: unknown): unknown {
  if (!Array.isArray(list) || !list.some(isPromise)) return list;
  return Promise.all(list.map((item: unknown) => (isPromise(item) ? item.then((value) => value, asError) : item)));
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
