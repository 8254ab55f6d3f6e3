import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../src/errors.js';
import { readPinningConfig } from '../../src/providers/pinning/config.js';
import { parsePinInput, parsePinQuery } from '../../src/providers/pinning/validate.js';
import { ConfigError, createSettingsReader, type Settings } from '../../src/settings.js';
import type { JsonObject } from '../../src/values/json.js';

const CID = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';
const V0 = 'QmPYGNLUpWnZ6NR27wK5U3EJEXthVLyekhZVSayKLWBn5e';
const V1 = 'bafybeiar2vsu6yy46sulrrbjsklzwjb5bf7erk6b3aqimiduo7dhx3hdee';
const PEER = '12D3KooWGvJefshRmywWffyockn5DfYwLvULU1LsbvumhbkMfurp';
const ORIGIN = `/ip4/203.0.113.24/tcp/4001/p2p/${PEER}`;

function issuePaths(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidInput) return error.issues.map(({ path }) => path.join('.'));
    throw error;
  }
  return [];
}

describe('a pin to be made', () => {
  it('fills in what is left out', () => {
    expect(parsePinInput({ cid: CID })).toEqual({ cid: CID, name: null, origins: [], meta: {} });
    expect(parsePinInput({ cid: V0, name: '', origins: null, meta: null })).toEqual({
      cid: V0,
      name: null,
      origins: [],
      meta: {},
    });
  });

  it('accepts what is just allowed', () => {
    const meta = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 'v']));
    const origins = Array.from({ length: 20 }, (_, index) => `/dns4/node${index}.example.net/tcp/443/wss/p2p/${PEER}`);
    expect(parsePinInput({ cid: CID, name: 'é'.repeat(127), origins, meta }).origins).toHaveLength(20);
    expect(parsePinInput({ cid: CID, meta: { note: 'x'.repeat(4096) } }).meta['note']).toHaveLength(4096);
  });

  it.each<[string, Parameters<typeof parsePinInput>[0], string[]]>([
    ['a CID that is none', { cid: 'Qm123' }, ['input.cid']],
    ['a name of 256 characters', { cid: CID, name: '🌱'.repeat(256) }, ['input.name']],
    ['a broken name', { cid: CID, name: '\ud800' }, ['input.name']],
    [
      '21 origins',
      { cid: CID, origins: Array.from({ length: 21 }, (_, index) => `/ip4/10.0.0.${index}/tcp/1/p2p/${PEER}`) },
      ['input.origins'],
    ],
    ['an origin twice', { cid: CID, origins: [ORIGIN, ORIGIN] }, ['input.origins.1']],
    ['an origin without a peer', { cid: CID, origins: ['/ip4/203.0.113.24/tcp/4001'] }, ['input.origins.0']],
    [
      'a peer id that is none',
      { cid: CID, origins: ['/ip4/203.0.113.24/tcp/4001/p2p/abc', `/ip4/203.0.113.24/p2p/${CID}`] },
      ['input.origins.0', 'input.origins.1'],
    ],
    ['an origin that is no multiaddr', { cid: CID, origins: [ORIGIN, 'https://example.net'] }, ['input.origins.1']],
    ['meta that is a list', { cid: CID, meta: ['a'] }, ['input.meta']],
    [
      'values that are not text',
      { cid: CID, meta: { a: 'x', b: 1, c: null, d: { e: 'x' } } },
      ['input.meta.b', 'input.meta.c', 'input.meta.d'],
    ],
    ['a long value', { cid: CID, meta: { a: 'x'.repeat(4097) } }, ['input.meta.a']],
    ['our own key', { cid: CID, meta: { gw_idem: 'x' } }, ['input.meta.gw_idem']],
    [
      '1001 keys',
      { cid: CID, meta: Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`k${index}`, 'v'])) },
      ['input.meta'],
    ],
    [
      'more than 64 KiB',
      { cid: CID, meta: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'.repeat(4000)])) },
      ['input'],
    ],
    [
      'several at once',
      { cid: 'x', name: 'x'.repeat(256), meta: { n: 1 } },
      ['input.cid', 'input.name', 'input.meta.n'],
    ],
  ])('refuses %s', (_name, input, paths) => {
    expect(issuePaths(() => parsePinInput(input))).toEqual(paths);
  });

  it('keeps a key that means something to JavaScript as a key', () => {
    const meta = JSON.parse('{"__proto__":"x","constructor":"y"}') as JsonObject;
    expect(Object.entries(parsePinInput({ cid: CID, meta }).meta)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});

describe('a filter', () => {
  it('fills in what is left out', () => {
    expect(parsePinQuery({})).toEqual({
      cids: [],
      name: null,
      match: 'EXACT',
      status: [],
      createdAfter: null,
      createdBefore: null,
      meta: null,
    });
  });

  it('makes one of two CIDs that mean the same', () => {
    expect(parsePinQuery({ cids: [V0, V1, CID, V1] }).cids.map(({ text }) => text)).toEqual([V0, CID]);
  });

  it('refuses what cannot be asked', () => {
    expect(issuePaths(() => parsePinQuery({ cids: Array.from({ length: 101 }, () => CID) }))).toEqual(['filter.cids']);
    expect(issuePaths(() => parsePinQuery({ cids: [CID, 'x'] }))).toEqual(['filter.cids.1']);
    expect(issuePaths(() => parsePinQuery({ name: 'x'.repeat(256), meta: { gw_idem: 'x', n: 1 } }))).toEqual([
      'filter.name',
      'filter.meta.gw_idem',
      'filter.meta.n',
    ]);
  });
});

describe('the settings', () => {
  const read = (settings: Settings) => {
    const reader = createSettingsReader(settings);
    const config = readPinningConfig(reader);
    reader.finish();
    return config;
  };
  const problems = (settings: Settings): readonly string[] => {
    try {
      read(settings);
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  };

  it('knows one service without any', () => {
    expect(read({})).toEqual({
      services: [{ name: 'pinata', baseUrl: 'https://api.pinata.cloud/psa', token: undefined }],
      pollIntervalMs: 2000,
    });
    expect(read({ PINNING_PINATA_TOKEN: 'jwt' }).services[0]?.token).toBe('jwt');
  });

  it('keeps the order, and tidies a URL', () => {
    expect(
      read({
        PINNING_SERVICES: 'my-box, pinata',
        PINNING_MY_BOX_URL: 'https://box.example//v1///ipfs/',
        PINNING_MY_BOX_TOKEN: 't',
        PIN_POLL_INTERVAL_MS: '50',
      }),
    ).toMatchObject({
      services: [{ name: 'my-box', baseUrl: 'https://box.example/v1/ipfs', token: 't' }, { name: 'pinata' }],
      pollIntervalMs: 50,
    });
  });

  it.each<[Settings, RegExp]>([
    [{ PINNING_SERVICES: 'Pinata' }, /^PINNING_SERVICES: /],
    [{ PINNING_SERVICES: ' , ' }, /^PINNING_SERVICES: /],
    [{ PINNING_SERVICES: 'pinata,pinata' }, /^PINNING_SERVICES: .*twice/],
    [{ PINNING_SERVICES: 'box' }, /^PINNING_BOX_URL: is required/],
    [{ PINNING_SERVICES: 'box', PINNING_BOX_TOKEN: 'hush' }, /^PINNING_BOX_URL: is required: PINNING_BOX_TOKEN is set/],
    [{ PINNING_PINATA_URL: 'https://api.pinata.cloud/psa/pins/' }, /^PINNING_PINATA_URL: must not end in \/pins/],
    [{ PINNING_PINATA_URL: 'http://api.pinata.cloud' }, /^PINNING_PINATA_URL: /],
    [{ PINNING_PINATA_TOKEN: 'hush hush' }, /^PINNING_PINATA_TOKEN: /],
    [{ PIN_POLL_INTERVAL_MS: '0' }, /^PIN_POLL_INTERVAL_MS: /],
    [{ PIN_POLL_INTERVAL_MS: 'soon' }, /^PIN_POLL_INTERVAL_MS: /],
  ])('reports %j once, without its value', (settings, problem) => {
    expect(problems(settings)).toEqual([expect.stringMatching(problem)]);
    expect(problems(settings).join()).not.toContain('hush');
  });
});
