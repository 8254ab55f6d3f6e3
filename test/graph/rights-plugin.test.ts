import SchemaBuilder from '@pothos/core';
import { parse, subscribe, graphql, type GraphQLSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { guardedBy } from '../../src/graph/rights-plugin.js';
import type { Access } from '../../src/access/access.js';

type Check = (access: Access) => unknown;
const kinds = ['query', 'mutation', 'subscription'] as const;
type Kind = (typeof kinds)[number];

/** A schema with one root field of a kind; `ran` counts how often it ran. */
function schemaWith(kind: Kind, extensions: { check?: Check }): { schema: GraphQLSchema; ran: () => number } {
  let count = 0;
  const run = (): string => {
    count += 1;
    return 'it';
  };
  const builder = new SchemaBuilder({ plugins: ['rights'] });
  builder.queryType({ fields: (t) => ({ other: t.string({ extensions: { check: () => true }, resolve: () => '' }) }) });
  if (kind === 'query') builder.queryField('it', (t) => t.string({ extensions, resolve: run }));
  else if (kind === 'mutation')
    builder.mutationType({ fields: (t) => ({ it: t.string({ extensions, resolve: run }) }) });
  else
    builder.subscriptionType({
      fields: (t) => ({
        it: t.string({
          extensions,
          subscribe: async function* () {
            yield await Promise.resolve(run());
          },
          resolve: (event) => String(event),
        }),
      }),
    });
  return { schema: builder.toSchema(), ran: () => count };
}

/** What the field answers, or the first word of why not. */
async function ask(kind: Kind, schema: GraphQLSchema): Promise<unknown> {
  const contextValue = { access: {} };
  const source = `${kind} { it }`;
  if (kind !== 'subscription') {
    const { data, errors } = await graphql({ schema, source, contextValue });
    return errors?.[0]?.message ?? data?.['it'];
  }
  const events = await subscribe({ schema, document: parse(source), contextValue });
  if (!(Symbol.asyncIterator in events)) return events.errors?.[0]?.message;
  for await (const { data } of events) return data?.['it'];
  return undefined;
}

describe.each(kinds)('a root field of a %s', (kind) => {
  it('without a right cannot be built', () => {
    expect(() => schemaWith(kind, {})).toThrow('it names no right');
  });

  it.each<[string, Check]>([
    [
      'at once',
      () => {
        throw new Error('refused');
      },
    ],
    ['later', () => Promise.reject(new Error('refused'))],
  ])('does not run for whom its right refuses %s', async (_when, check) => {
    const { schema, ran } = schemaWith(kind, { check });
    expect(await ask(kind, schema)).toBe('refused');
    expect(ran()).toBe(0);
  });

  it.each<[string, Check]>([
    ['at once', () => undefined],
    ['later', () => Promise.resolve()],
  ])('runs once for whom its right lets in %s', async (_when, check) => {
    const { schema, ran } = schemaWith(kind, { check });
    expect(await ask(kind, schema)).toBe('it');
    expect(ran()).toBe(1);
  });
});

describe('a field of an object', () => {
  interface Person {
    readonly name: string;
    readonly own: boolean;
  }
  const people: readonly Person[] = [
    { name: 'Mine', own: true },
    { name: 'Theirs', own: false },
  ];

  async function namesFor(check: (access: Access, person: Person) => unknown) {
    const builder = new SchemaBuilder({ plugins: ['rights'] });
    const person = builder.objectRef<Person>('Person').implement({
      fields: (t) => ({ name: t.exposeString('name', { nullable: true, ...guardedBy<Person>(check) }) }),
    });
    const anyone = { extensions: { check: () => true } };
    builder.queryType({ fields: (t) => ({ people: t.field({ type: [person], ...anyone, resolve: () => people }) }) });
    const { data, errors } = await graphql({
      schema: builder.toSchema(),
      source: '{ people { name } }',
      contextValue: { access: {} },
    });
    return { names: data?.['people'], errors: errors?.map(({ message, path }) => [message, path?.join('.')]) };
  }
  const refuse = (own: boolean): true => {
    if (!own) throw new Error('refused');
    return true;
  };

  it.each([
    ['at once', (_access: Access, { own }: Person) => refuse(own)],
    ['later', async (_access: Access, { own }: Person) => refuse(own)],
  ])('is null, with the refusal at its path, where its right refuses %s', async (_when, check) => {
    expect(await namesFor(check)).toEqual({
      names: [{ name: 'Mine' }, { name: null }],
      errors: [['refused', 'people.1.name']],
    });
  });
});
