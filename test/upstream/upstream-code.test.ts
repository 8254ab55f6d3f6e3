import { afterEach, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { isPlainCode } from '../../src/upstream/upstream-code.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { harness, cleanup, failure, read, scope } from './support.js';

const open = cleanup();
afterEach(() => open.run());

describe('the code of an upstream', () => {
  test.each([
    'payment_not_found',
    'INSUFFICIENT_FUNDS',
    'KEYS_MUST_BE_STRINGS',
    'notFound',
    'user-not-found',
    'E1001',
    'error.code.404',
    'DUPLICATE_OBJECT',
  ])('%s is one', (code) => expect(isPlainCode(code, ['Bearer some-token'])).toBe(true));

  test.each([
    'sk_live_51H8xYzAbCdEf',
    'eyJhbGciOiJIUzI1NiJ9',
    '9f86d081884c7d659a2feaa0c55ad015',
    'aB3xK9qZ',
    '5b0c7e14-92d8-4a6f-8c3b-0f6f1d2a9e77',
    'x'.repeat(65),
    'two words',
    '',
  ])('%j is none', (code) => expect(isPlainCode(code, [])).toBe(false));

  test('is none when it is what was sent, or a part of it, or around it', () => {
    for (const code of ['supersecret', 'SUPERSECRET', 'bad_supersecret', 'supersec'])
      expect(isPlainCode(code, ['Bearer supersecret'])).toBe(false);
    expect(isPlainCode('bad_key', ['key=key'])).toBe(true);
  });

  test('never leaves when it echoes the credential', async () => {
    const upstream = open.add(await fakeUpstream(() => ({ status: 400, body: {} })));
    const { client } = open.add(harness(upstream.url));
    const ask = (upstreamCode: string) =>
      failure(
        client.call(
          read({
            headers: { authorization: 'Bearer hushhushhush' },
            refuse: ({ status }) =>
              new UpstreamError('rejected', {
                provider: 'acme',
                operation: 'getThing',
                delivery: 'answered',
                status,
                upstreamCode,
              }),
          }),
          scope(),
        ),
      );
    expect(await ask('hushhushhush')).toMatchObject({ kind: 'rejected', status: 400, upstreamCode: undefined });
    expect(await ask('bad_request')).toMatchObject({ upstreamCode: 'bad_request' });
  });
});

test('a host that cannot be connected to is named by its cause, for operators alone', async () => {
  const upstream = await fakeUpstream(() => ({ body: 'ok' }));
  await upstream.close();
  const warned: object[] = [];
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (event: string, fields?: object) => void warned.push({ event, ...fields }),
  };
  const { client, facts } = open.add(harness(upstream.url, {}, { log }));
  for (let i = 0; i < 3; i += 1) await failure(client.call(read(), scope()));
  expect(facts.map(({ cause }) => cause)).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED']);
  expect(warned).toEqual([{ event: 'upstream_unreachable', provider: 'acme', cause: 'ECONNREFUSED' }]);
});
