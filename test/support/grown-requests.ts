import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

/** One request whose document, or whose variables, hold one argument grown to a size. */
export interface GrownRequest {
  /** Field, path of the argument, what it was grown to, and where it stands. */
  readonly name: string;
  /** Written when it is wanted: all of them would be gigabytes. */
  readonly body: () => string;
}

/** Text of JSON, and of GraphQL, that is put in as it is. */
class Grown {
  constructor(
    readonly json: string,
    readonly literal: string = json,
  ) {}
}

const CID = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';
const samples: Readonly<Record<string, unknown>> = {
  CID,
  ID: 'a1',
  String: 'text',
  Decimal: '1',
  BigInt: '1',
  DateTime: '2025-11-20T09:14:07Z',
  Int: 1,
  Float: 1,
  Boolean: true,
  JSON: {},
  JSONObject: {},
};

const repeat = (text: string, bytes: number): string => text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes);

/** Beginnings and what they go on with: what a reader of some kind of text takes for its own. */
const texts: readonly (readonly [begins: string, goesOn: string, ends?: string])[] = [
  ['z', '2'],
  ['Qm', 'z'],
  ['', '9'],
  ['2025-11-20T09:14:07.', '9', 'Z'],
  ['/ip4/1.2.3.4', '/ip4/1.2.3.4', '/p2p/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKU3nB'],
  ['https://a.example/ipfs/', 'z2'],
  ['k', '2'],
  ['b', 'a'],
  ['m', 'A'],
  ['9', '2'],
  ['-0.', '0', '1'],
  ['1e', '9'],
  ['1', '2'],
  ['did:a:', 'b'],
  ['a@', 'a.'],
  ['', ' '],
  ['UGluOg', 'UGlu'],
  ['c1.', 'UGlu.'],
  ['', '😀'],
  ['', '\ud800'],
  ['', '\\"'],
];

function grownText([begins, goesOn, ends = '']: (typeof texts)[number], bytes: number): string {
  return begins + repeat(goesOn, bytes - begins.length - ends.length) + ends;
}

const wide = (bytes: number, value: string): Grown => {
  const count = Math.floor(bytes / (10 + value.length));
  const keys = Array.from({ length: count }, (_, index) => `k${index}`);
  return new Grown(
    `{${keys.map((key) => `"${key}":${value}`).join()}}`,
    `{${keys.map((key) => `${key}:${value}`).join()}}`,
  );
};
const deep = (bytes: number, open: string, literalOpen: string, close: string): Grown => {
  const levels = Math.floor(bytes / (open.length + close.length));
  const inside = (text: string) =>
    `{${text.includes('"') ? '"a"' : 'a'}:${text.repeat(levels)}1${close.repeat(levels)}}`;
  return new Grown(inside(open), inside(literalOpen).replace('{"a"', '{a'));
};

/** A list of one number, over and over, behind one that has an exponent. */
const list = (number: string, bytes: number): Grown => {
  const numbers = `[1e5${`,${number}`.repeat(Math.floor(bytes / (number.length + 1)))}]`;
  return new Grown(`{"a":${numbers}}`, `{a:${numbers}}`);
};

/** Shapes of free JSON that cost those who walk it carelessly. */
const objects: readonly (readonly [name: string, grow: (bytes: number) => Grown])[] = [
  ['many keys', (bytes) => wide(bytes, '1')],
  ['many texts', (bytes) => wide(bytes, '"a"')],
  ['objects within', (bytes) => deep(bytes, '{"a":', '{a:', '}')],
  ['lists within', (bytes) => deep(bytes, '[', '[', ']')],
  ['digits', (bytes) => new Grown(`{"a":${'9'.repeat(bytes)}}`, `{a:${'9'.repeat(bytes)}}`)],
  ['one text', (bytes) => new Grown(`{"a":"${'x'.repeat(bytes)}"}`, `{a:"${'x'.repeat(bytes)}"}`)],
  ['one key', (bytes) => new Grown(`{"${'x'.repeat(bytes)}":"a"}`, `{${'x'.repeat(bytes)}:"a"}`)],
  ['exponents', (bytes) => list('1e307', bytes)],
  ['fractions', (bytes) => list(`0.${'123456789'.repeat(4)}`, bytes)],
  ['digits after an exponent', (bytes) => list('7', bytes)],
  ['a list of digits', (bytes) => new Grown(`{"a":[${repeat('1234567890123456789,', bytes)}1]}`)],
  [
    'a tree',
    (bytes) => {
      const branch = '[[[[[[[[[[1,2,3]]]]]]]]]]';
      const row = `${'['.repeat(50)}${repeat(`${branch},`, 26 * 30)}1${']'.repeat(50)}`;
      return new Grown(`{"a":[${Array.from({ length: Math.ceil(bytes / row.length) }, () => row).join()}]}`);
    },
  ],
];

