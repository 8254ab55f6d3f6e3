import { parseValue, Kind } from 'graphql';
import { describe, expect, it } from 'vitest';
import { anyJsonFromVariable, jsonFromLiteral, jsonFromVariable } from '../../src/graph/json-input.js';

/** So many objects inside one another. */
const nested = (objects: number): string => `${'{a:'.repeat(objects)}1${'}'.repeat(objects)}`;

const ways = {
  'as a variable': (text: string) => jsonFromVariable(JSON.parse(text.replaceAll('a', '"a"'))),
  'in the document': (text: string) => {
    const value = parseValue(text);
    if (value.kind !== Kind.OBJECT) throw new Error('no object');
    return jsonFromLiteral(value, {});
  },
};

describe.each(Object.entries(ways))('a JSON object %s', (_way, read) => {
  it('may be two hundred objects deep, and no deeper', () => {
    expect(read(nested(200))).toEqual(JSON.parse(nested(200).replaceAll('a', '"a"')));
    expect(() => read(nested(201))).toThrow('is nested too deep');
  });
});

describe('a JSON variable', () => {
  it('is looked through once, though it is read for its faults and for the resolver', () => {
    let reads = 0;
    const list = new Proxy([1, 2, 3], {
      get(items, key) {
        reads += 1;
        return Reflect.get(items, key) as unknown;
      },
    });
    const value = { a: list };
    for (const read of [jsonFromVariable, anyJsonFromVariable]) expect(read(value)).toBe(value);
    const before = reads;
    for (const read of [jsonFromVariable, anyJsonFromVariable]) expect(read(value)).toBe(value);
    expect(before).toBeGreaterThan(0);
    expect(reads).toBe(before);
  });

  it('names the place of what is wrong each time', () => {
    const value = { a: [0, { b: Infinity }] };
    for (let times = 0; times < 2; times += 1) expect(() => jsonFromVariable(value)).toThrow(/^a\[1\]\.b is a number/);
  });
});
