import {
  GraphQLError,
  GraphQLScalarType,
  Kind,
  buildSchema,
  isObjectType,
  isScalarType,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
import { GatewayError } from '../../src/errors.js';
import { silentLogger } from '../../src/log.js';
import { createViewers } from '../../src/access/viewer.js';
import { callerCredentials } from '../../src/providers/registry.js';
import type { ContextInput, ServerApp, ServerOptions } from '../../src/server/options.js';
import { unwatchDeparture, watchDeparture, type Presence } from '../../src/values/departure.js';
import { createServerApp } from '../../src/server/server.js';

const sdl = /* GraphQL */ `
  scalar CID
  input PinFilter {
    cids: [CID!]
    name: String
    limit: Int
  }
  enum Status {
    QUEUED
    PINNED
  }
  type Pin {
    id: ID!
    status: Status!
    parent: Pin
    nested(filter: PinFilter): Pin
  }
  type Query {
    hello(name: String): String
    pin(requestId: ID!, cid: CID): Pin
    pins(filter: PinFilter): [Pin!]
    must: String!
    fail(how: String!): String
    wait: String
    whoAmI: String
  }
  type Mutation {
    add(cid: CID!): Pin
    slow: String
  }
  type Subscription {
    "Counts from 1 to the given number, then completes."
    count(to: Int! = 3): Int
    "Three events, far enough apart to be seen one by one."
    ticks: Int
    "Says hello once and then waits for ever."
    forever: String
    broken: Int
    refused: Int
  }
`;

/** A secret that must never be seen in any answer. */
export const canary = 'canary-4711';

/** What happened in the stand-in: operations whose signal was aborted, streams that were returned. */
export interface Events {
  readonly aborted: string[];
  readonly returned: string[];
  /** Streams without an end that were begun and not returned. */
  readonly endless: number;
  readonly contexts: ContextInput[];
  /** Ends all `wait` and `slow` fields. */
  release(): void;
  readonly waiting: number;
}

export interface StandIn extends ServerApp {
  readonly events: Events;
}

/** A small schema with every kind of behaviour that the server has to deal with. */
function standInSchema(state: ReturnType<typeof createState>): GraphQLSchema {
  const schema = buildSchema(sdl);
  const resolvers: Record<string, Record<string, GraphQLFieldResolver<unknown, ContextInput>>> = {
    Query: {
      hello: (_root, { name }) => `hello ${String(name ?? 'world')}`,
      pin: (_root, { requestId }) => ({ id: String(requestId), status: 'QUEUED', parent: null }),
      pins: () => [],
      must: () => null,
      fail: (_root, { how }) => {
        if (how === 'forbidden') throw new GatewayError('FORBIDDEN', 'Not yours.');
        if (how === 'graphql')
          throw new GraphQLError('Too much.', { extensions: { code: 'TOO_MANY_REQUESTS', retryable: true } });
        throw new Error(canary);
      },
      wait: (_root, _args, context) => state.wait('wait', context.signal),
      whoAmI: (_root, _args, context) => context.header('x-gateway-key'),
    },
    Mutation: {
      add: () => ({ id: '1', status: 'QUEUED' }),
      slow: () => state.wait('slow', new AbortController().signal),
    },
  };
  const sources: Record<string, (args: Record<string, unknown>, context: ContextInput) => AsyncIterable<unknown>> = {
    count: async function* ({ to }) {
      for (let number = 1; number <= Number(to); number += 1) yield { count: number };
    },
    ticks: async function* () {
      for (let number = 1; number <= 3; number += 1) {
        yield { ticks: number };
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
    },
    forever: (_args, context) => state.forever(context.signal),
    broken: async function* () {
      yield { broken: 1 };
      throw new Error(canary);
    },
    refused: () => {
      throw new GatewayError('UNAUTHENTICATED', 'Say who you are.');
    },
  };
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) continue;
    for (const [name, resolve] of Object.entries(fields)) Object.assign(type.getFields()[name] ?? {}, { resolve });
  }
  const subscription = schema.getSubscriptionType()?.getFields() ?? {};
  for (const [name, source] of Object.entries(sources)) {
    const subscribe: GraphQLFieldResolver<unknown, ContextInput> = (_root, args, context) => source(args, context);
    Object.assign(subscription[name] ?? {}, { subscribe });
  }
  const cid = schema.getType('CID');
  if (isScalarType(cid)) Object.assign(cid, cidScalar());
  return schema;
}

