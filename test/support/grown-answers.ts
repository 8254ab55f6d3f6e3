import { askings, plainAnswer } from './askings.js';
import { answerOnTheWay } from './on-the-way.js';
import { examples } from './upstream-examples.js';

/** An answer of an upstream with one of its fields grown to a size, and the query or mutation that reads it. */
export interface GrownAnswer {
  readonly name: string;
  readonly query: string;
  readonly variables: object;
  /** What this answers, as `METHOD /path` without the base path. */
  readonly answers: (asked: string) => boolean;
  /** Written when it is wanted: all of them would be gigabytes. */
  readonly text: () => string;
  /** What all else that is asked meanwhile answers. */
  readonly otherwise: (asked: string) => string;
}

/** Put in where it stands, whatever it is; nobody else writes such a text. */
const PLACE = '"\u0001here\u0001"';
const LIST_MEMBERS = 10_000;

/** Many small lists, nested as deep as free data may be: they cost who walks them with a function for each. */
function tree(bytes: number): string {
  const branch = `${'['.repeat(10)}1${']'.repeat(10)}`;
  const row = `${'['.repeat(45)}${Array.from({ length: 30 }, () => branch).join()}${']'.repeat(45)}`;
  return `[${Array.from({ length: Math.ceil(bytes / row.length) }, () => row).join()}]`;
}

/** JSON texts that one place is grown to; `value` is what stands there. */
function grownTexts(value: unknown, bytes: number): (readonly [name: string, json: () => string])[] {
  const text = (begins: string, goesOn: string) => () =>
    JSON.stringify(begins + goesOn.repeat(Math.ceil(bytes / goesOn.length)));
  const members = (member: (index: number) => string) =>
    Array.from({ length: LIST_MEMBERS }, (_, i) => member(i)).join();
  const same = JSON.stringify(Array.isArray(value) && value.length > 0 ? value[0] : 'member');
  const [first] = typeof value === 'object' && value !== null ? Object.values(value) : [];
  const item = JSON.stringify(first ?? 'member');
  const many: (readonly [string, () => string])[] = [
    ['members', () => `[${members(() => same)}]`],
    ['different members', () => `[${members((index) => `"member ${index}"`)}]`],
    ['keys', () => `{${members((index) => `"k${index}":${item}`)}}`],
    ['a tree', () => tree(bytes)],
    ['exponents', () => `[${'1e307,'.repeat(bytes / 6)}1]`],
    ['fractions', () => `[${`0.${'123456789'.repeat(4)},`.repeat(bytes / 39)}1]`],
    ['digits after an exponent', () => `[1e5${',7'.repeat(bytes / 2)}]`],
    ['lists within', () => `${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}`],
    ['objects within', () => `${'{"a":'.repeat(bytes / 6)}1${'}'.repeat(bytes / 6)}`],
  ];
  if (typeof value === 'object' && value !== null) return many;
  return [
    ['digits', () => '9'.repeat(bytes)],
    ['a fraction', () => `0.${'0'.repeat(bytes)}1`],
    ['an exponent', () => `1e${'9'.repeat(bytes)}`],
    ['z2…', text('z', '2')],
    ['Qm…', text('Qm', 'z')],
    ['k…', text('k', '2')],
    ['a time', text('2025-11-20T09:14:07.', '9')],
    ['spaces', text('', ' ')],
    ['digits as text', text('', '9')],
    ['an address', text('https://a.example/ipfs/z', '2')],
    ['surrogates', text('', '\ud800')],
    ...many,
  ];
}

/** Every place inside a value, with what stands there and the JSON of all with that place marked. */
function* placesIn(
  value: unknown,
  path: string,
  mark: (inner: string) => string,
): Generator<{ readonly path: string; readonly value: unknown; readonly marked: string }> {
  yield { path, value, marked: mark(PLACE) };
  if (typeof value !== 'object' || value === null) return;
  const entries = Array.isArray(value) ? [...value.entries()].slice(0, 1) : Object.entries(value);
  for (const [key, item] of entries) {
    const others = (inner: string): string => {
      if (Array.isArray(value))
        return `[${value.map((one, index) => (index === key ? inner : JSON.stringify(one))).join()}]`;
      return `{${Object.entries(value)
        .map(([name, one]) => `${JSON.stringify(name)}:${name === key ? inner : JSON.stringify(one)}`)
        .join()}}`;
    };
    yield* placesIn(item, `${path}.${key}`, (inner) => mark(others(inner)));
  }
}

/** Every field of every example, grown. */
export function* grownAnswers(bytes: number): Generator<GrownAnswer> {
  for (const example of examples) {
    const asking = askings[example.operation];
    if (asking === undefined) throw new Error(`nothing asks for ${example.operation}`);
    for (const { path, value, marked } of placesIn(example.response.body, example.name, (inner) => inner)) {
      for (const [kind, json] of grownTexts(value, bytes)) {
        const [query, variables = {}] = asking.ask(example);
        yield {
          name: `${path} ${kind}`,
          query,
          variables,
          answers: (asked) => asking.of.test(asked),
          text: () => marked.replace(PLACE, json),
          otherwise: (asked) => answerOnTheWay(example, asked) ?? plainAnswer(asked) ?? '{}',
        };
      }
    }
  }
}
