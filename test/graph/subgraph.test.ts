import { readFileSync } from 'node:fs';
import {
  buildASTSchema,
  getNamedType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  Kind,
  parse,
  print,
  type GraphQLSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.js';
import { schema } from '../../src/graph/index.js';
import { encodeGlobalId } from '../../src/graph/node-type.js';
import { asSubgraph, subgraphSdl } from '../../src/graph/subgraph.js';
import { priceOf } from '../../src/server/operation/price.js';
import type { Settings } from '../../src/settings.js';
import { UPSTREAMS } from '../../src/values/price.js';
import { gatewayKey } from '../support/create-test-app.js';
import { startCountedSandbox } from '../support/graph-operations.js';
import { closeAfterEach, codesIn } from '../support/graph-pins.js';

closeAfterEach();

const nodeTypes = (of: GraphQLSchema) => {
  const node = of.getType('Node');
  return isInterfaceType(node)
    ? of
        .getPossibleTypes(node)
        .map(({ name }) => name)
        .toSorted()
    : [];
};
const ENTITIES = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Node { id } } }';
const open = (settings: Settings = {}) => startCountedSandbox({ SUBGRAPH: 'on', ...settings });

interface Found {
  readonly _entities: readonly ({ readonly __typename: string; readonly id: string } | null)[];
}