/** A little less than upstreams take of free JSON: what is refused for its length is looked at no further. */
const FITTING = [16_000, 60_000];

/** All that one place of this type is grown to. */
function grownValues(type: GraphQLInputType, bytes: number): (readonly [name: string, grow: () => unknown])[] {
  if (isNonNullType(type)) return grownValues(type.ofType as GraphQLInputType, bytes);
  if (isListType(type)) {
    const item = JSON.stringify(sampleOf(type.ofType as GraphQLInputType));
    const listOf = (member: string, last: string) => () =>
      new Grown(`[${member.repeat(Math.floor(bytes / member.length))}${last}]`);
    return [
      ['many', listOf(`${item},`, item)],
      ['many short', listOf('"f01550000",', '"a"')],
      ['many long', listOf(`"z${'2'.repeat(511)}",`, '"z"')],
      ['lists within', () => new Grown(`${'['.repeat(bytes / 2)}1${']'.repeat(bytes / 2)}`)],
    ];
  }
  if (isEnumType(type)) return [['letters', () => 'A'.repeat(bytes)]];
  if (!isScalarType(type)) return [['unknown fields', () => wide(bytes, '1')]];
  if (type.name === 'JSON' || type.name === 'JSONObject')
    return [bytes, ...FITTING].flatMap((size) =>
      objects.map(([name, grow]) => [size === bytes ? name : `${name} of ${size} bytes`, () => grow(size)] as const),
    );
  const digits = ['digits', () => new Grown('9'.repeat(bytes))] as const;
  return [digits, ...texts.map((one) => [`${one[0]}${one[1]}…`, () => grownText(one, bytes)] as const)];
}

const unwrap = (type: GraphQLInputType): GraphQLInputType =>
  isNonNullType(type) ? (type.ofType as GraphQLInputType) : type;

function sampleOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sampleOf(type.ofType as GraphQLInputType);
  if (isListType(type)) return [sampleOf(type.ofType as GraphQLInputType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (!isInputObjectType(type)) return samples[type.name];
  const required = Object.values(type.getFields()).filter((field) => isNonNullType(field.type));
  return Object.fromEntries(required.map((field) => [field.name, sampleOf(field.type)]));
}

interface Place {
  readonly path: readonly string[];
  readonly type: GraphQLInputType;
}

/** An argument, and all that it is made of. */
function placesIn(type: GraphQLInputType, path: readonly string[]): Place[] {
  const inner = unwrap(type);
  const below = isInputObjectType(inner)
    ? Object.values(inner.getFields()).flatMap((field) => placesIn(field.type, [...path, field.name]))
    : [];
  return [{ path, type }, ...below];
}

/** The value with what stands at a path replaced. */
function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return by;
  const object = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { ...object, [step]: replaced(object[step], rest, by) };
}

function write(value: unknown, type: GraphQLInputType, literal: boolean): string {
  if (value instanceof Grown) return literal ? value.literal : value.json;
  const inner = unwrap(type);
  if (literal && isEnumType(inner)) return String(value);
  if (isListType(inner) && Array.isArray(value))
    return `[${value.map((item) => write(item, inner.ofType as GraphQLInputType, literal)).join()}]`;
  if (isInputObjectType(inner)) {
    const fields = inner.getFields();
    const entries = Object.entries(value as object).map(([name, item]) => {
      const field = fields[name];
      return `${literal ? name : JSON.stringify(name)}:${field ? write(item, field.type, literal) : String(item)}`;
    });
    return `{${entries.join()}}`;
  }
  return JSON.stringify(value);
}

