import {
  getNullableType,
  GraphQLError,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';

/** What stands for an object: its fields follow from its key alone, so that any executor meets the same ones. */
interface Made {
  readonly key: string;
}

const texts: Readonly<Record<string, string>> = {
  CID: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
  Decimal: '1.5',
  BigInt: '12345678901234567890',
};

/**
 * Gives the fields of a schema values that follow from the place and the arguments: texts, promises, lists with holes, nulls where
 * none may be, failures, numbers out of range. Fields that had no resolver of their own are properties, as they were.
 */
export function answerAtRandom(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isAbstractType(type)) type.resolveType = (value: unknown) => (value as { __typename: string }).__typename;
    if (!isObjectType(type)) continue;
    type.isTypeOf = undefined;
    for (const [name, field] of Object.entries(type.getFields())) {
      if (field.resolve === undefined && type !== schema.getQueryType()) continue;
      field.resolve = (parent: unknown, args: object) =>
        valueOf(schema, field.type, `${keyOf(parent)}.${name}${stable(args)}`, false);
    }
  }
}

function keyOf(parent: unknown): string {
  return typeof parent === 'object' && parent !== null && 'key' in parent ? String(parent.key) : '';
}

function valueOf(schema: GraphQLSchema, type: GraphQLOutputType, key: string, inList: boolean): unknown {
  const hash = hashOf(key);
  const kind = hash % 64;
  if (kind === 0) return Promise.reject(new Error(`later ${hash}`));
  if (kind === 1) return new Error(`as a value ${hash}`);
  if (kind === 2 && !inList) throw new GraphQLError(`at once ${hash}`, { extensions: { code: 'NOT_FOUND', hash } });
  if (kind < (isNonNullType(type) ? 4 : 9)) return null;
  const value = plainValueOf(schema, getNullableType(type), key, hash >>> 6);
  return (hash >>> 12) % 4 === 0 ? Promise.resolve(value) : value;
}

function plainValueOf(schema: GraphQLSchema, type: GraphQLOutputType, key: string, hash: number): unknown {
  if (isListType(type)) {
    if (hash % 50 === 0) return 'not a list';
    return Array.from({ length: hash % 4 }, (_, index) => valueOf(schema, type.ofType, `${key}[${index}]`, true));
  }
  if (isObjectType(type)) return objectOf(schema, type.name, key);
  if (isAbstractType(type)) {
    const possible = schema.getPossibleTypes(type);
    return objectOf(schema, possible[hash % possible.length]?.name ?? '', key);
  }
  if (isEnumType(type)) {
    const values = type.getValues();
    return values[hash % values.length]?.value; // As the types of resolvers have it.
  }
  const name = String(type);
  if (name === 'Int') return hash % 40 === 0 ? 2 ** 31 : hash % 40 === 1 ? 'text' : hash % 1_000;
  if (name === 'Float') return hash % 40 === 0 ? NaN : hash / 7;
  if (name === 'Boolean') return hash % 2 === 0;
  if (name.startsWith('JSON')) return { hash, inner: [null, 'x'] };
  if (name === 'DateTime') return hash % 40 === 0 ? 'no date' : new Date(1.7e12 + hash * 1_000);
  return texts[name] ?? `${name} ${hash}`;
}

/** An object whose fields are made when they are read. */
function objectOf(schema: GraphQLSchema, typeName: string, key: string): Made {
  const type = schema.getType(typeName);
  const fields = isObjectType(type) ? type.getFields() : {};
  const made = new Map<string, unknown>();
  return new Proxy({ key, __typename: typeName } as Made & { __typename: string }, {
    get(target, name) {
      if (typeof name !== 'string' || !Object.hasOwn(fields, name)) return Reflect.get(target, name) as unknown;
      if (name === 'key' || name === '__typename') return Reflect.get(target, name) as unknown;
      if (!made.has(name)) {
        const field = fields[name];
        made.set(name, field && plainProperty(schema, field.type, `${key}.${name}`));
      }
      return made.get(name);
    },
  });
}

/** Properties are there: they neither throw nor come later, but may be null or odd. */
function plainProperty(schema: GraphQLSchema, type: GraphQLOutputType, key: string): unknown {
  const hash = hashOf(key);
  if (hash % 32 < (isNonNullType(type) ? 1 : 4)) return null;
  return plainValueOf(schema, getNullableType(type), key, hash >>> 6);
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}

/** JSON with names in order; what is undefined counts as left out. */
function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  return `{${Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, one]) => `${name}:${stable(one)}`)
    .join(',')}}`;
}
