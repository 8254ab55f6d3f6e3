import { readFileSync } from 'node:fs';
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
  isSpecifiedScalarType,
  isUnionType,
  lexicographicSortSchema,
  parse,
  printSchema,
  validate,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../src/graph/index.js';
import { documentedOperations, startCountedSandbox } from './support/graph-operations.js';
import { lacksForCaches } from './support/lacks-for-caches.js';
import { closeAfterEach } from './support/graph-pins.js';
import { linesOf, promised } from './support/promised-schema.js';

closeAfterEach();

const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);
const sdl = readFileSync(new URL('../schema/schema.graphql', import.meta.url), 'utf8');

/** Everything that a client can read about, by its path. */
function* describables(type: GraphQLNamedType): Generator<[path: string, description: string | null | undefined]> {
  yield [type.name, type.description];
  if (isEnumType(type)) for (const value of type.getValues()) yield [`${type.name}.${value.name}`, value.description];
  if (isInputObjectType(type))
    for (const field of Object.values(type.getFields())) yield [`${type.name}.${field.name}`, field.description];
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      yield [`${type.name}.${field.name}`, field.description];
      for (const argument of field.args) yield [`${type.name}.${field.name}(${argument.name})`, argument.description];
    }
  }
}

describe('the graph', () => {
  it('describes everything in a sentence', () => {
    const all = types.flatMap((type) => [...describables(type)]);
    expect(all.length).toBeGreaterThan(200);
    expect(all.filter(([, description]) => !description).map(([path]) => path)).toEqual([]);
    expect(
      all.filter(([, description]) => !/^["`{A-Z0-9].*[.!?)]$/s.test(description ?? '')).map(([path]) => path),
    ).toEqual([]);
  });

  it('is what schema/schema.graphql promises', () => {
    const written = printSchema(lexicographicSortSchema(buildSchema(sdl)));
    expect(written, 'run npm run codegen').toBe(printSchema(lexicographicSortSchema(schema)));
  });

  it('names no provider in a type', () => {
    const named = types
      .map((type) => type.name)
      .filter((name) => /[Mm]y[Pp]it|[Pp]inata|[Bb]it[Mm]inter|^Pi(?=[A-Z])/.test(name));
    expect(named).toEqual(['PiNetwork']);
  });

  it('lets no outage erase a neighbour', () => {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
      Object.values(type?.getFields() ?? {}),
    );
    expect(
      roots
        .filter((field) => isNonNullType(field.type))
        .map((field) => field.name)
        .toSorted(),
    ).toEqual(['nodes', 'pinningServices', 'providers']);
  });

  it('gives each mutation one input and one union of results', () => {
    for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      const title = `${field.name[0]?.toUpperCase()}${field.name.slice(1)}`;
      expect(
        field.args.map((argument) => `${argument.name}: ${String(argument.type)}`),
        field.name,
      ).toEqual([`input: ${title}Input!`]);
      expect(String(field.type)).toBe(`${title}Result`);
      const union = getNamedType(field.type);
      const members = 'getTypes' in union ? union.getTypes().map((type) => type.name) : [];
      expect(members.toSorted()).toEqual(
        [
          'ConflictError',
          'InsufficientFundsError',
          'InvalidInputError',
          'NotFoundError',
          'OutcomeUnknownError',
          `${title}Payload`,
        ].toSorted(),
      );
    }
  });

  it('makes every connection of the same parts', () => {
    const connections = types.filter((type) => type.name.endsWith('Connection')).filter(isObjectType);
    expect(connections.length).toBeGreaterThan(0);
    for (const connection of connections) {
      const node = connection.name.replace(/Connection$/, '');
      const shape = (fields: Record<string, GraphQLField<unknown, unknown>>) =>
        Object.fromEntries(Object.values(fields).map((field) => [field.name, String(field.type)]));
      expect(shape(connection.getFields())).toMatchObject({
        edges: `[${node}Edge!]!`,
        nodes: `[${node}]!`,
        pageInfo: 'PageInfo!',
      });
      const edge = schema.getType(`${node}Edge`);
      expect(isObjectType(edge) && shape(edge.getFields())).toEqual({ cursor: 'String!', node });
    }
  });
});

