import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createDocuments } from '../../src/server/operation/documents.js';
import { createExecutor } from '../../src/server/operation/execution.js';
import { mayCompile } from '../../src/server/operation/compile/may-compile.js';
import { defaultQueryLimits } from '../../src/server/operation/limits.js';
import { createStandIn, post } from './stand-in.js';

const sdl = /* GraphQL */ `
  scalar Any
  interface Named {
    name: String
  }
  enum Colour {
    RED
  }
  type Item implements Named {
    name: String
    must: String!
    self: Item
    colour: Colour
    words: [String!]
    count: Int
    share: Float
  }
  type Query {
    item(id: ID, number: Int, colour: Colour, any: Any): Item
    items: [Item]
    strict: [Item!]
    named: Named
  }
  type Mutation {
    change: Item
  }
`;

function schemaOf() {
  const schema = buildSchema(sdl);
  const fields = schema.getQueryType()?.getFields();
  const bad = () => Promise.reject(new Error('bad'));
  const good = (name: string) => Promise.resolve({ name, must: name });
  Object.assign(fields?.['items'] ?? {}, { resolve: () => [good('a'), bad(), good('c'), new Error('worse'), null] });
  Object.assign(fields?.['strict'] ?? {}, { resolve: () => [good('a'), bad()] });
  Object.assign(fields?.['item'] ?? {}, {
    resolve: (_root: unknown, args: object) => ({
      name: JSON.stringify(args),
      must: null,
      self: { name: 'self', must: 'm' },
      colour: 'RED',
      words: ['a', null],
      count: 2 ** 31,
      share: NaN,
    }),
  });
  return schema;
}

describe('what may be compiled', () => {
  const schema = buildSchema(sdl);
  const may = (text: string) => {
    const document = parse(text);
    expect(validate(schema, document)).toEqual([]);
    const operation = getOperationAST(document);
    return operation !== null && operation !== undefined && mayCompile(schema, document, operation);
  };

  it.each([
    '{ item { name } }',
    'query ($id: ID!) { item(id: $id, number: 3, colour: RED) { __typename name self { name } } }',
    '{ ...F } fragment F on Query { items { name } }',
  ])('%s may', (text) => expect(may(text)).toBe(true));

  it.each([
    [
      'a string, which would stand in the program',
      '{ item(id: "__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d0);process.exit(1") { name } }',
    ],
    ['a block string', '{ item(id: """x""") { name } }'],
    ['a default that is a string', 'query ($id: ID = "x") { item(id: $id) { name } }'],
    ['an object, whose names are free', '{ item(any: { __proto__: 1 }) { name } }'],
    ['a name with two underscores', '{ __proto__: item { name } }'],
    ['another name for __typename', '{ item { x: __typename } }'],
    ['a default where null may not stand', 'query ($n: Int! = 2) { item(number: $n) { name } }'],
    [
      'a variable named as a property of every object',
      'query ($constructor: Int) { item(number: $constructor) { name } }',
    ],
    ['an alias named so', '{ toString: item { name } }'],
    ['a directive', 'query ($no: Boolean!) { item { name @skip(if: $no) } }'],
    ['an interface', '{ named { name } }'],
    ['a fragment on an interface', '{ item { ... on Named { name } } }'],
    ['a mutation', 'mutation { change { name } }'],
    ['a question about the schema', '{ __schema { queryType { name } } }'],
  ])('%s may not', (_what, text) => expect(may(text)).toBe(false));
});

describe('compiled and interpreted answers', () => {
  it.each([
    ['{ items { name } }', {}],
    ['{ strict { name } }', {}],
    ['{ item { name must } }', {}],
    ['{ item { name colour words } }', {}],
    ['{ item { name count } }', {}],
    ['{ item { self { name } share } }', {}],
    ['{\n  item {\n    self { name must }\n    must\n  }\n}', {}],
    [
      'query ($id: ID, $any: Any, $n: Int = 4) { item(id: $id, any: $any, number: $n) { name } }',
      { id: 7, any: JSON.parse('{"__proto__":{"a":1},"b":[1,null]}') as object },
    ],
    ['query ($colour: Colour) { one: item(colour: $colour) { name } two: item { __typename } }', { colour: 'RED' }],
  ])('are the same for %s', async (text, variables) => {
    const answers = await Promise.all(
      [true, false].map(async (jit) => {
        const schema = schemaOf();
        const documents = createDocuments({ schema, limits: defaultQueryLimits, hideSuggestions: true });
        const executor = createExecutor(schema, jit);
        const prepared = documents.prepare(text, () => false);
        const operation = prepared.document === null ? undefined : prepared.operation(null);
        if (prepared.document === null || operation === undefined) throw new Error('no operation');
        const run = () => executor({ document: prepared.document, operation, variables, context: {} });
        for (let uses = 0; uses < 3; uses += 1) await run();
        const { data, errors } = await run();
        expect(operation.compiles).toBe(true);
        const sorted = errors?.map((error) => JSON.stringify(error)).toSorted();
        return JSON.stringify({ data, errors: sorted });
      }),
    );
    expect(answers[0]).toBe(answers[1]);
  });
});

describe('the server with and without compiling', () => {
  it.each([
    'query Q($n: String! = "x") { hello(name: $n) }',
    'query Q($constructor: String) { hello(name: $constructor) }',
  ])('answers %s without variables alike each time', async (query) => {
    const app = createStandIn();
    const answers = [];
    for (let times = 0; times < 4; times += 1) answers.push((await post(app, query)).text);
    expect(new Set(answers).size).toBe(1);
  });

  it.each([true, false])('gives the same answers again and again (%s)', async (jit) => {
    const app = createStandIn({ jit });
    for (let times = 0; times < 4; times += 1) {
      expect(
        (
          await post(
            app,
            'query ($name: String) { hello(name: $name) whoAmI }',
            { name: 'x' },
            { 'x-gateway-key': `k${times}` },
          )
        ).data,
      ).toEqual({ hello: 'hello x', whoAmI: `k${times}` });
      const failed = await post(app, 'query ($how: String!) { hello fail(how: $how) }', { how: 'forbidden' });
      expect(failed.data).toEqual({ hello: 'hello world', fail: null });
      expect(failed.errors).toMatchObject([
        {
          message: 'Not yours.',
          path: ['fail'],
          locations: [{ line: 1, column: 31 }],
          extensions: { code: 'FORBIDDEN' },
        },
      ]);
      const must = await post(app, '{ must }');
      expect([must.data, must.errors[0]?.extensions['code']]).toEqual([null, 'INTERNAL_SERVER_ERROR']);
    }
  });
});