/** A field with its arguments as a document, one of them with this value. */
type Ask = (given: string) => string;

/** Fields with arguments that are reached by others, and how. */
const nested: Readonly<Record<string, Ask>> = {
  'Miner.balances': (given) => `{ miner { balances${given} { chain } } }`,
  'MinerWorker.work': (given) => `{ miner { workers { work${given} { chain } } } }`,
  'PoolRound.chains': (given) => `{ poolRound { chains${given} { chain } } }`,
};

interface Asked {
  readonly name: string;
  readonly args: readonly GraphQLArgument[];
  /** The operation's kind, and the document with declared variables and given arguments. */
  document(declared: string, given: string): string;
}

function askedFields(schema: GraphQLSchema): Asked[] {
  const roots = (['query', 'mutation', 'subscription'] as const).flatMap((kind) => {
    const type =
      kind === 'query'
        ? schema.getQueryType()
        : kind === 'mutation'
          ? schema.getMutationType()
          : schema.getSubscriptionType();
    return Object.values(type?.getFields() ?? {}).map(({ name, args }) => ({
      name,
      args,
      document: (declared: string, given: string) => `${kind} ${declared} { ${name}${given} { __typename } }`,
    }));
  });
  const others = Object.entries(nested).flatMap(([name, ask]) => {
    const [typename = '', field = ''] = name.split('.');
    const type = schema.getType(typename);
    const args =
      type && 'getFields' in type ? (type.getFields()[field] as { args?: readonly GraphQLArgument[] }).args : [];
    return [
      { name, args: args ?? [], document: (declared: string, given: string) => `query ${declared} ${ask(given)}` },
    ];
  });
  return [...roots, ...others];
}

/** Every argument of the schema, and each of its fields, grown: as a variable and as a literal of the document. */
export function* grownRequests(schema: GraphQLSchema, bytes: number): Generator<GrownRequest> {
  // Nothing reads them, but they are parsed with all else.
  for (const [kind, grow] of objects)
    yield {
      name: `extensions ${kind}`,
      body: () => `{"query":"{ __typename }","extensions":${grow(bytes).json}}`,
    };
  for (const { name, args, document } of askedFields(schema)) {
    const needed = args.filter((argument) => isNonNullType(argument.type));
    for (const argument of args) {
      for (const { path, type } of placesIn(argument.type, [])) {
        for (const [kind, grow] of grownValues(type, bytes)) {
          const where = [name, argument.name, ...path].join('.');
          const given = () => [
            ...needed.filter((one) => one !== argument).map((one) => [one, sampleOf(one.type)] as const),
            [argument, replaced(sampleOf(argument.type), path, grow())] as const,
          ];
          yield { name: `${where} ${kind} variable`, body: () => withVariables(document, given()) };
          yield { name: `${where} ${kind} literal`, body: () => withLiterals(document, given()) };
        }
      }
    }
  }
}

type Given = readonly (readonly [argument: GraphQLArgument, value: unknown])[];

function withVariables(document: Asked['document'], given: Given): string {
  const declared = given.map(([one]) => `$${one.name}: ${String(one.type)}`).join(', ');
  const passed = given.map(([one]) => `${one.name}: $${one.name}`).join(', ');
  const values = given.map(([one, item]) => `"${one.name}":${write(item, one.type, false)}`).join();
  return `{"query":${JSON.stringify(document(`(${declared})`, `(${passed})`))},"variables":{${values}}}`;
}

function withLiterals(document: Asked['document'], given: Given): string {
  const literals = given.map(([one, item]) => `${one.name}: ${write(item, one.type, true)}`).join(', ');
  return `{"query":${JSON.stringify(document('', `(${literals})`))}}`;
}
