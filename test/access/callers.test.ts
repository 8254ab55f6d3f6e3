import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFingerprint } from '../../src/access/fingerprint.js';
import { findOperator, parseOperatorKeys, type OperatorKey } from '../../src/access/operators.js';
import { createViewers } from '../../src/access/viewer.js';
import { operatorScopes } from '../../src/access/scopes.js';
import { callerCredentials, providerScopes, registry } from '../../src/providers/registry.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const keys = parseOperatorKeys(
  `one:${sha256('key-1')}:pin:read, two:${sha256('key-2')}:pin:read+pin:write+schema:read`,
  operatorScopes(providerScopes()),
);
const configured: readonly OperatorKey[] = typeof keys === 'string' ? [] : keys;
const viewers = createViewers(callerCredentials(), configured);
const viewer = (headers: Record<string, string>) => viewers.read((name) => headers[name] ?? null);

describe('an operator', () => {
  it('is known by the key alone', () => {
    expect(findOperator(configured, 'key-2')).toMatchObject({
      name: 'two',
      scopes: new Set(['pin:read', 'pin:write', 'schema:read']),
    });
    for (const key of ['key-3', '', 'one', sha256('key-1'), `one:${sha256('key-1')}`, 'KEY-1'])
      expect(findOperator(configured, key), key).toBeNull();
  });

  it('is nobody with a key that no header can carry', () => {
    for (const key of ['', ' ', 'key-1 ', 'key-1,key-1', 'key-1\n', 'k'.repeat(8_193)])
      expect(viewer({ 'x-gateway-key': key }).operator, key).toBeNull();
    expect(viewer({ 'x-gateway-key': 'key-1' }).operator?.name).toBe('one');
    expect(viewer({ 'x-gateway-key': 'key-1' }).unknownKey).toBe(false);
    expect(viewer({ 'x-gateway-key': 'key-9' }).unknownKey).toBe(true);
  });
});

describe('a viewer', () => {
  it('is nobody without headers', () => {
    const { operator, unknownKey, identity, ...brought } = viewer({});
    expect([operator, unknownKey, identity()]).toEqual([null, false, []]);
    expect(Object.keys(brought)).toEqual(Object.keys(registry));
    expect(new Set(Object.values(brought).map(({ state }) => state))).toEqual(new Set(['absent']));
  });

  it('brings a Pi token as Bearer only', () => {
    expect(viewer({ authorization: 'bearer  token' }).pi).toEqual({ state: 'usable', fields: { token: 'token' } });
    for (const text of ['', 'Bearer', 'Bearer ', 'Basic token', 'token', 'Bearer a b', 'Bearer tökén', 'Key token'])
      expect(viewer({ authorization: text }).pi, text).toEqual({ state: 'unusable' });
  });

  it('brings a token of a service, or spoils it', () => {
    expect(viewer({ 'x-pinning-token': 'jwt.a-b_c=' }).pinning).toEqual({
      state: 'usable',
      fields: { token: 'jwt.a-b_c=' },
    });
    for (const text of ['', ' ', 'two words', 'a, b', 'ü', 'a\tb', 'x'.repeat(8_193)]) {
      expect(viewer({ 'x-pinning-token': text }).pinning, text).toEqual({ state: 'unusable' });
      expect(viewer({ 'x-bitminter-key': text }).bitminter, text).toEqual({ state: 'unusable' });
    }
  });

  it('brings a whole pair, or spoils it', () => {
    const whole = { 'x-mypit-client-id': 'c', 'x-mypit-secret-key': 's', 'x-mypit-user-id': 'u' };
    expect(viewer(whole).mypit).toEqual({
      state: 'usable',
      fields: { clientId: 'c', secretKey: 's', userId: 'u', issuerDid: null },
    });
    expect(viewer({ ...whole, 'x-mypit-issuer-did': 'did:x:y' }).mypit).toMatchObject({
      fields: { issuerDid: 'did:x:y' },
    });
    for (const name of Object.keys(whole)) {
      const part: Record<string, string> = { ...whole };
      delete part[name];
      expect(viewer(part).mypit, name).toEqual({ state: 'unusable' });
      expect(viewer({ ...whole, [name]: '' }).mypit, name).toEqual({ state: 'unusable' });
    }
    expect(viewer({ 'x-mypit-issuer-did': 'did:x:y' }).mypit).toEqual({ state: 'unusable' });
  });
});

describe('a fingerprint', () => {
  const fingerprint = createFingerprint(Buffer.from('secret'));

  it('is one per credential, however its parts are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), fc.array(fc.string(), { maxLength: 4 }), (a, b) => {
        expect(fingerprint('p', 'u', ...a) === fingerprint('p', 'u', ...b)).toBe(
          JSON.stringify(a) === JSON.stringify(b),
        );
      }),
    );
    expect(fingerprint('p', 'u', 'x|y', 'z')).not.toBe(fingerprint('p', 'u', 'x', 'y|z'));
    expect(fingerprint('p', 'u', 'x')).not.toBe(fingerprint('pu', '', 'x'));
  });

  it('tells nothing without the secret', () => {
    expect(fingerprint('p', 'u', 'token')).toMatch(/^[0-9a-f]{32}$/);
    expect(fingerprint('p', 'u', 'token')).not.toBe(createFingerprint(Buffer.from('other'))('p', 'u', 'token'));
    expect(fingerprint('p', 'u', 'token')).not.toContain(sha256('token').slice(0, 8));
  });
});
