import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  isExactNumber,
  markInexactNumbers,
  parseMarkingInexact,
  parseQuotingInexact,
  quoteInexactNumbers,
} from '../../src/values/exact-numbers.js';
import { computed } from '../support/spent-on.js';
import { isExactByText, markedByPatterns, quotedByPatterns } from './numbers-by-patterns.js';

/** Spellings of numbers, most of them awkward. */
const spelling = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.bigInt({ min: 0n, max: 10n ** 25n }),
      fc.stringMatching(/^(?:\.[0-9]{1,22})?$/),
      fc.stringMatching(/^(?:[eE][+-]?[0-9]{1,4})?$/),
    )
    .map((parts) => parts.join('')),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.maxSafeInteger().map(String),
);
const awkwardText = fc.oneof(
  fc.string(),
  fc.constantFrom('12345678901234567890', ': 1e400', '","a":12345678901234567890', '\\', '\\"', '[1e400]', '\u2028'),
);

/** JSON text whose numbers are spelled in many ways, beside what it holds with each number as its text. */
const json = fc.letrec<{ value: { text: string; leaves: string[] } }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    spelling.map((text) => ({ text, leaves: [text] })),
    awkwardText.map((text) => ({ text: JSON.stringify(text), leaves: [] })),
    fc.constantFrom('true', 'null').map((text) => ({ text, leaves: [] })),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => ({
      text: `[${items.map(({ text }) => text).join(' , ')}]`,
      leaves: items.flatMap(({ leaves }) => leaves),
    })),
    fc.array(fc.tuple(awkwardText, tie('value')), { maxLength: 4 }).map((members) => ({
      text: `{${members.map(([key, { text }], index) => `${JSON.stringify(`${index}${key}`)}:${text}`).join(',')}}`,
      leaves: members.flatMap(([, { leaves }]) => leaves),
    })),
  ),
})).value;

/** The numbers of a value, from left to right: keys are numbered, but an engine may order them otherwise, so by text. */
function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

/** Digits × 10^exponent in one form, so that equal numbers are equal texts. */
function canonical(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '0' : `${sign}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}

describe('numbers on their way in', () => {
  it.each([
    '0',
    '-0',
    '1',
    '-12.5',
    '1.50',
    '0.1',
    '1e-7',
    '1E3',
    '9007199254740991',
    '9007199254740992',
    '100000000000000000000',
    '1e21',
    '1.7976931348623157e308',
    '5e-324',
    '0.30000000000000004',
    '0.1000000000000000055511151231257827e0'.slice(0, 3),
  ])('%s stays', (text) => {
    expect(isExactNumber(text)).toBe(true);
    expect(markInexactNumbers(`{"a":${text}}`)).toBe(`{"a":${text}}`);
  });

  it.each([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890',
    '1e400',
    '-1e400',
    '1e-400',
    '0.1234567890123456789',
    '3.14159265358979323846',
    '1.00000000000000000001',
    '18446744073709551616',
  ])('%s is made infinite', (text) => {
    expect(isExactNumber(text)).toBe(false);
    for (const [before, after] of [
      ['{"a":', '}'],
      ['[', ']'],
      ['[0, ', ',1]'],
      ['', ''],
      ['{"a":\n', '\n}'],
    ] as const) {
      expect(numbersOf(JSON.parse(markInexactNumbers(before + text + after)))).toContain(Number.POSITIVE_INFINITY);
    }
  });

  it('leaves strings, keys, and what is no JSON alone', () => {
    for (const text of [
      '{"12345678901234567890":": 12345678901234567890"}',
      '["1e400", "\\" : 1e400"]',
      '[01234567890123456789]',
      '[1234567890123456789.]',
      '{"a":12345678901234567890e}',
      '{"a: 12345678901234567890',
    ]) {
      expect(markInexactNumbers(text)).toBe(text);
    }
  });

  it('each stays the number it is, or is seen to be another: for any JSON', () => {
    fc.assert(
      fc.property(json, ({ text, leaves }) => {
        const before = numbersOf(JSON.parse(text));
        const after = numbersOf(JSON.parse(markInexactNumbers(text)));
        expect(after.length).toBe(leaves.length);
        const kept = after
          .filter(Number.isFinite)
          .map((number) => canonical(JSON.stringify(number)))
          .toSorted();
        expect(kept).toEqual(leaves.filter(isExactNumber).map(canonical).toSorted());
        // Nothing else changes, and a number that any double writes is never refused.
        after.forEach((number, index) => {
          if (Number.isFinite(number)) expect(number).toBe(before[index]);
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('are the same whether the text is looked through or not: for any JSON', () => {
    fc.assert(
      fc.property(json, ({ text }) => {
        expect(parseMarkingInexact(text)).toEqual(JSON.parse(markInexactNumbers(text)));
        expect(parseQuotingInexact(text)).toEqual(JSON.parse(quoteInexactNumbers(text)));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    `{"a":1.${'0'.repeat(20)}1}`,
    '{"a":[{"b":1e-400}]}',
    `${'['.repeat(100)}9007199254740993${']'.repeat(100)}`,
    '{"__proto__":[9007199254740993]}',
    '9007199254740993',
  ])('are found by their text where their value shows nothing: %s', (text) => {
    expect(parseMarkingInexact(text)).not.toEqual(JSON.parse(text));
  });

  it('are looked at in time that grows with the text alone', () => {
    const texts = [
      '1'.repeat(250_000),
      `[${'1e400,'.repeat(40_000)}0]`,
      `"${'\\"'.repeat(120_000)}" 12345678901234567890`,
      `"${'a'.repeat(250_000)} : 12345678901234567890`,
      '-'.repeat(250_000),
      `${'0'.repeat(250_000)}e`,
      `12345678901234567890"${'\\"'.repeat(120_000)}`,
      `12345678901234567890"${'\\"'.repeat(120_000)}\\`,
    ];
    expect(computed(() => texts.forEach((text) => markInexactNumbers(`:${text}`)))).toBeLessThan(500);
  });
});