describe('what clients were promised', () => {
  const named = Object.values(promised.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  const required = (type: GraphQLInputObjectType) =>
    Object.values(type.getFields())
      .filter(isRequiredInputField)
      .map((field) => field.name)
      .toSorted();

  it.each(named.map((type) => [type.name, type] as const))('%s: names, arguments and nullability', (name, type) => {
    const real = schema.getType(name);
    expect(linesOf(real)).toEqual(expect.arrayContaining(linesOf(type)));
    // More values and members are news to clients, and so is an input that must be given; more fields to read are not.
    if (isEnumType(type) || isUnionType(type)) expect(linesOf(real)).toEqual(linesOf(type));
    if (isInputObjectType(type)) expect(isInputObjectType(real) && required(real)).toEqual(required(type));
  });

  it('is all there is: every type and root field stands in test/support/promised-schema.ts', () => {
    expect(types.map(({ name }) => name).filter((name) => promised.getType(name) === undefined)).toEqual([]);
    for (const root of ['Query', 'Mutation', 'Subscription'])
      expect(linesOf(schema.getType(root))).toEqual(linesOf(promised.getType(root)));
  });

  it('has a node exactly where one can be fetched again', () => {
    const nodes = types.filter(
      (type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'),
    );
    expect(nodes.map(({ name }) => name).toSorted()).toEqual([
      'BadgeTemplate',
      'Holder',
      'IssuedBadge',
      'Payment',
      'Pin',
      'PoolBlock',
      'RewardedAd',
      'User',
    ]);
  });

  it('has a value for words that nobody knows yet in each enum of an upstream', () => {
    /** Closed by us: worked out from flags, or asked for by the caller. */
    const ours = new Set([
      'PaymentState',
      'ConflictReason',
      'TextMatch',
      'HashRateUnit',
      'Circuit',
      'IssueStatus',
      'IssueOutcome',
      'ErrorCode',
      'OpenWriteState',
      'SettlementAction',
      'GatewayEvent',
      'ProviderStanding',
      'StateAvailability',
      'StateDoubt',
      'StateKind',
    ]);
    const enums = types.filter(isEnumType).filter(({ name }) => !ours.has(name));
    expect(enums.map(({ name }) => name).toSorted()).toEqual([
      'BadgeState',
      'BadgeType',
      'BlockStatus',
      'MediatorAckStatus',
      'PaymentDirection',
      'PiNetwork',
      'PinStatus',
    ]);
    for (const one of enums) expect([one.name, one.getValue('UNKNOWN')?.name]).toEqual([one.name, 'UNKNOWN']);
  });
});

describe('a documented operation', () => {
  const operations = documentedOperations();

  it('has a name of its own, words and a budget', () => {
    expect(operations.length).toBeGreaterThan(0);
    expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length);
    for (const { file, name, comment, budget } of operations) {
      expect(name, file).toMatch(/^[A-Z][A-Za-z]+$/);
      expect(
        budget,
        `${file} ${name}: a line "# budget: pinning 1" (or "none", or "… per poll") right above it`,
      ).toBeDefined();
      // Many an operation is told by its file's first one.
      expect(comment, file).toMatch(/^# /);
    }
  });

  it('is one of the tour, in a file of its own', () => {
    const tour = JSON.parse(
      readFileSync(new URL('../schema/operations/tour.json', import.meta.url), 'utf8'),
    ) as string[];
    expect(tour.map((name) => `${name}.graphql`).toSorted()).toEqual(operations.map(({ file }) => file));
    for (const { file, name } of operations)
      expect(file).toBe(`${name.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}.graphql`);
  });

  it("asks for the provider's reason where a change is refused, since the message sends people there", () => {
    for (const { file, text } of operations.filter(({ kind }) => kind === 'mutation'))
      expect(text.replaceAll(/\s+/g, ' '), file).toMatch(/\.\.\. on UserError \{[^}]*\bupstreamCode upstreamDetails\b/);
  });

  it('gives caches what they need: ids of objects, ids of what is gone, edges of pages', () => {
    expect(
      operations.flatMap(({ file, text }) => lacksForCaches(schema, text).map((lack) => `${file}: ${lack}`)),
    ).toEqual([]);
  });

  it.each(operations.map((operation) => [operation.name, operation] as const))(
    '%s fits the schema and stays within its budget',
    async (_name, { text, kind, budget, variables }) => {
      expect(validate(schema, parse(text)).map((error) => error.message)).toEqual([]);
      const graph = await startCountedSandbox({ PAYOUT_MAX_PER_CALL: '10', PAYOUT_MAX_PER_DAY: '100' });
      if (kind === 'subscription') {
        const events = graph.subscribe(text, variables, { ...graph.sandbox.headers });
        const first = await events.next();
        expect(first.done ? undefined : first.value.errors).toBeUndefined();
        expect(Object.values(first.done ? {} : (first.value.data ?? {}))).toEqual([expect.anything()]);
        await events.return(undefined);
      } else {
        const answer = await graph.ask<Record<string, { __typename?: string } | null>>(text, variables);
        expect(answer.errors).toBeUndefined();
        for (const [field, value] of Object.entries(answer.data ?? {})) {
          expect(value, field).not.toBeNull();
          if (kind === 'mutation')
            expect(value, field).toMatchObject({ __typename: expect.stringMatching(/Payload$/) });
        }
      }
      for (const [provider, calls] of Object.entries(graph.calls))
        expect(calls, provider).toBeLessThanOrEqual(budget?.[provider] ?? 0);
      // A budget that nothing is spent of is out of date.
      expect(Object.keys(graph.calls).toSorted()).toEqual(Object.keys(budget ?? {}).toSorted());
    },
  );
});
