import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  getNamedType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  Kind,
  parse,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type OperationDefinitionNode,
} from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { withDefaults } from '../../src/cli/operation-prices.js';
import { schema } from '../../src/graph/index.js';
import { priceOf, type OperationPrice } from '../../src/server/operation/price.js';
import { UPSTREAMS, type Bound } from '../../src/values/price.js';
import { operatorHeaders } from '../support/create-test-app.js';
import { documentedOperations, startCountedSandbox, type CountedSandbox } from '../support/graph-operations.js';
import { closeAfterAll, closeLater, cids } from '../support/graph-pins.js';
import { foreignServer, foreignServers } from '../support/foreign-pinning.js';
import { randomVariables, textsUnder } from '../support/random-variables.js';
import { readEverything, readMore, readVariables } from './every-operation.js';
import { unclear } from './faults.js';
import { startFaultySandbox } from './faulty-sandbox.js';
import { startGateway } from './support.js';

closeAfterAll();

const examples = parse(readFileSync(new URL('../../examples/operations/payments.graphql', import.meta.url), 'utf8'));
const shipped = [
  ...documentedOperations().map(({ name, text, variables }) => ({ name, text, variables, ...only(parse(text)) })),
  ...operationsOf(examples).map((operation) => ({
    name: operation.name?.value ?? '',
    text: textOf(operation),
    variables: {},
    operation,
    document: examples,
  })),
];

