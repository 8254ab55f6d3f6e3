import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createStandIn, post } from './stand-in.js';
import { spentOn } from '../support/spent-on.js';

const app = createStandIn();
const closed = createStandIn({ introspection: false });
const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');
const nested = (depth: number) =>
  `{ pin(requestId: "1") ${times(depth - 2, () => '{ parent')} { id } ${'}'.repeat(depth - 1)}`;

async function codes(query: string, to = app): Promise<readonly unknown[]> {
  return (await post(to, query)).errors.map(({ extensions }) => extensions['code']);
}

describe('limits of a document', () => {
  it.each([
    ['depth', nested(8), nested(9)],
    [
      'aliases',
      `{ pin(requestId: "1") { ${times(15, (i) => `a${i}: id`)} } }`,
      `{ pin(requestId: "1") { ${times(16, (i) => `a${i}: id`)} } }`,
    ],
    ['root fields', `{ ${times(10, (i) => `a${i}: hello`)} }`, `{ ${times(11, (i) => `a${i}: hello`)} }`],
    ['tokens', `{ hello(name: """${'x '.repeat(2_000)}""") }`, `{ pin(requestId: "1") { ${times(800, () => 'id')} } }`],
    [
      'directives',
      `{ pin(requestId: "1") { ${times(20, () => 'id @skip(if: false)')} } }`,
      `{ pin(requestId: "1") { ${times(21, () => 'id @skip(if: false)')} } }`,
    ],
    [
      'repeats',
      `{ pin(requestId: "1") { ${times(50, () => 'id')} } }`,
      `{ pin(requestId: "1") { ${times(51, () => 'id')} } }`,
    ],
    [
      'aliases in fragments',
      `{ ...F } fragment F on Query { a: hello }`,
      `{ ...F ...G } fragment F on Query { ${times(5, () => '...H')} } fragment G on Query { x: hello } ` +
        'fragment H on Query { pin(requestId: "1") { a: id b: id c: id d: id } }',
    ],
    [
      'repeats in fragments',
      '{ ...F } fragment F on Query { pin(requestId: "1") { id } }',
      `{ pin(requestId: "1") { ${times(26, () => '...F ... { id }')} } } fragment F on Pin { id }`,
    ],
  ])('%s: the last that fits passes, the next is BAD_USER_INPUT', async (_name, fits, breaks) => {
    expect(await codes(fits)).toEqual([]);
    expect(new Set(await codes(breaks))).toEqual(new Set(['BAD_USER_INPUT']));
  });

  it('holds for subscriptions', async () => {
    expect(await codes(`subscription { ${times(16, (i) => `a${i}: count`)} }`)).toContain('BAD_USER_INPUT');
  });

  it('is quick with fragments that multiply each other, and with cycles', async () => {
    const bomb = `{ ...F0 } ${times(60, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F60 on Query { hello }`;
    const cycle = '{ ...A } fragment A on Query { hello ...B } fragment B on Query { hello ...A }';
    const { value, ms } = await spentOn(async () => [await codes(bomb), await codes(cycle)]);
    expect(value[0]).toContain('BAD_USER_INPUT');
    expect(value[1]).toContain('GRAPHQL_VALIDATION_FAILED');
    expect(ms).toBeLessThan(500);
  });

  it('never runs an overlapping-fields check on hundreds of equal fields', async () => {
    const many = `{ ${times(10, () => `pin(requestId: "1") { ${times(70, () => 'id')} }`)} }`;
    expect((await spentOn(() => codes(many))).ms).toBeLessThan(200);
  });

  it('exempts introspection from depth and tokens, for those who may', async () => {
    const full = getIntrospectionQuery({
      inputValueDeprecation: true,
      specifiedByUrl: true,
      schemaDescription: true,
      directiveIsRepeatable: true,
    });
    expect(await codes(full)).toEqual([]);
    const long = `{ __schema { ${times(49, () => 'types { name kind fields { name } inputFields { name } enumValues { name } }')} } }`;
    expect(await codes(long)).toEqual([]);
    expect(await codes(full, closed)).toContain('GRAPHQL_VALIDATION_FAILED');
    expect(await codes(long, closed)).toEqual(['BAD_USER_INPUT']);
    expect(await codes(long.replace('{ __schema', '{ hello __schema'))).toEqual(['BAD_USER_INPUT']);
  });
});

it('tells once how the schema may be read, to whoever may not', async () => {
  const { errors } = await post(closed, '{ __schema { types { name fields { name type { name } } } } }');
  expect(errors).toHaveLength(1);
  expect(errors[0]?.message).toMatch(/introspection has been disabled.*schema:read.*INTROSPECTION=on/);
});
