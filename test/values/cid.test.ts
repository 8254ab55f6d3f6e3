import { CID } from 'multiformats/cid';
import { bases } from 'multiformats/basics';
import { identity } from 'multiformats/bases/identity';
import fc from 'fast-check';
import * as Digest from 'multiformats/hashes/digest';
import { describe, expect, it } from 'vitest';
import { cidKey, parseCid } from '../../src/values/cid.js';

const V1 = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';
const V0 = 'QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR';
const writable = Object.values(bases).filter((base) => base.name !== identity.name);

describe('a CID', () => {
  it.each(writable.map((base) => [base.name, base] as const))('is read in %s', (_name, base) => {
    const cid = CID.parse(V1);
    const text = base.encode(cid.bytes);
    expect(parseCid(text)).toEqual({ text, key: V1, spellings: [cid.toV0().toString(), V1] });
  });

  it('is equal by codec and multihash, whatever its base and version', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.constantFrom(0x55, 0x70, 0x71),
        fc.constantFrom(...writable),
        fc.constantFrom(...writable),
        (bytes, codec, one, other) => {
          const cid = CID.createV1(codec, Digest.create(0x12, bytes));
          expect(cidKey(one.encode(cid.bytes))).toBe(cid.toString());
          expect(cidKey(other.encode(cid.bytes))).toBe(cidKey(one.encode(cid.bytes)));
          expect(cidKey(CID.createV1(codec === 0x55 ? 0x70 : 0x55, cid.multihash).toString())).not.toBe(cid.toString());
        },
      ),
    );
  });

  it('has one key although its text may be padded', () => {
    expect(cidKey(`${V1}======`)).toBe(V1);
  });

  it.each(['', 'b', 'Q', 'Qm', '🚀', '\u0000', `${V0.slice(0, -1)}`, `z${V0}`, 'f1220abcd', 'not a cid', V1.slice(1)])(
    'is not %j',
    (text) => {
      expect(parseCid(text)).toBeUndefined();
    },
  );
});
