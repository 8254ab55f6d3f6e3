import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../src/errors.js';
import type { Json } from '../../src/values/json.js';
import { canonicalJson } from '../../src/values/canonical-json.js';
import { identify as identifyWith } from '../../src/writes/identity.js';

const base = {
  principal: 'fp-1',
  provider: 'pi',
  operation: 'createPayment',
  key: 'order-1',
  payload: { amount: '1' },
};
const SECRET = 'a secret for markers';
const identify = (write: Parameters<typeof identifyWith>[0]) => identifyWith(write, SECRET);
const json = fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<Json>;

/** The same value with the members of every object in another order. */
function reordered(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(reordered);
  // Built from entries, so that `__proto__` stays a plain name.
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reordered(member)]),
  );
}

describe('canonicalJson', () => {
  it('is JSON for the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(reordered(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('differs for different values', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const same = canonicalJson(a) === canonicalJson(b);
        expect(same).toBe(canonicalJson(reordered(a)) === canonicalJson(JSON.parse(JSON.stringify(b)) as Json));
        if (same) expect(JSON.parse(JSON.stringify(a))).toEqual(JSON.parse(JSON.stringify(b)));
      }),
    );
  });

  it('keeps the order of lists, and tells a text from a number and null from absence', () => {
    const texts = [[1, 2], [2, 1], ['1', 2], [[1], 2], { a: null }, {}, { a: { b: 1 } }, { 'a.b': 1 }].map(
      canonicalJson,
    );
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('identify', () => {
  it('gives the same names to the same write', () => {
    expect(identify({ ...base })).toEqual(identify({ ...base, payload: { amount: '1' } }));
  });

  it('marks with 32 hex digits that depend on the secret, and not on the payload', () => {
    const { marker } = identify(base);
    expect(marker).toMatch(/^[0-9a-f]{32}$/);
    expect(identify({ ...base, payload: null }).marker).toBe(marker);
    expect(identifyWith(base, 'another secret').marker).not.toBe(marker);
    for (const other of [{ principal: 'fp-2' }, { operation: 'addPin' }, { key: 'order-2' }]) {
      expect(identify({ ...base, ...other }).marker).not.toBe(marker);
    }
    // Lengths are part of it: moving a character over a boundary makes another marker.
    expect(identify({ ...base, principal: 'fp-', key: '1order-1' }).marker).not.toBe(marker);
  });

  it('keeps records apart by principal, operation and key, and shows no key', () => {
    const { recordKey } = identify(base);
    for (const other of [{ principal: 'fp-2' }, { operation: 'addPin' }, { key: 'order-2' }]) {
      expect(identify({ ...base, ...other }).recordKey).not.toBe(recordKey);
    }
    expect(recordKey).not.toContain('order-1');
  });

  it('makes up a fresh key when there is none', () => {
    const [a, b] = [identify({ ...base, key: undefined }), identify({ ...base, key: undefined })];
    expect(a.keyed).toBe(false);
    expect(a.key).not.toBe(b.key);
    // Asking again with the key that was shown finds the same record and marker.
    expect(identify({ ...base, key: a.key })).toEqual({ ...a, keyed: true });
  });

  it.each(['x', ' ', 'a b', 'ünï-日本', '🎫'.repeat(255), 'k'.repeat(255)])('takes the key %j', (key) => {
    expect(identify({ ...base, key }).key).toBe(key);
  });

  it.each(['', 'k'.repeat(256), 'a\nb', 'a\u0000', '\u007f', 'a\u2028b', '\ud800', '\u200b'])(
    'refuses the key %j',
    (key) => {
      expect(() => identify({ ...base, key })).toThrow(InvalidInput);
      try {
        identify({ ...base, key });
      } catch (error) {
        expect(error).toMatchObject({ issues: [{ path: ['input', 'idempotencyKey'] }] });
      }
    },
  );
});
