import fc from 'fast-check';

const SURROGATES = 0xdfff - 0xd800 + 1;

/** Any character of Unicode. `unit: 'binary'` is the same, but makes a table of a million characters first, which takes seconds. */
const character = fc.nat(0x10ffff - SURROGATES).map(
  (at) => String.fromCodePoint(at < 0xd800 ? at : at + SURROGATES),
  (text) => {
    const point = typeof text === 'string' ? text.codePointAt(0) : undefined;
    if (point === undefined || text !== String.fromCodePoint(point)) throw new Error('not one character');
    if (point >= 0xd800 && point <= 0xdfff) throw new Error('half a character');
    return point < 0xd800 ? point : point - SURROGATES;
  },
);

/** Any text that is well-formed, whatever it holds. */
export const anyText = (constraints: { readonly maxLength?: number } = {}): fc.Arbitrary<string> =>
  fc.string({ ...constraints, unit: character });
