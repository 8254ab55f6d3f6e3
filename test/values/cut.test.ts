import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut } from '../../src/values/cut.js';
import { anyText } from '../support/any-text.js';
import { computed } from '../support/spent-on.js';

/** Characters of one and of two code units, and halves of pairs that stand alone. */
const text = fc
  .array(fc.constantFrom('a', 'é', '𝕏', '👩', '\u200d', '\ud83d', '\udc69', '…'), { maxLength: 40 })
  .map((parts) => parts.join(''));

describe('a text that is cut', () => {
  it('is its first code points, with a mark where there were more', () => {
    fc.assert(
      fc.property(text, fc.nat(45), fc.constantFrom('', '…'), (whole, most, mark) => {
        const characters = Array.from(whole);
        const wanted = characters.length > most ? characters.slice(0, most).join('') + mark : whole;
        expect(cut(whole, most, mark)).toBe(wanted);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is well-formed where it was', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 30 }), fc.nat(30), (whole, most) => {
        expect(cut(whole, most)).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 2_000 },
    );
  });

  it('costs no more for what is left out', () => {
    const long = '👩'.repeat(5_000_000);
    const cutOften = () => {
      for (let times = 0; times < 1_000; times += 1) cut(long, 100);
    };
    expect(computed(cutOften)).toBeLessThan(1_000);
  });
});
