import {
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
} from 'graphql';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { schema } from '../../src/graph/index.js';
import { operatorHeaders, type GraphAnswer } from '../support/create-test-app.js';
import { idOf } from '../support/graph-payments.js';
import { closeAfterAll } from '../support/graph-pins.js';
import { startWorld, uncoded, type World } from './support.js';

closeAfterAll();

/** Ids that mean something else once they stand in a path. */
const bent: readonly string[] = [
  '..',
  '.',
  '',
  ' ',
  'incomplete_server_payments',
  '%2e%2e',
  '%2E%2E%2F',
  '%00',
  '..;',
  '../me',
  '..\\me',
  '../../v2/me',
  'a/b',
  '/',
  '//',
  'a?b',
  '?',
  'a#b',
  '#',
  'a&b=c',
  'a;b',
  'a\0b',
  'a\nb',
  'a\r\nx-evil: 1',
  'a\tb',
  '\u001b[31m',
  '\ud800',
  'x'.repeat(513),
  'x'.repeat(100_000),
  'ä',
  '\u202e',
  '\u{1f600}',
  '．．',
  '%c0%ae%c0%ae',
  'http://127.0.0.1/',
  '@evil',
  ':80',
  '*',
  '{id}',
  '__proto__',
  'constructor',
  'null',
  'undefined',
  '-',
  'approve',
  'status',
];

interface Target {
  readonly name: string;
  readonly query: string;
  readonly variables: (id: string) => Readonly<Record<string, unknown>>;
}

const scalarValues: Readonly<Record<string, unknown>> = {
  ID: 'id',
  String: 'text',
  Int: 1,
  Float: 1,
  Boolean: true,
  Decimal: '1',
  CID: 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu',
  DateTime: '2025-01-01T00:00:00Z',
  JSONObject: {},
  BigInt: '1',
};

/** A value that fits a type. */
function valueFor(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return valueFor(type.ofType);
  if (isListType(type)) return [valueFor(type.ofType)];
  if (isInputObjectType(type)) {
    return Object.fromEntries(
      Object.values(type.getFields())
        .filter((field) => isNonNullType(field.type))
        .map((field) => [field.name, field.name === 'txid' ? 'ab'.repeat(32) : valueFor(field.type)]),
    );
  }
  const named = getNamedType(type);
  return 'getValues' in named ? named.getValues()[0]?.name : scalarValues[named.name];
}

const takesIds = (type: GraphQLInputType): boolean => getNamedType(type).name === 'ID';
const wrapped = (type: GraphQLInputType, id: string): unknown => (isListType(getNullableType(type)) ? [id] : id);

let keys = 0;
const freshKey = (fields: object): object =>
  'idempotencyKey' in fields ? { idempotencyKey: `key-${(keys += 1)}` } : {};

/** Every place of the root types that takes an id or a name of something upstream. */
function targets(): Target[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
  ] as const;
  return roots.flatMap(([kind, type]) =>
    Object.values((type as GraphQLObjectType).getFields()).flatMap((field) => {
      const declared = (argument: GraphQLArgument) => `$${argument.name}: ${String(argument.type)}`;
      const used = field.args.filter(
        (argument) => isNonNullType(argument.type) || takesIds(argument.type) || argument.name === 'name',
      );
      const leaf =
        'getFields' in getNamedType(field.type) || 'getTypes' in getNamedType(field.type)
          ? '{ __typename ... on UserError { code message } }'
          : '';
      const selection = kind === 'mutation' ? leaf : leaf.replace(' ... on UserError { code message }', '');
      const query = (
        `${kind} (${used.map(declared).join(' ')}) { result: ` +
        `${field.name}(${used.map(({ name }) => `${name}: $${name}`).join(' ')}) ${selection} }`
      )
        .replace('()', '')
        .replace('()', '');
      const rest = Object.fromEntries(
        used
          .filter(({ type: given }) => isNonNullType(given))
          .map((argument) => [argument.name, valueFor(argument.type)]),
      );
      return used.flatMap((argument): Target[] => {
        const input = getNamedType(argument.type);
        if (!isInputObjectType(input))
          return [
            {
              name: `${field.name}(${argument.name})`,
              query,
              variables: (id) => ({ ...rest, [argument.name]: wrapped(argument.type, id) }),
            },
          ];
        return Object.values(input.getFields())
          .filter((one) => takesIds(one.type))
          .map((one) => ({
            name: `${field.name}(${argument.name}.${one.name})`,
            query,
            variables: (id) => ({
              ...rest,
              [argument.name]: {
                ...(rest[argument.name] as object),
                ...freshKey(input.getFields()),
                [one.name]: wrapped(one.type, id),
              },
            }),
          }));
      });
    }),
  );
}

