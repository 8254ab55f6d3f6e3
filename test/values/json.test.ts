import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/values/canonical-json.js';
import { jsonFault, sameJson, type Json } from '../../src/values/json.js';

const anyJson = fc.jsonValue({ maxDepth: 6 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

/** A list of so many members that counts how often it is looked into. */
function counted(members: number, member: Json): { readonly list: readonly Json[]; reads: number } {
  const counter = {
    reads: 0,
    list: new Proxy(
      Array.from({ length: members }, () => member),
      {
        get(list, key) {
          if (key !== 'length') counter.reads += 1;
          return Reflect.get(list, key) as unknown;
        },
      },
    ),
  };
  return counter;
}

describe('what is wrong with free data', () => {
  it('is that it is longer than the bytes that its JSON may have, to the byte', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const bytes = Buffer.byteLength(JSON.stringify(value));
        expect(jsonFault(value, { levels: 64, bytes })).toBeUndefined();
        expect(jsonFault(value, { levels: 64, bytes: bytes - 1 })).toBe('long');
      }),
      { numRuns: 1_000 },
    );
  });

  it('is that lists and objects are nested deeper than they may be', () => {
    const nested = (open: string, close: string) => JSON.parse(`${open.repeat(5)}1${close.repeat(5)}`) as Json;
    for (const value of [nested('[', ']'), nested('{"a":', '}')]) {
      expect(jsonFault(value, { levels: 5, bytes: 100 })).toBeUndefined();
      expect(jsonFault(value, { levels: 4, bytes: 100 })).toBe('deep');
    }
    expect(jsonFault('text', { levels: 0, bytes: 6 })).toBeUndefined();
  });

  it('is looked for no further than the bytes go', () => {
    const looked = counted(100_000, []);
    expect(jsonFault({ a: looked.list }, { levels: 64, bytes: 1_000 })).toBe('long');
    expect(looked.reads).toBeLessThan(1_000);
  });
});

describe('equal data', () => {
  it('is what has the same members, in whatever order: what canonical JSON shows', () => {
    fc.assert(
      fc.property(anyJson, anyJson, fc.boolean(), (one, another, equal) => {
        const other = equal ? turned(one) : another;
        expect(sameJson(one, other)).toBe(canonicalJson(one) === canonicalJson(other));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[Json, Json]>([
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: 1, b: 1 }, { a: 1 }],
    [[], {}],
    [null, {}],
    [[1], [1, 2]],
    [{ a: null }, {}],
    ['1', 1],
    [{ toString: 1 }, {}],
  ])('is not %j and %j', (one, another) => {
    expect(sameJson(one, another)).toBe(false);
  });

  it('is looked at no further than the first difference', () => {
    const looked = counted(100_000, 'a');
    const other = ['a', 'b', ...Array.from({ length: 99_998 }, () => 'a')];
    expect(sameJson(looked.list, other)).toBe(false);
    expect(looked.reads).toBeLessThan(10);
  });
});

/** The same with the members of objects in the other order. */
function turned(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => turned(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]: [string, Json]) => [key, turned(item)]),
  );
}
