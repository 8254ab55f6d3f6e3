import { readFileSync, readdirSync } from 'node:fs';
import { isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../src/graph/index.js';
import { registry } from '../src/providers/registry.js';
import { callOfRequest, upstreamCalls } from './support/upstream-calls.js';
import { examples } from './support/upstream-examples.js';

/** What each provider's client can ask of its upstream: the methods of its interface that answer later. */
function operationsOf(provider: string): string[] {
  const source = readFileSync(`src/providers/${provider}/client.ts`, 'utf8');
  const [, methods = ''] = /^export interface \w+Client \{$([\s\S]+?)^\}$/m.exec(source) ?? [];
  return [...methods.matchAll(/^ {2}(\w+)[<(][^;]*\): Promise</gm)].map(([, name = '']) => name);
}

const providers = Object.keys(registry);
const operations = providers.flatMap((provider) =>
  operationsOf(provider).map((operation) => ({ provider, operation, name: `${provider} ${operation}` })),
);

describe('the table from REST call to GraphQL field', () => {
  it('holds every operation of every upstream', () => {
    expect([...new Set(upstreamCalls.map(({ provider }) => provider))].toSorted()).toEqual(providers.toSorted());
    const count = (provider: string) => upstreamCalls.filter((row) => row.provider === provider).length;
    expect(Object.fromEntries(providers.map((provider) => [provider, count(provider)]))).toEqual({
      pi: 8,
      mypit: 13,
      pinning: 5,
      bitminter: 10,
      ledger: 4,
    });
    for (const text of ['README.md', 'schema/upstream/README.md'])
      expect(/\b(\d+) (?:REST calls|operations)\b/.exec(readFileSync(text, 'utf8'))?.[1], text).toBe(
        String(upstreamCalls.length),
      );
  });

  it('has one row for each call that a client makes, and none beside', () => {
    const found = operations.map(({ provider, operation }) => {
      const shown = examples.find((example) => example.provider === provider && example.operation === operation);
      const [path] = shown?.request.path.split('?') ?? [];
      return shown && callOfRequest(provider, `${shown.request.method} ${path}`);
    });
    const without = operations.filter((_operation, index) => found[index] === undefined).map(({ name }) => name);
    expect(without, 'calls of clients that lack an example or a row of the table').toEqual([]);
    const beside = upstreamCalls
      .filter((row) => !found.includes(row))
      .map(({ provider, call }) => `${provider} ${call}`);
    expect(beside, 'rows of the table that no client asks for').toEqual([]);
    expect(new Set(found).size).toBe(operations.length);
  });

  it.each(upstreamCalls.map((row) => [`${row.provider} ${row.call}`, row.fields] as const))(
    '%s has its place in the graph',
    (_call, fields) => {
      expect(fields.length).toBeGreaterThan(0);
      for (const { type, field } of fields) {
        const found = schema.getType(type);
        expect(isObjectType(found) && Object.keys(found.getFields()), `${type}.${field}`).toContain(field);
      }
    },
  );
});

describe("the README's tour", () => {
  it('leads to every operation file and to none that is gone', () => {
    const linked = [...readFileSync('README.md', 'utf8').matchAll(/\(schema\/operations\/([\w-]+\.graphql)\)/g)].map(
      ([, file = '']) => file,
    );
    const files = readdirSync('schema/operations').filter((file) => file.endsWith('.graphql'));
    expect(linked.toSorted()).toEqual(files.toSorted());
  });
});