const all = targets().filter(({ name }) => !/^nodes?\(/.test(name));
const nodeTypes = schema.getPossibleTypes(schema.getType('Node') as never).map(({ name }) => name);

/** The only paths that an id may stand in, and the fixed ones that fields need beside. */
const mayHold = [
  /^\/pins\/([^/]+)$/,
  /^\/v2\/payments\/([^/]+)(?:\/(?:approve|complete|cancel))?$/,
  /^\/v2\/ads_network\/status\/([^/]+)$/,
  /^\/users\/([^/]+)$/,
];
const fixed: ReadonlySet<string> = new Set([
  '/pins',
  '/v2/payments',
  '/v2/payments/incomplete_server_payments',
  '/v2/me',
]);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
beforeEach(() => {
  for (const { requests } of [world.acme, world.other, world.pi, world.pool, world.mypit]) requests.length = 0;
});

/** Paths that reached an upstream and do not hold exactly this id, whole and in its place. */
function strangePaths(ids: readonly string[]): string[] {
  return [world.acme, world.other, world.pi, world.pool, world.mypit]
    .flatMap(({ requests }) => requests)
    .flatMap(({ url, path, method }) => {
      const held = mayHold.map((form) => form.exec(path)?.[1]).find((part) => part !== undefined);
      const word = held === undefined ? undefined : decodeURIComponent(held);
      const exact =
        word !== undefined &&
        ids.includes(word) &&
        !['.', '..'].includes(word) &&
        !(path.startsWith('/v2/payments/') && word === 'incomplete_server_payments') &&
        held === encodeURIComponent(word) &&
        url === path;
      const known =
        fixed.has(path) ||
        path.startsWith('/pool/') ||
        (method === 'POST' && world.mypit.requests.some((one) => one.url === url)) ||
        held === 'id';
      return exact || known ? [] : [`${method} ${url}`];
    });
}

type Result = { readonly result?: { readonly __typename: string; readonly code?: string } | null };

/** What an answer says of an id: nothing, or that the input is bad. */
function faultsOf({ data, errors = [] }: GraphAnswer<Result>): string[] {
  const codes = errors.map(({ extensions }) => extensions['code']);
  const fine = codes.every(
    (code) =>
      code === 'BAD_USER_INPUT' ||
      code === 'PROVIDER_DISABLED' ||
      code === 'FORBIDDEN' ||
      code === 'OUTCOME_UNKNOWN' ||
      code === 'UPSTREAM_INVALID_RESPONSE',
  );
  const member = data?.result?.code;
  return [
    ...uncoded({ errors }),
    ...(fine ? [] : codes.map(String)),
    ...(member === undefined || ['BAD_USER_INPUT', 'NOT_FOUND', 'CONFLICT', 'OUTCOME_UNKNOWN'].includes(member)
      ? []
      : [member]),
  ];
}

describe('ids that bend paths', () => {
  it('are tried wherever an id is taken', () => {
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'pin(requestId)',
        'pin(service)',
        'payment(paymentId)',
        'rewardedAd(adId)',
        'removePin(input.requestId)',
        'completePayment(input.txid)',
        'createPayment(input.userUid)',
      ]),
    );
  });

  it.each(all.map((target) => [target.name, target] as const))(
    'as %s reach no other path',
    async (_name, { query, variables }) => {
      for (const id of bent) {
        const answer = await world.ask<Result>(query, variables(id), operatorHeaders);
        expect(faultsOf(answer), JSON.stringify({ id: id.slice(0, 50), answer })).toEqual([]);
        expect(JSON.stringify(answer).length).toBeLessThan(2_000);
      }
      expect(strangePaths(bent)).toEqual([]);
    },
  );

  it.each(nodeTypes)('inside global ids of %s reach no other path', async (typename) => {
    const globalIds = bent
      .filter((id) => id.length < 1_000)
      .flatMap((id) => [
        idOf(typename, id),
        idOf(typename, `acme:${id}`),
        idOf(typename, `${id}:${id}`),
        idOf(`${typename}${id}`, id),
      ]);
    for (let start = 0; start < globalIds.length; start += 50) {
      const answer = await world.ask<{ nodes: unknown[] }>(
        'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }',
        { ids: globalIds.slice(start, start + 50) },
        operatorHeaders,
      );
      expect(faultsOf({ errors: answer.errors ?? [] })).toEqual([]);
      expect(answer.data?.nodes).toHaveLength(Math.min(50, globalIds.length - start));
    }
    // Half a surrogate pair does not survive base64, and an address with colons has some of its own.
    const decoded = [...bent, '\ufffd'];
    expect(
      strangePaths([...decoded, ...decoded.map((id) => `acme:${id}`), ...decoded.map((id) => `${id}:${id}`), '80::80']),
    ).toEqual([]);
  });

  it.each([
    'payment(paymentId: $id)',
    'approvePayment(input: { paymentId: $id })',
    'cancelPayment(input: { paymentId: $id })',
  ])('are refused by %s with nothing sent', async (field) => {
    const kind = field.startsWith('payment') ? 'query' : 'mutation';
    for (const id of bent.filter((one) => !/^[A-Za-z0-9_-]{1,64}$/.test(one) || one === 'incomplete_server_payments')) {
      const answer = await world.ask<{ result: { code?: string } | null }>(
        `${kind} ($id: ID!) { result: ${field} { ${kind === 'query' ? 'state' : '... on UserError { code }'} } }`,
        { id },
        operatorHeaders,
      );
      expect(answer.data?.result?.code ?? answer.errors?.[0]?.extensions['code'], JSON.stringify(id.slice(0, 50))).toBe(
        'BAD_USER_INPUT',
      );
    }
    expect(world.sent()).toBe(0);
  });

  it('never make an error of an absent object, nor an object of an absent listing', async () => {
    const answer = await world.ask(
      '{ poolBlocks { nodes { hash } } poolRound { activeUsers } pin(requestId: "gone") { id } payment(paymentId: "gone") { id } }',
      {},
      operatorHeaders,
    );
    expect(
      answer.errors?.map(({ path, extensions }) => `${path?.join('.')}: ${String(extensions['code'])}`).sort(),
    ).toEqual(['poolBlocks: UPSTREAM_INVALID_RESPONSE', 'poolRound: UPSTREAM_INVALID_RESPONSE']);
    expect(answer.data).toEqual({ poolBlocks: null, poolRound: null, pin: null, payment: null });
  });

  it('are undecodable global ids when they are no base64 of ours', async () => {
    const ids = [
      ...bent.filter((id) => id.length < 1_000),
      'UGlu',
      'UGluOg',
      `${idOf('Pin', 'acme:a')}=`,
      ` ${idOf('Pin', 'acme:a')}`,
      idOf('Query', 'x'),
      idOf('__proto__', 'x'),
      idOf('constructor', 'x'),
      idOf('toString', 'x'),
      idOf('PinConnection', 'x'),
    ];
    const answer = await world.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids }, operatorHeaders);
    expect(answer).toEqual({ data: { nodes: ids.map(() => null) } });
    expect(world.sent()).toBe(0);
  });
});
