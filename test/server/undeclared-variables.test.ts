import { buildSchema, parse, type OperationDefinitionNode } from 'graphql';
import { expect, it } from 'vitest';
import { declaredValues } from '../../src/server/operation/input-errors.js';

const schema = buildSchema('type Query { a(b: Int, c: String): Int }');
const { definitions } = parse('query ($b: Int, $c: String) { a(b: $b, c: $c) }');
const operation = definitions[0] as OperationDefinitionNode;

it('keeps the values of declared variables, and nothing else that came along', () => {
  const values = { b: 1, more: 'x'.repeat(1_000), constructor: 2 };
  expect(declaredValues({ schema, operation, values })).toEqual({ b: 1 });
  const exact = { b: 1, c: 'text' };
  expect(declaredValues({ schema, operation, values: exact })).toBe(exact);
});