describe('the graph as a subgraph', () => {
  it('has a key for each node, shares the information on pages, and is written down', () => {
    const sdl = subgraphSdl(schema);
    expect(sdl, 'run npm run codegen').toBe(`${readFileSync('schema/subgraph.graphql', 'utf8').trimEnd()}\n`);
    const keyed = [...sdl.matchAll(/^type (\w+) implements Node @key\(fields: "id"\)/gm)].map(([, name = '']) => name);
    expect(keyed.toSorted()).toEqual(nodeTypes(schema));
    expect(sdl.match(/@shareable/g)).toHaveLength(2);
    expect(sdl).toContain('type PageInfo @shareable {');
    const bare = parse(sdl.replaceAll(/ ?@(key|shareable|link)\([^\n]*\)/g, '').replaceAll(' @shareable', ''));
    expect(Object.keys(buildASTSchema(bare).getTypeMap()).toSorted()).toEqual(
      Object.keys(schema.getTypeMap()).toSorted(),
    );
  });

  it('is the same graph but for two fields, each with its words', () => {
    const subgraph = asSubgraph(schema);
    const names = (of: GraphQLSchema) =>
      Object.values(of.getTypeMap())
        .filter((type) => isObjectType(type) && !isIntrospectionType(type))
        .flatMap((type) =>
          isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
        );
    const before = new Set(names(schema));
    expect(names(subgraph).filter((name) => !before.has(name))).toEqual(
      expect.arrayContaining(['Query._entities', 'Query._service', '_Service.sdl']),
    );
    expect(names(subgraph)).toHaveLength(before.size + 3);
    for (const name of ['_entities', '_service']) {
      const field = subgraph.getQueryType()?.getFields()[name];
      expect(field?.description).toMatch(/^[A-Z].*\.$/);
      expect(field && getNamedType(field.type)).toHaveProperty('description', expect.stringMatching(/^[A-Z].*\.$/));
      expect(field?.extensions['price']).toBeDefined();
    }
  });

  it('is served where SUBGRAPH is on, and nowhere else', async () => {
    const on = await open();
    const { data } = await on.ask<{ _service: { sdl: string } }>('{ _service { sdl } }');
    expect(print(parse(data?._service.sdl ?? ''))).toBe(print(parse(subgraphSdl(schema))));
    const off = await startCountedSandbox();
    expect(codesIn(await off.ask('{ _service { sdl } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(codesIn(await off.ask(ENTITIES, { r: [] }))).toContain('GRAPHQL_VALIDATION_FAILED');
  });

  it('tells its definition only to those who may read the schema', async () => {
    const key = gatewayKey('schema:read+pin:read', 'composer', 'composer');
    const graph = await open({ INTROSPECTION: 'off', GATEWAY_KEYS: key });
    for (const text of ['{ _service { sdl } }', '{ ...s } fragment s on Query { a: _service { sdl } }']) {
      expect(codesIn(await graph.query(text, {}, {}))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
      expect((await graph.query(text, {}, { 'x-gateway-key': 'composer' })).errors).toBeUndefined();
      expect(codesIn(await graph.query(text, {}, {}))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    }
  });

  it('cannot be on where only listed documents are answered', () => {
    const problems = (settings: Settings) => {
      try {
        readConfig({ PI_API_KEY: 'k', STATE_DIR: 'memory', TRUSTED_DOCUMENTS: 'x', ...settings });
        return [];
      } catch (error) {
        return error instanceof ConfigError ? error.problems.map((line) => line.split(':')[0]) : [error];
      }
    };
    expect(problems({ SUBGRAPH: 'on', TRUSTED_ONLY: 'on' })).toEqual(['SUBGRAPH']);
    expect(problems({ SUBGRAPH: 'on' })).toEqual([]);
    expect(problems({ SUBGRAPH: 'yes' })).toEqual(['SUBGRAPH']);
    expect(problems({ SUBGRAPHS: 'on' })).toEqual(['SUBGRAPHS']);
  });
});

describe('objects that other graphs refer to', () => {
  it('are those of node, read by the same calls', async () => {
    const graph = await open();
    const { data } = await graph.ask<Record<string, { nodes: readonly { id: string }[] }>>(
      '{ pins(first: 2) { nodes { id } } badgeTemplates(first: 8) { nodes { id } } holders(first: 8) { nodes { id } } }',
    );
    const ids = Object.values(data ?? {}).flatMap(({ nodes }) => nodes.map(({ id }) => id));
    expect(ids.length).toBeGreaterThan(8);
    const typeOf = (id: string) => Buffer.from(id, 'base64').toString('utf8').split(':')[0] ?? '';
    graph.reset();
    const nodes = await graph.ask<{ nodes: object[] }>('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', {
      ids,
    });
    const callsOfNodes = { ...graph.calls };
    graph.reset();
    const r = ids.map((id) => ({ __typename: typeOf(id), id }));
    const entities = await graph.ask<Found>(ENTITIES, { r });
    expect(entities.errors).toBeUndefined();
    expect(entities.data?._entities).toEqual(nodes.data?.nodes);
    for (const [provider, calls] of Object.entries(graph.calls))
      expect(calls).toBeLessThanOrEqual(callsOfNodes[provider] ?? 0);
    const { definitions } = parse(ENTITIES);
    const [operation] = definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
    const price = priceOf(operation, {
      schema: asSubgraph(schema),
      fragment: () => undefined,
      variables: new Map([['r', r]]),
    });
    for (const upstream of UPSTREAMS)
      expect(graph.calls[upstream] ?? 0).toBeLessThanOrEqual(price.upstreams[upstream]?.documented ?? 0);
    // Fewer calls than objects: they are read together.
    expect(graph.calls['mypit']).toBeLessThan(ids.length - 2);
  });

  it('can be written into the document too', async () => {
    const graph = await open();
    const id = encodeGlobalId('Pin', 'sandbox:4e522407-85e3-80be-abbc-cc4c27d699ef');
    const answer = await graph.ask<Found>(
      `{ _entities(representations: [{ __typename: "Pin", id: "${id}" }]) { __typename ... on Pin { id name } } }`,
    );
    expect(answer).toMatchObject({ data: { _entities: [{ __typename: 'Pin', id }] } });
  });

  it('are refused to whoever has no right to them, each at its place, and nothing is called', async () => {
    const graph = await open();
    const r = nodeTypes(schema).map((name) => ({
      __typename: name,
      id: encodeGlobalId(name, name === 'Pin' ? 'sandbox:a' : 'a1'),
    }));
    graph.reset();
    const { data, errors = [] } = await graph.query<Found>(ENTITIES, { r }, {});
    expect(data?._entities).toEqual(r.map(() => null));
    const refused = errors
      .filter(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED')
      .map(({ path }) => path?.[1]);
    // What everybody may see of the pool is no secret.
    const shown = r.flatMap(({ __typename: name }, index) => (name === 'PoolBlock' ? [index] : []));
    expect(new Set(refused)).toEqual(new Set([...r.keys()].filter((index) => !shown.includes(index))));
    expect(Object.keys(graph.calls).filter((name) => name !== 'bitminter')).toEqual([]);
  });

  it('are null where there is none, or one of another type', async () => {
    const graph = await open();
    const pin = encodeGlobalId('Pin', 'sandbox:4e522407-85e3-80be-abbc-cc4c27d699ef');
    const r = [
      { __typename: 'Pin', id: encodeGlobalId('Pin', 'sandbox:00000000-0000-4000-8000-000000000000') },
      { __typename: 'Holder', id: pin },
      { __typename: 'Query', id: pin },
      { __typename: '__proto__', id: pin },
      { __typename: 'Pin', id: 'no id' },
    ];
    expect(await graph.ask<Found>(ENTITIES, { r })).toEqual({ data: { _entities: [null, null, null, null, null] } });
  });

  it('are told what is wrong with a representation at its place, and cost their neighbours nothing', async () => {
    const graph = await open();
    const id = encodeGlobalId('Pin', 'sandbox:4e522407-85e3-80be-abbc-cc4c27d699ef');
    const r = [{ __typename: 'Pin' }, 'Pin', [], { __typename: 'Pin', id: 7 }, { __typename: 'Pin', id }];
    const { data, errors = [] } = await graph.ask<Found>(ENTITIES, { r });
    expect(data?._entities.map((each) => each !== null)).toEqual([false, false, false, false, true]);
    expect(errors.map(({ path, extensions }) => [path?.[1], extensions['code']])).toEqual(
      [0, 1, 2, 3].map((index) => [index, 'BAD_USER_INPUT']),
    );
  });

  it('are at most a hundred at a time, and count towards what one operation may cost', async () => {
    const graph = await open();
    const one = { __typename: 'Pin', id: 'x' };
    expect(codesIn(await graph.ask(ENTITIES, { r: Array.from({ length: 101 }, () => one) }))).toEqual([
      'BAD_USER_INPUT',
    ]);
    const badges = '{ ... on IssuedBadge { template { id } recipient { id } } }';
    const text = `query ($r: [_Any!]!) { a: _entities(representations: $r) ${badges} b: _entities(representations: $r) ${badges} }`;
    const answer = await graph.ask(text, { r: [] });
    expect(codesIn(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors?.[0]?.message).toContain('500 upstream calls');
  });
});
