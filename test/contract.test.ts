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
  isSpecifiedScalarType,
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
import { closeAfterEach } from './support/graph-pins.js';

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

/** What clients of pins rely on, to the letter. */
const promised = buildSchema(`
  scalar CID scalar DateTime scalar JSONObject scalar BigInt
  interface Node { id: ID! }
  interface UserError { code: ErrorCode! message: String! }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  enum PinStatus { QUEUED PINNING PINNED FAILED REMOVED UNKNOWN }
  enum TextMatch { EXACT IEXACT PARTIAL IPARTIAL }
  type Pin implements Node {
    id: ID! requestId: ID! service: ID! status: PinStatus! createdAt: DateTime! cid: CID! name: String origins: [String!]! meta: JSONObject!
    delegates: [String!]! info: JSONObject! statusDetails: String dagSize: BigInt pinnedUntil: DateTime
  }
  input PinFilter { cids: [CID!] name: String match: TextMatch = EXACT status: [PinStatus!] createdAfter: DateTime createdBefore: DateTime meta: JSONObject }
  type PinEdge { cursor: String! node: Pin }
  type PinConnection { edges: [PinEdge!]! nodes: [Pin]! pageInfo: PageInfo! totalCount: Int }
  type PinningService { name: String! usable: Boolean! }
  enum Circuit { CLOSED OPEN HALF_OPEN }
  type ProviderHealth { name: String! enabled: Boolean! circuit: Circuit lastSuccessAt: DateTime reachable: Boolean }
  input AddPinInput { cid: CID! name: String origins: [String!] meta: JSONObject service: ID idempotencyKey: String }
  input ReplacePinInput { requestId: ID! cid: CID! name: String origins: [String!] meta: JSONObject service: ID idempotencyKey: String }
  input RemovePinInput { requestId: ID! service: ID }
  type AddPinPayload { pin: Pin! alreadyPinned: Boolean! }
  type ReplacePinPayload { pin: Pin! replacedRequestId: ID deletedId: ID }
  type RemovePinPayload { removedRequestId: ID! deletedId: ID! }
  type InputIssue { path: [String!]! message: String! }
  type InvalidInputError implements UserError { code: ErrorCode! message: String! upstreamCode: String issues: [InputIssue!]! }
  type NotFoundError implements UserError { code: ErrorCode! message: String! upstreamCode: String }
  type ConflictError implements UserError { code: ErrorCode! message: String! upstreamCode: String }
  type InsufficientFundsError implements UserError { code: ErrorCode! message: String! upstreamCode: String }
  type OutcomeUnknownError implements UserError { code: ErrorCode! message: String! upstreamCode: String idempotencyKey: String }
  union AddPinResult = AddPinPayload | InvalidInputError | NotFoundError | ConflictError | InsufficientFundsError | OutcomeUnknownError
  union ReplacePinResult = ReplacePinPayload | InvalidInputError | NotFoundError | ConflictError | InsufficientFundsError | OutcomeUnknownError
  union RemovePinResult = RemovePinPayload | InvalidInputError | NotFoundError | ConflictError | InsufficientFundsError | OutcomeUnknownError
  type Query {
    node(id: ID!): Node  nodes(ids: [ID!]!): [Node]!
    pin(requestId: ID!, service: ID): Pin
    pins(first: Int, after: String, last: Int, before: String, service: ID, filter: PinFilter): PinConnection
    pinningServices: [PinningService!]!  providers: [ProviderHealth!]!
  }
  type Mutation { addPin(input: AddPinInput!): AddPinResult  replacePin(input: ReplacePinInput!): ReplacePinResult  removePin(input: RemovePinInput!): RemovePinResult }
  type Subscription { pinStatus(requestId: ID!, service: ID): Pin  pinStatuses(requestIds: [ID!]!, service: ID): Pin }
  enum ErrorCode {
    GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED PERSISTED_QUERY_NOT_FOUND UNAUTHENTICATED FORBIDDEN NOT_FOUND BAD_USER_INPUT CONFLICT INSUFFICIENT_FUNDS PROVIDER_DISABLED
    UPSTREAM_AUTH_FAILED AUTH_PROVIDER_UNAVAILABLE RATE_LIMITED TOO_MANY_REQUESTS UPSTREAM_TIMEOUT UPSTREAM_UNAVAILABLE CIRCUIT_OPEN OVERLOADED
    UPSTREAM_INVALID_RESPONSE OUTCOME_UNKNOWN IDEMPOTENCY_KEY_REUSED IDEMPOTENCY_IN_PROGRESS IDEMPOTENCY_STORE_UNAVAILABLE
    IDEMPOTENCY_QUOTA_EXCEEDED LOOKUP_LIMIT CURSOR_EXPIRED
    SUBSCRIPTION_LIMIT SUBSCRIPTION_INTERRUPTED INTERNAL_SERVER_ERROR
  }
`);

/** A type in lines that can be compared one by one. */
function linesOf(type: GraphQLNamedType | undefined): string[] {
  if (isEnumType(type)) return type.getValues().map((value) => value.name);
  if (isInputObjectType(type)) return inputLines(type);
  if (type && 'getTypes' in type) return type.getTypes().map((member) => member.name);
  if (!isObjectType(type) && !isInterfaceType(type)) return type ? [type.name] : [];
  const fields = Object.values(type.getFields()).map(
    (field) =>
      `${field.name}(${field.args
        .map((argument) => `${argument.name}: ${String(argument.type)}`)
        .toSorted()
        .join(', ')}): ${String(field.type)}`,
  );
  return [...fields, ...type.getInterfaces().map((one) => `implements ${one.name}`)];
}

function inputLines(type: GraphQLInputObjectType): string[] {
  return Object.values(type.getFields()).map(
    (field) =>
      `${field.name}: ${String(field.type)}${field.defaultValue === undefined ? '' : ` = ${JSON.stringify(field.defaultValue)}`}`,
  );
}

describe('the part about pins', () => {
  it.each(
    Object.values(promised.getTypeMap())
      .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
      .map((type) => [type.name, type] as const),
  )('%s has what was promised', (name, type) => {
    const real = linesOf(schema.getType(name));
    expect(real).toEqual(expect.arrayContaining(linesOf(type)));
    // More values or members would be news to clients; more fields are not.
    if (isEnumType(type) || 'getTypes' in type) expect(real.toSorted()).toEqual(linesOf(type).toSorted());
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
