import fc from 'fast-check';
import { LosslessNumber, parse } from 'lossless-json';
import { describe, expect, it } from 'vitest';
import { holdsMany } from '../../src/values/json-size.js';
import { parseLossless } from '../../src/values/lossless.js';
import { anyText } from '../support/any-text.js';

/** Long enough for the engine's own parser. */
const PAD = `"${'x'.repeat(140_000)}"`;
const long = (text: string): string => `[${PAD},${text}]`;
const second = (parsed: unknown): unknown => (Array.isArray(parsed) ? { value: parsed[1] as unknown } : undefined);

const { value: anyJson } = fc.letrec<{ value: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(
      'null',
      'true',
      'false',
      '0',
      '-0',
      '1.50',
      '1e400',
      '123456789012345678901234567890',
      '0.1000000000000000055',
    ),
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    anyText().map((text) => JSON.stringify(text)),
    fc.constantFrom('"\\u0041\\n"', '"\\"1,2"', '"1"', '"a:1"', '"\\\\"'),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(' , ')}]`),
    // Keys that no single change makes equal.
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('alpha', 'b"quoted\\"', 'name', '', '1e5', 'ключ'), tie('value')), {
        maxLength: 4,
        selector: ([key]) => key,
      })
      .map((entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)} : ${value}`).join(',')}}`),
  ),
}));

function byLibrary(text: string): unknown {
  try {
    return { value: parse(text) };
  } catch {
    return undefined;
  }
}

describe('a long text', () => {
  it('is read like a short one', () => {
    fc.assert(
      fc.property(anyJson, (text) => {
        expect(second(parseLossless(long(text)))).toEqual(byLibrary(text));
      }),
      { numRuns: 300 },
    );
  });

  it('is no JSON where a short one is none', () => {
    fc.assert(
      fc.property(
        anyJson,
        fc.nat(),
        fc.constantFrom('', '"', '\\', ',', ':', '1', '-', '.', 'e', '{', '}', '[', ']', ' ', '0'),
        (text, place, odd) => {
          const at = place % (text.length + 1);
          const changed = text.slice(0, at) + odd + text.slice(odd === '' ? at + 1 : at);
          const whole = parseLossless(long(changed));
          const short = byLibrary(`["x",${changed}]`) as { readonly value: readonly unknown[] } | undefined;
          expect(whole === undefined ? undefined : (whole as unknown[]).slice(1)).toEqual(short?.value.slice(1));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    '{1:2}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":-}',
    '{"a":1,"a":2}',
    '1 2',
    '1"a"',
    '"a',
    '"a\\',
    'NaN',
    '+1',
    '.5',
    '1e',
    "{'a':1}",
  ])('%s is none', (text) => {
    expect(parseLossless(long(text))).toBeUndefined();
  });

  it('keeps every digit', () => {
    expect(second(parseLossless(long('{"n":12345678901234567890.10}')))).toEqual({
      value: { n: new LosslessNumber('12345678901234567890.10') },
    });
  });

  it('has no prototype of its own making', () => {
    const parsed = second(parseLossless(long('{"__proto__":{"admin":true},"a":1}'))) as {
      value: Record<string, unknown>;
    };
    expect(Object.keys(parsed.value)).toEqual(['a']);
    expect(parsed.value['admin']).toBeUndefined();
  });
});

describe('a text that holds too much', () => {
  it.each([
    ['a list', `[${'1,'.repeat(300_000)}1]`],
    ['lists in lists', '['.repeat(300_000)],
    ['objects', `[${'{},'.repeat(150_000)}{}]`],
  ])('is not parsed: %s', (_what, text) => {
    expect(parseLossless(text)).toBeUndefined();
  });

  it('is told by its commas and brackets', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(',', '[', '{', ']', '}', ':', 'a', '1'), { maxLength: 60 }),
        fc.nat(30),
        (marks, most) => {
          const text = marks.join('');
          expect(holdsMany(text, most)).toBe(marks.filter((mark) => ',[{'.includes(mark)).length > most);
        },
      ),
    );
  });
});