describe('the parsed form', () => {
  it.each([
    `{"a":${'['.repeat(100)}1,2${']'.repeat(100)}}`,
    '[0,0.5,"1234567890123456789"]',
    '[1234567890.5]',
    '["1e400",0]',
  ])('is parsed once where the text needs no other: %.30s', (text) => {
    const parse = vi.spyOn(JSON, 'parse');
    try {
      parseMarkingInexact(text);
      parseQuotingInexact(text);
      expect(parse).toHaveBeenCalledTimes(2);
    } finally {
      parse.mockRestore();
    }
  });

  it.each([
    `[${'1234567890.12345,'.repeat(20_000)}1]`,
    `[${'[],'.repeat(80_000)}1]`,
    `["${'12345678901234.'.repeat(20_000)}",1]`,
  ])('is looked at in time that grows with the text alone: %.20s', (text) => {
    expect(computed(() => parseMarkingInexact(text))).toBeLessThan(500);
  });
});

describe('numbers kept as text', () => {
  it.each([
    ['{"dag_size": 653247040368672768}', { dag_size: '653247040368672768' }],
    ['{"a":9007199254740992,"b":9007199254740991}', { a: '9007199254740992', b: 9_007_199_254_740_991 }],
    ['[0.1, 12345678901234567.25, -90071992547409931]', [0.1, '12345678901234567.25', '-90071992547409931']],
    ['{"a":"9007199254740993","b\\"1":1e3}', { a: '9007199254740993', 'b"1': 1000 }],
    ['{"a":1e400}', { a: '1e400' }],
  ])('of %s', (text, value) => {
    expect(JSON.parse(quoteInexactNumbers(text))).toEqual(value);
  });
});

/** Digits, with zeros before, behind and among them, in any place, and exponents around those at which doubles end. */
const digits = fc
  .tuple(fc.nat(3), fc.bigInt({ min: 0n, max: 10n ** 19n }), fc.nat(4))
  .map(([before, some, behind]) => '0'.repeat(before) + some + '0'.repeat(behind));
const exponent = fc.oneof(
  fc.integer({ min: -30, max: 30 }),
  fc.integer({ min: -345, max: -300 }),
  fc.integer(),
  fc.integer({ min: 300, max: 325 }),
);
const numeral = fc.oneof(
  spelling,
  fc.tuple(digits, fc.nat(20), exponent).map(([all, at, ten]) => {
    const whole = all.slice(0, at).replace(/^0+(?=.)/, '') || '0';
    return `${whole}${at < all.length ? `.${all.slice(at)}` : ''}e${ten}`;
  }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number.toPrecision(17)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number.toExponential()),
  fc
    .tuple(fc.integer({ min: -1_074, max: 1_023 }), fc.integer({ min: 15, max: 18 }))
    .map(([two, length]) => (2 ** two).toPrecision(length)),
  fc.bigInt({ min: 2n ** 53n - 50n, max: 2n ** 53n + 50n }).map(String),
  fc
    .tuple(fc.bigInt({ min: 1n, max: 999n }), fc.nat(400))
    .map(([some, zeros]) => `0.${'0'.repeat(zeros)}${some}e${zeros}`),
);
/** Text that is no JSON, or nearly. */
const noise = fc
  .array(
    fc.oneof(
      numeral,
      fc.constantFrom(
        '"',
        '\\',
        '\\"',
        '-',
        '.',
        'e',
        'E',
        '+',
        '--1',
        '1.',
        '01',
        '1e',
        '1e+',
        '-.5',
        '1e5e',
        ' ',
        ',',
        'a',
        '\u2028',
        '"1e5"',
        '99999999999999999',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('a scan, beside patterns', () => {
  it('finds the same numbers exact', () => {
    fc.assert(
      fc.property(numeral, (text) => {
        expect(isExactNumber(text), text).toBe(isExactByText(text));
        expect(quoteInexactNumbers(`[${text}]`)).toBe(quotedByPatterns(`[${text}]`));
      }),
      { numRuns: 20_000 },
    );
  });

  it('finds the same numbers in any text, JSON or not', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          noise,
          json.map(({ text }) => text),
        ),
        (text) => {
          expect(markInexactNumbers(text)).toBe(markedByPatterns(text));
          expect(quoteInexactNumbers(text)).toBe(quotedByPatterns(text));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['exponents', '1e307'],
    ['short exponents', '1e0'],
    ['fractions', '1.5'],
    ['digits', '7'],
    ['empty texts', '""'],
  ])('takes some times the parse at the most, for a list of %s with an exponent among them', (_name, item) => {
    // As bytes of a socket become text: in one piece.
    const text = Buffer.from(`[1e5${`,${item}`.repeat(240_000 / item.length)}]`).toString();
    // Many of each: the processor's time is told in ticks.
    const tenTimes = (run: () => unknown) => computed(() => Array.from({ length: 10 }, run));
    const parse = tenTimes(() => JSON.parse(text));
    expect(tenTimes(() => markInexactNumbers(text))).toBeLessThan(10 * parse);
  });

  it('is as quick with numbers that only their digits can tell of', () => {
    for (const item of ['12345678901234567', '0.12345678901234568', '1e-310', `0.${'123456789'.repeat(5)}`]) {
      const text = Buffer.from(`[${`${item},`.repeat(240_000 / item.length)}1]`).toString();
      expect(
        computed(() => markInexactNumbers(text)),
        item,
      ).toBeLessThan(100);
    }
  });
});
