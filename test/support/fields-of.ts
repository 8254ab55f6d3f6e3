import { getNamedType, isLeafType, isObjectType } from 'graphql';
import { schema } from '../../src/graph/index.js';

/** All fields of a type that need neither arguments nor a selection, by name: what a field that is new adds itself to. */
export function fieldsOf(type: string): string {
  const found = schema.getType(type);
  if (!isObjectType(found)) throw new Error(`${type} is no type of objects`);
  return Object.values(found.getFields())
    .filter(({ args, type: of }) => args.length === 0 && isLeafType(getNamedType(of)))
    .map(({ name }) => name)
    .join(' ');
}
