import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pieces } from '../../src/values/pieces.js';
import { heldBytes } from '../support/held-bytes.js';
import { computed } from '../support/spent-on.js';

const taken = (pieces: readonly Uint8Array[], mostBytes: number) => {
  const all = new Pieces(mostBytes);
  return { all, fitted: pieces.map((piece) => all.take(Buffer.from(piece))) };
};

describe('the pieces of something', () => {
  it('are what they were cut from, wherever it was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 })), (pieces) => {
        const { all } = taken(pieces, Infinity);
        expect(all.whole() ?? Buffer.alloc(0)).toEqual(Buffer.concat(pieces));
        expect(all.size).toBe(Buffer.concat(pieces).length);
      }),
    );
  });

  it('are no more bytes than they may be, and one that does not fit is left out', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(400), (pieces, most) => {
        const { all, fitted } = taken(pieces, most);
        const kept = Buffer.concat(pieces.filter((_piece, index) => fitted[index]));
        expect(all.whole() ?? Buffer.alloc(0)).toEqual(kept);
        expect(kept.length).toBeLessThanOrEqual(most);
        let size = 0;
        pieces.forEach((piece, index) => {
          expect(fitted[index]).toBe(size + piece.length <= most);
          if (fitted[index]) size += piece.length;
        });
      }),
    );
  });

  it('take no more room than twice their bytes, and never more than the most', () => {
    for (const length of [2, 1_000, 5_000, 262_000]) {
      const { all } = taken(
        Array.from({ length }, () => Buffer.from('x')),
        262_144,
      );
      const { byteLength } = all.whole()?.buffer ?? {};
      expect(byteLength).toBeLessThanOrEqual(Math.min(262_144, Math.max(1_024, length * 2)));
    }
  });

  it('are not copied when there is but one', () => {
    const one = Buffer.from('one');
    const all = new Pieces(10);
    expect(all.take(one)).toBe(true);
    expect(all.whole()).toBe(one);
  });

  it('do not change a first piece that others may still read', () => {
    const socket = Buffer.from('firstmore');
    const all = new Pieces(100);
    all.take(socket.subarray(0, 5));
    all.take(Buffer.from('AND'));
    expect([socket.toString(), all.whole()?.toString()]).toEqual(['firstmore', 'firstAND']);
  });

  it('cost memory and time by their bytes, not by their number', () => {
    const bytes = 1_000_000;
    const socket = Buffer.alloc(bytes, 'x');
    const collect = (pieceBytes: number) => {
      const all = new Pieces(8_388_608);
      for (let at = 0; at < bytes; at += pieceBytes) all.take(socket.subarray(at, at + pieceBytes));
      return all;
    };
    const before = heldBytes();
    const kept = [collect(1), collect(1), collect(1)];
    expect(heldBytes() - before).toBeLessThan(3 * 2.2 * bytes);
    expect(kept.map(({ size }) => size)).toEqual([bytes, bytes, bytes]);
    expect(computed(() => collect(1))).toBeLessThan(1_000);
  });
});