function cidScalar() {
  const parseValue = (value: unknown) => {
    if (typeof value === 'string' && /^(Qm|bafy)\w*$/.test(value)) return value;
    throw new GraphQLError('This is not a CID.', { extensions: { code: 'BAD_USER_INPUT' } });
  };
  const scalar = new GraphQLScalarType({
    name: 'CID',
    parseValue,
    parseLiteral: (node) => parseValue(node.kind === Kind.STRING ? node.value : null),
  });
  return { parseValue: scalar.parseValue, parseLiteral: scalar.parseLiteral };
}

function createState() {
  const waiting = new Set<() => void>();
  const state = {
    aborted: [] as string[],
    returned: [] as string[],
    endless: 0,
    contexts: [] as ContextInput[],
    get waiting() {
      return waiting.size;
    },
    release() {
      for (const go of waiting) go();
      waiting.clear();
    },
    wait(name: string, signal: Presence): Promise<string> {
      return new Promise((resolve, reject) => {
        const waiter = {
          depart(reason: unknown) {
            state.aborted.push(name);
            reject(reason);
          },
        };
        waiting.add(() => {
          unwatchDeparture(signal, waiter);
          resolve('done');
        });
        watchDeparture(signal, waiter);
      });
    },
    forever(signal: Presence): AsyncIterable<unknown> {
      let first = true;
      state.endless += 1;
      watchDeparture(signal, { depart: () => void state.aborted.push('forever') });
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            if (!first) return new Promise<IteratorResult<unknown>>(() => {});
            first = false;
            return Promise.resolve({ done: false, value: { forever: 'hello' } });
          },
          return: () => {
            state.endless -= 1;
            state.returned.push('forever');
            return Promise.resolve({ done: true, value: undefined });
          },
        }),
      };
    },
  };
  return state;
}

/** The gateway's own: sharing, `Vary` and CORS are tested with them. */
export const credentials = createViewers(callerCredentials(), []);

/** Masks as the real gateway does: known refusals keep their code and text, all else is hidden. */
export function maskError(error: unknown, requestId: string): GraphQLError {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (original instanceof GatewayError) {
    return new GraphQLError(original.message, { extensions: { code: original.code, retryable: false, requestId } });
  }
  return new GraphQLError('Something went wrong here.', {
    extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false, requestId },
  });
}

/** The server around the stand-in schema. */
export function createStandIn(overrides: Partial<ServerOptions> = {}): StandIn {
  const state = createState();
  const app = createServerApp({
    schema: standInSchema(state),
    createContext: (input) => {
      state.contexts.push(input);
      return { ...input };
    },
    maskError,
    log: silentLogger,
    credentials,
    operations: [
      { name: 'greet', text: 'query Greet {\n  hello(name: "tab")\n}\n', variables: '{}' },
      { name: 'count', text: 'subscription Count {\n  count(to: 3)\n}\n', variables: '{}' },
    ],
    graphiql: true,
    introspection: true,
    corsOrigins: [],
    maxBodyBytes: 262_144,
    production: false,
    ready: () => true,
    ...overrides,
  });
  return { ...app, events: state };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: readonly unknown[];
    readonly extensions: Record<string, unknown>;
  }[];
  readonly text: string;
}

/** Posts one operation through the app's own seam. */
export async function post(
  app: ServerApp,
  query: string,
  variables?: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const request = new Request('http://headgate/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return readAnswer(await app.fetch(request));
}

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = text.startsWith('{') ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, data: body.data, errors: body.errors ?? [], text };
}
