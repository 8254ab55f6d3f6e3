import fc from 'fast-check';
import { bases } from 'multiformats/basics';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import { identity } from 'multiformats/hashes/identity';
import { describe, expect, it } from 'vitest';
import { cidKey, LONGEST_CID, parseCid } from '../../src/values/cid.js';
import { isPeerAddress } from '../../src/values/multiaddr.js';
import { BASE_58, decodePositional } from '../../src/values/positional.js';
import { computed } from '../support/spent-on.js';

const cidOf = (bytes: Uint8Array) => CID.createV1(0x55, identity.digest(bytes));
const named = Object.entries(bases).filter(([name]) => name !== 'identity');

describe('a CID', () => {
  it.each(named)('is read in %s, and is the same in each', (_name, base) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const cid = cidOf(bytes);
        const text = cid.toString(base.encoder);
        if (text.length <= LONGEST_CID) expect(parseCid(text)?.key).toBe(cid.toString());
      }),
    );
  });

  it('is read as the library reads it, whatever is changed about it', () => {
    const { base36, base58flickr, base10, base36upper } = bases;
    const library = base58btc.decoder
      .or(base36.decoder)
      .or(base58flickr.decoder)
      .or(base10.decoder)
      .or(base36upper.decoder);
    const byLibrary = (text: string) => {
      try {
        return CID.parse(text, library).toString();
      } catch {
        return undefined;
      }
    };
    const texts = fc
      .tuple(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(base58btc, base36, base58flickr, base10, base36upper),
        fc.nat(60),
        fc.constantFrom('', '1', '0', 'z', 'A', '-', ' ', 'é'),
      )
      .map(([bytes, base, at, changed]) => {
        const text = cidOf(bytes).toString(base.encoder);
        return text.slice(0, at) + changed + text.slice(at + 1);
      })
      .filter((text) => !text.startsWith('Q') && !text.startsWith('1'));
    fc.assert(
      fc.property(texts, (text) => {
        const read = parseCid(text);
        expect(read === undefined ? undefined : CID.parse(read.key).toString()).toBe(byLibrary(text));
      }),
      { numRuns: 500 },
    );
  });

  it('of version 0 has one form', () => {
    const text = 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKU3nB';
    expect(parseCid(text)?.spellings).toEqual([text, CID.parse(text).toV1().toString()]);
    for (const wrong of [`z${text}`, `${text}1`, text.slice(0, -1), 'Qm', text.replace('A', '0')])
      expect(parseCid(wrong)).toBeUndefined();
  });

  it('has 512 characters at most, and costs next to nothing at that', () => {
    const longest = cidOf(new Uint8Array(370).fill(7)).toString(base58btc);
    expect(longest.length).toBeGreaterThan(500);
    expect(parseCid(longest)).toBeDefined();
    const tooLong = cidOf(new Uint8Array(380).fill(7)).toString(base58btc);
    expect(parseCid(tooLong)).toBeUndefined();
    expect(cidKey(tooLong)).toBe(tooLong);
    // It needs a fifth of what the library does.
    const often = (decode: () => unknown) => () => {
      for (let i = 0; i < 200; i += 1) decode();
    };
    const ours = computed(often(() => decodePositional(longest.slice(1), BASE_58)));
    expect(ours).toBeLessThan(0.6 * computed(often(() => base58btc.baseDecode(longest.slice(1)))));
  });

  it.each(['z', 'Qm', 'k', 'b', '9', 'm', '🚀', ''])(
    'is refused at once when %j goes on for 250,000 characters',
    (begins) => {
      for (const goesOn of ['2', 'a', 'A', '🚀'])
        expect(computed(() => parseCid(begins + goesOn.repeat(250_000)))).toBeLessThan(50);
    },
  );
});

describe('text in base58', () => {
  it('stands for the bytes that the library says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(5), (bytes, zeros) => {
        const all = Uint8Array.from([...new Uint8Array(zeros), ...bytes]);
        const text = base58btc.baseEncode(all);
        expect([...decodePositional(text, BASE_58)]).toEqual([...all]);
      }),
    );
  });
});

describe('the address of a peer', () => {
  const peer = '/p2p/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKU3nB';

  it.each([
    `/ip4/1.2.3.4/tcp/4001${peer}`,
    `/dns4/peer.example/tcp/4001/p2p/12D3KooWEZXjE41uU4EL2gpkAQeDXYok6wghN7wwNVPF5bwkaNfS`,
    `/ip4/1.2.3.4/tcp/4001/p2p/k51qzi5uqu5dgutdk6i1ynyzgkqngpha5xpgia3a5qqp4jsh0u4csozksxel2r`,
  ])('%s', (text) => expect(isPeerAddress(text)).toBe(true));

  it.each([
    '/ip4/1.2.3.4/tcp/4001',
    `/ip4/1.2.3.4/tcp/4001/p2p/${'2'.repeat(900)}`,
    `${'/ip4/1.2.3.4'.repeat(90)}${peer}`,
  ])('is not %s', (text) => expect(isPeerAddress(text)).toBe(false));

  it('is refused at once when it goes on for 250,000 characters', () => {
    expect(computed(() => isPeerAddress(`${'/ip4/1.2.3.4'.repeat(20_000)}${peer}`))).toBeLessThan(50);
    expect(computed(() => isPeerAddress(`/p2p/${'2'.repeat(250_000)}`))).toBeLessThan(50);
  });
});
