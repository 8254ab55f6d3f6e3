import fc from 'fast-check';
import { LosslessNumber, parse } from 'lossless-json';
import { describe, expect, it } from 'vitest';
import { ExactReader } from '../../src/values/exact-reader.js';
import { jsonTexts as json, spaces as space } from '../support/json-texts.js';

/** What is read in parts of so many values. */
function read(text: string, most: number): unknown {
  const reader = new ExactReader(text);
  while (!reader.read(most));
  return reader.value;
}

describe('JSON with exact numbers, read in parts', () => {
  it('is what the library reads at once, however small the parts are', () => {
    fc.assert(
      fc.property(space, json, fc.integer({ min: 1, max: 9 }), (gap, text, most) => {
        expect(read(gap + text + gap, most)).toEqual(parse(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is none where the engine finds none', () => {
    const odd = fc.constantFrom(...'"\\,:1-.eE+{}[] 0\n\u0000\u00a0tnu/'.split(''));
    fc.assert(
      fc.property(json, fc.nat(), fc.option(odd), fc.integer({ min: 1, max: 9 }), (text, place, put, most) => {
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + (put ?? '') + text.slice(put === null ? at + 1 : at);
        if (isJson(changed) && !hasTwins(changed)) expect(read(changed, most)).toEqual(parse(changed));
        else expect(() => read(changed, most)).toThrow(SyntaxError);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    '',
    ' ',
    '[1',
    '[1,]',
    '{"a":1,}',
    '{"a"}',
    '{a:1}',
    '"\\',
    '"a\\"',
    '[1 2]',
    '1 2',
    '-',
    '01',
    '1.',
    '.5',
    '1e',
    '+1',
    'nul',
    'truetrue',
    '"\\x"',
    '"\\u12"',
    '"\t"',
    '\ufeff1',
  ])('%j is none', (text) => expect(() => read(text, 3)).toThrow(SyntaxError));

  it('has no key twice, though its values be equal, and no prototype of its own making', () => {
    expect(() => read('{"a":1,"a":1}', 9)).toThrow(SyntaxError);
    expect(() => read('{"a":null,"\\u0061":null}', 9)).toThrow(SyntaxError);
    const made = read('{"__proto__":{"admin":true},"toString":1,"constructor":2}', 9);
    expect(made).toEqual({ toString: new LosslessNumber('1'), constructor: new LosslessNumber('2') });
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
  });

  it('is not nested deeper than those walk who read it', () => {
    expect(read(`${'['.repeat(1_000)}${']'.repeat(1_000)}`, 50)).toHaveLength(1);
    for (const open of ['[', '{"a":']) expect(() => read(open.repeat(100_000), 50)).toThrow('nested too deep');
  });

  it('is read so many values at a time', () => {
    const reader = new ExactReader(`[${'1,'.repeat(999)}1]`);
    let parts = 1;
    while (!reader.read(100)) parts += 1;
    // The list itself is one more.
    expect(parts).toBe(11);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether an object in it has one key twice: what the engine reads has fewer keys than were written. */
function hasTwins(text: string): boolean {
  const colons = text.replace(/"(?:[^"\\]|\\.)*"/gs, '').split(':').length - 1;
  return keysIn(JSON.parse(text)) !== colons;
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value);
  return (Array.isArray(value) ? 0 : inside.length) + inside.reduce<number>((sum, one) => sum + keysIn(one), 0);
}
