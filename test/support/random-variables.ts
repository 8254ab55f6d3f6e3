import fc, { type Arbitrary } from 'fast-check';
import {
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  typeFromAST,
  type GraphQLInputType,
  type OperationDefinitionNode,
} from 'graphql';
import { schema } from '../../src/graph/index.js';
import { cids } from './graph-pins.js';

/** Texts that name something somewhere: ids, cursors. Random ones would only ever be refused. */
export interface KnownTexts {
  readonly ids: readonly string[];
  /** Grows while a test runs. */
  readonly cursors: readonly string[];
}

const MOST_MEMBERS = 12;
const scalars: Readonly<Record<string, Arbitrary<unknown>>> = {
  Int: fc.integer({ min: 0, max: 100 }),
  Boolean: fc.boolean(),
  Float: fc.double({ noNaN: true }),
  CID: fc.constantFrom(...Object.values(cids)),
  DateTime: fc.constantFrom('2024-01-01T00:00:00Z', '2024-11-05T11:00:00Z'),
  Decimal: fc.constantFrom('0.01', '1', '3.5'),
  BigInt: fc.integer(),
  JSON: fc.constantFrom({}, { order: 'a' }, [1]),
  JSONObject: fc.constantFrom({}, { order: 'a' }),
};

/** Values for an operation's variables; each that may be left out is, now and then. */
export function randomVariables(
  operation: OperationDefinitionNode,
  known: KnownTexts,
): Arbitrary<Record<string, unknown>> {
  const declared = (operation.variableDefinitions ?? []).map(({ variable, type }) => {
    const input = typeFromAST(schema, type) as GraphQLInputType;
    return [variable.name.value, valueOf(input, variable.name.value, known)] as const;
  });
  return fc.record(Object.fromEntries(declared)).map(withoutUndefined);
}

function valueOf(type: GraphQLInputType, name: string, known: KnownTexts): Arbitrary<unknown> {
  if (!isNonNullType(type)) return fc.option(present(type, name, known), { nil: undefined, freq: 2 });
  return present(getNullableType(type), name, known);
}

function present(type: GraphQLInputType, name: string, known: KnownTexts): Arbitrary<unknown> {
  if (isListType(type)) return fc.array(valueOf(type.ofType, name, known), { maxLength: MOST_MEMBERS });
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => value.name));
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).map((field) => [field.name, valueOf(field.type, field.name, known)]);
    return fc.record(Object.fromEntries(fields) as Record<string, Arbitrary<unknown>>).map(withoutUndefined);
  }
  const scalar = 'name' in type ? scalars[type.name] : undefined;
  if (scalar) return scalar;
  if (name === 'after' || name === 'before') return fc.nat().map((at) => known.cursors[at % known.cursors.length]);
  if (name === 'idempotencyKey') return fc.uuid();
  return fc.constantFrom(...known.ids, 'unheard-of');
}

function withoutUndefined(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Every text under one of these names, however deep. */
export function textsUnder(value: unknown, names: RegExp, found: string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const [name, part] of Object.entries(value)) {
    if (typeof part === 'string' && names.test(name)) found.push(part);
    else textsUnder(part, names, found);
  }
  return found;
}
