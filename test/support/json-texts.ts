import fc from 'fast-check';
import { anyText } from './any-text.js';

const numbers = fc.oneof(
  fc.constantFrom('0', '-0', '-0.0', '1e400', '-1E-400', '9007199254740993', '0.1000000000000000055', '1.50', '2E+07'),
  fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.bigInt({ min: 0n, max: 10n ** 40n }),
      fc.stringMatching(/^(?:\.[0-9]{1,30})?$/),
      fc.stringMatching(/^(?:[eE][+-]?[0-9]{1,4})?$/),
    )
    .map((parts) => parts.join('')),
);
const strings = fc.oneof(
  // A key that is left out has a test of its own.
  anyText()
    .filter((text) => text !== '__proto__')
    .map((text) => JSON.stringify(text)),
  // Numbers inside strings, quotes and backslashes behind backslashes, what looks like an end.
  fc
    .array(fc.constantFrom('\\"', '\\\\', '\\u0022', '\\u005c', '\\/', '1.0', '-0', ':', ',', '}', ']', 'é', ' '), {
      maxLength: 12,
    })
    .map((parts) => `"${parts.join('')}"`),
);
/** What may stand between values. */
export const spaces = fc.stringMatching(/^[ \t\r\n]{0,2}$/);
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.oneof(fc.constantFrom('null', 'true', 'false'), numbers, strings),
    fc
      .tuple(spaces, fc.array(tie('value'), { maxLength: 5 }))
      .map(([gap, items]) => `[${gap}${items.join(`,${gap}`)}]`),
    fc
      .tuple(
        spaces,
        fc.uniqueArray(fc.tuple(strings, tie('value')), {
          maxLength: 5,
          selector: ([key]) => JSON.parse(key) as string,
        }),
      )
      .map(([gap, fields]) => `{${gap}${fields.map(([key, value]) => `${key}${gap}:${value}${gap}`).join(',')}}`),
  ),
}));

/** JSON as nobody would write it: numbers of every spelling, escapes, space. No object has one key twice, none has `__proto__`. */
export const jsonTexts: fc.Arbitrary<string> = value;
