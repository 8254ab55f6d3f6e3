import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCursors } from '../../src/access/cursors.js';
import { InvalidInput } from '../../src/errors.js';
import type { Json } from '../../src/values/json.js';

const cursors = createCursors(Buffer.from('a secret for tests'));
const own = cursors.bind(() => 'pins', 'fingerprint');
const refusal = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidInput) return error.issues[0]?.path.join('.');
    throw error;
  }
  return 'opened';
};

describe('a cursor', () => {
  it('opens to what was sealed, for the same binding', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const position = JSON.parse(JSON.stringify(value)) as Json;
        expect(own.open(own.seal(position), 'after')).toEqual(position);
        expect(
          createCursors(Buffer.from('a secret for tests'))
            .bind(() => 'pins', 'fingerprint')
            .open(own.seal(position), 'after'),
        ).toEqual(position);
      }),
    );
  });

  it('opens to nothing with another listing, credential or secret', () => {
    const sealed = own.seal(['2025-01-01T00:00:00Z', 'a']);
    for (const other of [
      cursors.bind(() => 'pins2', 'fingerprint'),
      cursors.bind(() => 'pins', 'fingerprint2'),
      cursors.bind(() => '', 'pinsfingerprint'),
      createCursors(Buffer.from('another')).bind(() => 'pins', 'fingerprint'),
    ]) {
      expect(refusal(() => other.open(sealed, 'before'))).toBe('before');
    }
  });

  it('has one spelling only', () => {
    const sealed = own.seal(['2025-01-01T00:00:00Z', 'a']);
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, letter) => {
        const changed = sealed.slice(0, at) + letter + sealed.slice(at + 1);
        expect(refusal(() => own.open(changed, 'after'))).toBe(changed === sealed ? 'opened' : 'after');
      }),
      { numRuns: 500 },
    );
    const last = sealed.slice(0, -1);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    expect(alphabet.split('').filter((letter) => refusal(() => own.open(last + letter, 'after')) === 'opened')).toEqual(
      [sealed.at(-1)],
    );
    for (const text of [
      '',
      '.',
      '..',
      'c1',
      'c1..',
      `${sealed}=`,
      `${sealed}.`,
      `${sealed} `,
      sealed.replace('c1', 'c2'),
    ])
      expect(refusal(() => own.open(text, 'after'))).toBe('after');
  });

  it('can be read by no one, and told apart by all', () => {
    expect(own.seal('x')).toBe(own.seal('x'));
    expect(own.seal('x')).not.toBe(cursors.bind(() => 'pins', 'other').seal('x'));
    expect(own.seal('x')).toMatch(/^[A-Za-z0-9._-]+$/);
  });
});
