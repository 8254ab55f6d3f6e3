import { parseValue, Kind } from 'graphql';
import { describe, expect, it } from 'vitest';
import { jsonFromLiteral, jsonFromVariable } from '../../src/graph/json-input.js';

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
