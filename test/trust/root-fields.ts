import {
  isInputObjectType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql';
import { schema } from '../../src/graph/index.js';
import { poolScript } from '../support/bitminter-harness.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';
import { wireUser } from '../support/graph-payments.js';

const samples: Readonly<Record<string, unknown>> = {
  CID: 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu',
  ID: 'a1',
  String: 'text',
  Decimal: '1',
  BadgeType: 'ACHIEVEMENT',
  Int: 1,
  Boolean: true,
  JSONObject: {},
};

function sample(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sample(type.ofType as GraphQLInputType);
  if ('ofType' in type) return [sample(type.ofType as GraphQLInputType)];
  if (!isInputObjectType(type)) {
    // Without one the operation would be refused for its variables, before anybody asks for rights.
    if (!(type.name in samples)) throw new Error(`there is no sample of ${type.name}`);
    return samples[type.name];
  }
  const required = Object.values(type.getFields()).filter((field) => isNonNullType(field.type));
  return Object.fromEntries(required.map((field) => [field.name, sample(field.type)]));
}

/** Every field of the three root types. */
export const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
  (type, index) =>
    Object.values(type?.getFields() ?? {}).map((field) => ({
      kind: ['query', 'mutation', 'subscription'][index] ?? '',
      field,
    })),
);

/** A document that asks for one root field with the least that it wants, and its variables. */
export function documentOf(kind: string, field: GraphQLField<unknown, unknown>) {
  const args = field.args.filter((argument: GraphQLArgument) => isNonNullType(argument.type));
  const declared =
    args.length > 0 ? `(${args.map((argument) => `$${argument.name}: ${String(argument.type)}`).join(', ')})` : '';
  const passed = args.length > 0 ? `(${args.map((argument) => `${argument.name}: $${argument.name}`).join(', ')})` : '';
  return {
    text: `${kind} ${declared} { ${field.name}${passed} { __typename } }`,
    variables: Object.fromEntries(args.map((argument) => [argument.name, sample(argument.type)])),
  };
}

/** One upstream in the place of all: it knows Ann by any token, its pool is well, and everything else is missing. */
export function strangeUpstream(): Promise<FakeUpstream> {
  const pool = poolScript();
  return fakeUpstream((request, response) => {
    if (request.path.endsWith('/me')) return { body: wireUser('uid-of-ann') };
    // A stream of pool figures has no first event before there are figures.
    if (request.path.startsWith('/pool/')) return pool(request, response);
    return { status: 404, body: { error: 'none' } };
  });
}