function operationsOf({ definitions }: DocumentNode): OperationDefinitionNode[] {
  return definitions.filter((one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION);
}

function only(document: DocumentNode) {
  const [operation] = operationsOf(document);
  if (!operation) throw new Error('no operation');
  return { operation, document };
}

function textOf({ loc }: OperationDefinitionNode): string {
  return loc?.source.body.slice(loc.start, loc.end) ?? '';
}

function priced(document: DocumentNode, operation: OperationDefinitionNode, variables: Record<string, unknown>) {
  const fragments = document.definitions.filter(
    (one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION,
  );
  return priceOf(operation, {
    schema,
    fragment: (name) => fragments.find((fragment) => fragment.name.value === name),
    variables: withDefaults(operation, variables),
  });
}

/** Holds what was counted against the price. */
function expectWithin(counted: Readonly<Record<string, number>>, { upstreams }: OperationPrice, which: keyof Bound) {
  const over = UPSTREAMS.filter((upstream) => (counted[upstream] ?? 0) > (upstreams[upstream]?.[which] ?? 0));
  expect(over.map((upstream) => [upstream, counted[upstream], upstreams[upstream]])).toEqual([]);
  expect(Object.keys(counted).filter((name) => !UPSTREAMS.some((upstream) => upstream === name))).toEqual([]);
}

describe('the price of an operation', () => {
  let graph: CountedSandbox;
  const cursors: string[] = [];
  const ids = [...new Set(shipped.flatMap(({ variables }) => textsUnder(variables, /id$|ids$|^\d+$/i)))];

  beforeAll(async () => {
    graph = await startCountedSandbox({ PAYOUT_MAX_PER_CALL: '10', PAYOUT_MAX_PER_DAY: '100' });
  });

  it.each(shipped.map((one) => [one.name, one] as const))(
    '%s: no less than what is counted, whatever its variables',
    async (_name, { text, operation, document, variables }) => {
      const ask = async (given: Record<string, unknown>): Promise<void> => {
        graph.reset();
        if (operation.operation === 'subscription') {
          const events = graph.subscribe(text, given, { ...graph.sandbox.headers });
          await events.next();
          await events.return(undefined);
        } else {
          cursors.push(...textsUnder((await graph.ask(text, given)).data, /cursor$/i));
        }
        expectWithin(graph.calls, priced(document, operation, given), 'documented');
      };
      await ask(variables);
      const random = randomVariables(operation, { ids, cursors: cursors.length > 0 ? cursors : ['none'] });
      await fc.assert(fc.asyncProperty(random, ask), { numRuns: 12 });
    },
  );
});

/** What the log says that the last operation cost, by upstream. */
function callsIn(log: readonly string[]): Record<string, number> {
  const counted: Record<string, number> = {};
  const { calls = [] } = JSON.parse(log.findLast((line) => line.includes('"event":"operation"')) ?? '{}') as {
    readonly calls?: readonly string[];
  };
  for (const call of calls) {
    const [, upstream = '', count] = /^([a-z]+).*=(\d+)$/.exec(call) ?? [];
    counted[upstream] = (counted[upstream] ?? 0) + Number(count);
  }
  return counted;
}

/** The variables with a key of this very call, where the operation's input takes one. */
function withKey(operation: OperationDefinitionNode, variables: Record<string, unknown>): Record<string, unknown> {
  const [field] = operation.selectionSet.selections;
  const name = field?.kind === Kind.FIELD ? field.name.value : '';
  const input = schema.getMutationType()?.getFields()[name]?.args[0]?.type;
  const type = input && getNamedType(input);
  if (!isInputObjectType(type) || type.getFields()['idempotencyKey'] === undefined) return variables;
  return { ...variables, input: { ...(variables['input'] as object), idempotencyKey: randomUUID() } };
}

describe('the price of a change', () => {
  const lost = [
    'a reset before any header (6)',
    'HTML with 200 (9)',
    'an empty 200 (11)',
    'wrong types (12)',
    '500 (23)',
  ];

  it.each(lost)('holds where answers are lost and looked for: %s', { timeout: 120_000 }, async (name) => {
    const fault = unclear[name];
    if (!fault) throw new Error('no such fault');
    const world = await startFaultySandbox({ READBACK_DELAY_MS: '1' });
    const mutations = shipped.filter(({ operation }) => operation.operation === 'mutation');
    let counted = 0;
    for (const effect of [true, false]) {
      for (const times of [1, 5]) {
        for (const { text, document, operation, variables } of mutations) {
          world.trouble = { fault, effect, times };
          world.log.length = 0;
          const given = withKey(operation, variables);
          await world.ask(text, given, world.operator);
          const calls = callsIn(world.log);
          counted += Object.values(calls).reduce((sum, count) => sum + count, 0);
          expectWithin(calls, priced(document, operation, given), 'documented');
          // The same key again: what became of it is looked for, or told.
          if (given === variables) continue;
          world.log.length = 0;
          await world.ask(text, given, world.operator);
          expectWithin(callsIn(world.log), priced(document, operation, given), 'documented');
        }
      }
    }
    expect(counted).toBeGreaterThan(50);
  });
});

describe('the price of a listing', () => {
  it.each(Object.entries(foreignServers))('holds at %s', async (_name, traits) => {
    const service = await foreignServer(traits);
    closeLater(() => service.close());
    const contents = Object.values(cids);
    for (let index = 0; index < 150; index += 1)
      service.put(
        { cid: contents[index % contents.length] ?? '', name: `n${index % 7}` },
        1_700_000_000_000 + index * 700,
        'pinned',
      );
    const world = await startGateway({
      PINNING_SERVICES: 'odd',
      PINNING_ODD_URL: service.url,
      PINNING_ODD_TOKEN: 'token-of-the-server',
    });
    const text =
      'query ($first: Int, $last: Int, $after: String, $before: String, $filter: PinFilter) { pins(first: ' +
      '$first, last: $last, after: $after, before: $before, filter: $filter) { totalCount edges { cursor ' +
      'node { id } } pageInfo { hasNextPage hasPreviousPage } } }';
    const { document, operation } = only(parse(text));
    const cursors = ['none'];
    const ask = async (given: Record<string, unknown>): Promise<void> => {
      world.log.length = 0;
      const answer = await world.ask(text, given, operatorHeaders);
      cursors.push(...textsUnder(answer.data, /cursor$/));
      expectWithin(callsIn(world.log), priced(document, operation, given), 'most');
    };
    await ask({ first: 20 });
    await fc.assert(fc.asyncProperty(randomVariables(operation, { ids: ['n1', 'n2'], cursors }), ask), { numRuns: 60 });
  });
});

describe('a field', () => {
  const fields = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !isIntrospectionType(type))
    .flatMap((type) =>
      isObjectType(type)
        ? Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const)
        : [],
    );

  it('that takes the context says what it costs', () => {
    const silent = fields.filter(([, { extensions }]) => {
      const { resolve, subscribe: open } = extensions['pothosOptions'] as Resolvers;
      return extensions['price'] === undefined && ((resolve?.length ?? 0) > 2 || open !== undefined);
    });
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('that calls an upstream says so, also when its object makes the call', async () => {
    const calling = new Map<string, number>();
    const resolving = new AsyncLocalStorage<string>();
    const note = (): void => {
      const name = resolving.getStore();
      if (name !== undefined) calling.set(name, (calling.get(name) ?? 0) + 1);
    };
    const restore = fields.map(([name, field]) => wrapResolver(name, field, resolving));
    subscribe('undici:request:create', note);
    try {
      const graph = await startCountedSandbox({ PAYOUT_MAX_PER_CALL: '10', PAYOUT_MAX_PER_DAY: '100' });
      for (const { text, operation, variables } of shipped)
        if (operation.operation !== 'subscription') await graph.ask(text, variables);
      await graph.ask(readEverything, readVariables);
      await graph.ask(readMore);
      await graph.ask('{ providers { reachable } node(id: "UGluOmE6Yg==") { id } }');
    } finally {
      unsubscribe('undici:request:create', note);
      for (const back of restore) back();
      // For as long as one of these is in use, every promise of this process costs more.
      resolving.disable();
    }
    expect(calling.size).toBeGreaterThan(25);
    const silent = fields.filter(([name, { extensions }]) => calling.has(name) && isFree(extensions));
    expect(silent.map(([name]) => name)).toEqual([]);
  });
});

interface Resolvers {
  readonly resolve?: (...args: never[]) => unknown;
  readonly subscribe?: unknown;
}

function isFree({ price, paidBy }: Readonly<Record<string, unknown>>): boolean {
  return paidBy === undefined && (price === undefined || (Array.isArray(price) && price.length === 0));
}

/** Lets calls know the field that they are made for; answers how to put it back. */
function wrapResolver(name: string, field: GraphQLField<unknown, unknown>, resolving: AsyncLocalStorage<string>) {
  const { resolve } = field;
  if (resolve) field.resolve = (...args) => resolving.run(name, () => resolve(...args));
  return () => {
    if (resolve) field.resolve = resolve;
  };
}
