import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDecimals, fractionDigits, isPositive, parseDecimal, scaleDecimal } from '../../src/values/decimal.js';

/** A number as digits × 10^-scale, and one of the many texts for it. */
const scaled = fc.record({ digits: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), scale: fc.nat({ max: 20 }) });

function plain({ digits, scale }: { digits: bigint; scale: number }): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const cut = text.length - scale;
  return `${digits < 0n ? '-' : ''}${text.slice(0, cut)}${scale > 0 ? `.${text.slice(cut)}` : ''}`;
}

/** The canonical text as a whole number of 10^-40. */
function units(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(40, '0'));
}

const exact = ({ digits, scale }: { digits: bigint; scale: number }) => digits * 10n ** BigInt(40 - scale);
const parse = (source: string) => parseDecimal(source)!;

describe('parseDecimal', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['0.000', '0'],
    ['-0.0e5', '0'],
    ['1', '1'],
    ['+1', '1'],
    ['007', '7'],
    ['12.50', '12.5'],
    ['3.1400', '3.14'],
    ['-2.500', '-2.5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-.25', '-0.25'],
    ['1e-7', '0.0000001'],
    ['1E3', '1000'],
    ['1.25e1', '12.5'],
    ['1.25e+3', '1250'],
    ['100e-2', '1'],
    ['0.1234567', '0.1234567'],
    ['123456789012345678901234567890.12345678901234567891', '123456789012345678901234567890.12345678901234567891'],
    ['1e50', `1${'0'.repeat(50)}`],
    ['1e-50', `0.${'0'.repeat(49)}1`],
  ])('reads %s as %s', (source, expected) => {
    expect(parseDecimal(source)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    '.',
    '-',
    '+',
    'e5',
    '.e5',
    '1e',
    '1e+',
    '--1',
    '1.2.3',
    '1,5',
    ' 1',
    '1 ',
    '1\n',
    '0x10',
    '1_000',
    'NaN',
    'Infinity',
    '１２',
    '1e51',
    '1e-51',
    '1e999999999',
    '1e-99999999999999999999',
    '9'.repeat(101),
    `0.${'1'.repeat(99)}`,
  ])('refuses %j', (source) => {
    expect(parseDecimal(source)).toBeUndefined();
  });

  it('takes 100 characters', () => {
    expect(parseDecimal('9'.repeat(100))).toBe('9'.repeat(100));
  });

  it('keeps the number exactly, in the one shortest form', () => {
    fc.assert(
      fc.property(scaled, (number) => {
        const decimal = parse(plain(number));
        expect(units(decimal)).toBe(exact(number));
        expect(decimal).toMatch(/^(0|-?[1-9]\d*|-?(0|[1-9]\d*)\.\d*[1-9])$/);
        expect(parse(decimal)).toBe(decimal);
      }),
    );
  });

  it('gives one text to all spellings of one number', () => {
    fc.assert(
      fc.property(scaled, fc.nat({ max: 10 }), fc.integer({ min: -20, max: 20 }), (number, zeros, exponent) => {
        const finer = { digits: number.digits * 10n ** BigInt(zeros), scale: number.scale + zeros };
        const decimal = parse(plain(number));
        expect(parse(plain(finer))).toBe(decimal);
        expect(parse(`${scaleDecimal(decimal, exponent)}e${-exponent}`)).toBe(decimal);
      }),
    );
  });

  it('reads every literal that JavaScript writes for a number of sane size', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e40, max: 1e40, noNaN: true }).filter((n) => n === 0 || Math.abs(n) > 1e-40),
        (number) => {
          expect(Number(parse(String(number)))).toBe(number === 0 ? 0 : number);
        },
      ),
    );
  });
});

describe('arithmetic', () => {
  it('compares as whole numbers of a small unit do', () => {
    fc.assert(
      fc.property(scaled, scaled, (a, b) => {
        const [x, y] = [parse(plain(a)), parse(plain(b))];
        expect(Math.sign(compareDecimals(x, y))).toBe(exact(a) < exact(b) ? -1 : exact(a) > exact(b) ? 1 : 0);
        expect(isPositive(x)).toBe(exact(a) > 0n);
      }),
    );
  });

  it('counts the digits after the point', () => {
    expect(['0', '12', '12.5', '-0.0000001', '1000'].map(fractionDigits)).toEqual([0, 0, 1, 7, 0]);
  });

  it('refuses a text that is not canonical rather than guess', () => {
    for (const text of ['', '1.0', '01', '+1', '1e3', 'abc']) expect(() => isPositive(text)).toThrow(RangeError);
  });
});

describe('scaleDecimal', () => {
  it.each([
    ['1.5', 3, '1500'],
    ['1500', -3, '1.5'],
    ['0.0000001', 7, '1'],
    ['1', -7, '0.0000001'],
    ['0', 9, '0'],
    ['-2.25', 1, '-22.5'],
  ] as const)('moves the point of %s by %i', (value, power, expected) => {
    expect(scaleDecimal(value, power)).toBe(expected);
  });

  it('multiplies exactly, and back again', () => {
    fc.assert(
      fc.property(scaled, fc.nat({ max: 15 }), (number, power) => {
        const decimal = parse(plain(number));
        const larger = scaleDecimal(decimal, power);
        expect(units(larger)).toBe(exact(number) * 10n ** BigInt(power));
        expect(scaleDecimal(larger, -power)).toBe(decimal);
      }),
    );
  });
});
