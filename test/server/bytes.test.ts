import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/create-test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({});
});
afterAll(() => app.close());

const json = { 'content-type': 'application/json', accept: 'application/json' };
const post = (body: Uint8Array<ArrayBuffer>) =>
  app.app.fetch(new Request('http://gateway.test/graphql', { method: 'POST', headers: json, body }));
const bytes = (text: string, encoding: BufferEncoding) => new Uint8Array(Buffer.from(text, encoding));

it.each([
  ['Latin-1', bytes('{"query":"{ __typename }","operationName":"\u00e9"}', 'latin1')],
  ['half a character', bytes('{"query":"{ __typename } # \u20ac', 'utf8').slice(0, -1)],
  ['a lone surrogate', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])],
])('a body in %s is refused with 400', async (_name, body) => {
  const response = await post(body);
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { errors: [{ message: 'The request is not UTF-8.', extensions: { code: 'BAD_USER_INPUT' } }] },
  ]);
});

it('a byte order mark, and any character in UTF-8, is read', async () => {
  const response = await post(bytes('\ufeff{"query":"{ __typename } # é€😀"}', 'utf8'));
  expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
});

it('an address with bytes that are not UTF-8 is refused with 400', async () => {
  const get = (search: string) =>
    app.app.fetch(new Request(`http://gateway.test/graphql?${search}`, { headers: { accept: 'application/json' } }));
  expect((await get('query=%7B__typename%7D%23%E9')).status).toBe(400);
  expect((await get('query=%7B__typename%7D%23%C3%A9')).status).toBe(200);
});

it('a stream may not be changed on its way', async () => {
  const response = await app.app.fetch(
    new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { ...json, accept: 'text/event-stream' },
      body: '{"query":"{ __typename }"}',
    }),
  );
  expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
  await response.body?.cancel();
});
